"""The demo server in a process of its own, so that it shares neither GIL nor loop with who loads it."""

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

from loadgen.base.errors import UsageError
from loadgen.target.command import to_arguments
from loadgen.target.options import TargetOptions

_STOP_TIMEOUT_S = 5.0
_LISTENING = "listening on "


class TargetProcess:
    """A context manager that starts the server and stops it; it also ends when this process does.

    `url` is its address without a path, `pid` its process. By default it takes any free port. Signals of the
    terminal do not reach it. Entering raises UsageError, with what the server message, when it does not start.
    """

    def __init__(self, options: TargetOptions | None = None) -> None:
        self._options = replace(options or TargetOptions(port=0), stop_with_parent=True)
        self.url = ""
        self.pid = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            errors = stack.enter_context(tempfile.TemporaryFile())
            process = subprocess.Popen(
                [sys.executable, "-m", "loadgen.target", *to_arguments(self._options)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
            stack.callback(_stop, process)
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith(_LISTENING):
                process.wait(_STOP_TIMEOUT_S)
                errors.seek(0)
                message = errors.read().decode("utf-8", "replace").strip()
                raise UsageError(f"the demo server did not start: {message.removeprefix('loadgen.target: ')}")
            self._process = process
            self.url, self.pid = line.removeprefix(_LISTENING).strip(), process.pid
            self._running = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def send_signal(self, number: int) -> None:
        self._process.send_signal(number)

    def close_stdin(self) -> None:
        """Do what the end of this process would do."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def wait(self) -> int:
        """The exit code, once the server has ended. Raises subprocess.TimeoutExpired after five seconds."""
        return self._process.wait(_STOP_TIMEOUT_S)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
