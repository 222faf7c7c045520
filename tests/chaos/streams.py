"""Where the standard streams of a command lead."""

import os
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.chaos.case import Case


class Streams:
    """Standard output and error of the command: files, devices, a pipe that nobody reads, a terminal."""

    def __init__(self, case: Case, folder: Path) -> None:
        self._stack = ExitStack()
        self._terminal: int | None = None
        self._err_file = self._opened(folder / "err")
        self.out = self._of(case.stdout, folder / "out")
        self.err = self._of(case.stderr, folder / "err")

    def __enter__(self) -> "Streams":
        return self

    def __exit__(self, *_: object) -> None:
        self.drain()
        self._stack.close()

    def drain(self) -> None:
        """Read what the terminal has shown, so that it never fills up."""
        with suppress(OSError):
            while self._terminal is not None:
                os.write(self._err_file, os.read(self._terminal, 65536))

    def hang_up(self) -> None:
        """End the terminal."""
        self.drain()
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None

    def _opened(self, path: Path) -> int:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._stack.callback(os.close, descriptor)
        return descriptor

    def _of(self, kind: str, path: Path) -> int:
        match kind:
            case "full":
                return self._opened(Path("/dev/full"))
            case "unread":
                reading, writing = os.pipe()
                os.close(reading)
                self._stack.callback(os.close, writing)
                return writing
            case "terminal":
                self._terminal, end = os.openpty()
                os.set_blocking(self._terminal, False)
                self._stack.callback(self.hang_up)
                self._stack.callback(os.close, end)
                return end
        return self._opened(path)
