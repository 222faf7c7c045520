"""A command on a terminal of its own, whose keys are pressed and whose screen is read."""

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from types import TracebackType
from typing import Any, Self

from tests.support.command import PATIENCE_S

TAKES_IT = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.executable, [sys.executable, '-m', 'loadgen', *sys.argv[1:]])"
)


class OnTerminal:
    """`loadgen ARGV` on a terminal; killed on leaving. `written` is all that came out of it so far."""

    def __init__(self, *argv: object, columns: int = 80, rows: int = 24) -> None:
        self._master, self._slave = os.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
        self.before = self.attributes()
        self.written = ""
        self._process = subprocess.Popen(
            [sys.executable, "-c", TAKES_IT, *map(str, argv)],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env={**kept, "TERM": "xterm-256color", "NO_COLOR": "1", "LOADGEN_PROCESSES": "1"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._slave)
        os.close(self._master)

    def attributes(self) -> list[Any]:
        """How the terminal is set."""
        return termios.tcgetattr(self._slave)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait_for(self, text: str) -> None:
        """Until it was written."""
        self._read(lambda: text in self.written, text)

    def finish(self) -> int:
        """The exit code."""
        self._read(lambda: self._process.poll() is not None, "its end")
        self._read_what_is_there()
        return self._process.returncode

    def _read(self, happened: Any, what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not happened():
            assert time.monotonic() < deadline, f"never saw {what}: {self.written[-2000:]}"
            self._read_what_is_there(0.05)

    def _read_what_is_there(self, wait_s: float = 0.0) -> None:
        while select.select([self._master], [], [], wait_s)[0]:
            self.written += os.read(self._master, 65536).decode("utf-8", "replace")
            wait_s = 0.0
