"""What is put into an object."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Protocol

from loadgen.base.exchange import BodySource
from loadgen.workloads.s3.checksums import Digest


class Content(BodySource, Protocol):
    """A BodySource of a known size whose checksums can be told before it is sent."""

    size: int

    def payload(self) -> "bytes | BodySource":
        """What to give a Request: a short one is bytes, so that it leaves together with its head."""
        ...

    def digest(self, new: Callable[[], Digest]) -> Digest:
        """The checksum of all of it."""
        ...

    def chunk_sha256(self, chunk: bytes) -> str:
        """The hex SHA-256 of one of its chunks."""
        ...


class Given:
    """Content that is there as bytes."""

    CHUNK_BYTES = 1 << 18

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self.length: int | None = len(data)
        self._data = data

    def chunks(self) -> Iterator[bytes]:
        """Chunks of 256 KiB; the last may be shorter."""
        for start in range(0, self.size, self.CHUNK_BYTES):
            yield self._data[start : start + self.CHUNK_BYTES]

    def payload(self) -> bytes:
        """The bytes."""
        return self._data

    def digest(self, new: Callable[[], Digest]) -> Digest:
        """The checksum of all of it."""
        digest = new()
        digest.update(self._data)
        return digest

    def chunk_sha256(self, chunk: bytes) -> str:
        """The hex SHA-256 of one of its chunks."""
        return sha256(chunk).hexdigest()
