"""What the calls of a function returned, on its way to one file: a file for each worker, in a folder of the run's."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class CallResults:
    """Those of one worker; any thread may write. A call has a line when it begins, and another, which holds, when it is
    over: whatever ends its worker, the file says what became of it.
    """

    def __init__(self, folder: str, worker: int) -> None:
        path = Path(folder, f"{worker}.jsonl")
        self._file = path.open("w", encoding="utf-8", buffering=1)
        self._writing = threading.Lock()

    def begun(self, index: int) -> None:
        """A call begins."""
        self.failed(index, "unfinished")

    def good(self, index: int, result: Any) -> None:
        """It has returned. Raises TypeError or ValueError for a result that is no JSON."""
        self._write(json.dumps({"index": index, "result": result}, allow_nan=False))

    def failed(self, index: int, error: str) -> None:
        """It has raised, or what it returned cannot be written."""
        self._write(json.dumps({"index": index, "error": error}))

    def close(self) -> None:
        """Calls that are still under way are nobody's any more."""
        with self._writing:
            self._file.close()

    def _write(self, line: str) -> None:
        with self._writing:
            if not self._file.closed:
                self._file.write(f"{line}\n")


def merged(folder: str, calls: int | None) -> str:
    """JSON lines of all workers in the order of the calls. Of so many, those that never began are said to be skipped;
    None: nobody knows how many there would have been.
    """
    lines = dict(line for path in sorted(Path(folder).glob("*.jsonl")) for line in _lines(path))
    count = max(lines, default=-1) + 1 if calls is None else calls
    skipped = '{{"index": {}, "skipped": true}}'.format
    return "".join(f"{lines.get(index) or skipped(index)}\n" for index in range(count))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for line in path.read_text("utf-8").splitlines():
        try:
            yield json.loads(line)["index"], line
        except ValueError:  # its worker was killed amid it
            continue
