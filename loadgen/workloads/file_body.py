"""A request's body that is a file."""

from collections.abc import Iterator
from pathlib import Path

FILE_CHUNK_BYTES = 262144


class FileBody:
    """An upload body read from a file piece by piece."""

    def __init__(self, path: str, chunk_bytes: int = FILE_CHUNK_BYTES) -> None:
        self._path = Path(path)
        self._chunk_bytes = chunk_bytes
        self.length: int | None = self._path.stat().st_size

    def chunks(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while chunk := file.read(self._chunk_bytes):
                yield chunk
