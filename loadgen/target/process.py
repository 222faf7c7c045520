"""A server of this package in a process of its own, so that it shares neither GIL nor loop with who loads it."""

import json
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, replace
from typing import Self

from loadgen.base.errors import UsageError
from loadgen.base.processes import python_module
from loadgen.target.options import TargetOptions

_STOP_TIMEOUT_S = 5.0
_LISTENING = "listening on "


class ServerProcess:
    """A context manager that starts a server and stops it; it also ends when its stdin does, so when this process does.

    `url` is its address without a path. Signals of the terminal do not reach it. Entering raises UsageError, with what
    the server says, when it does not start.
    """

    url: str
    process: subprocess.Popen[str]

    def __init__(self, name: str, module: str, *arguments: str) -> None:
        self._name = name
        self._command = python_module(module, *arguments)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            errors = stack.enter_context(tempfile.TemporaryFile())
            process = subprocess.Popen(
                self._command,
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
                raise UsageError(f"{self._name} did not start: {errors.read().decode('utf-8', 'replace').strip()}")
            self.process, self.url = process, line.removeprefix(_LISTENING).strip()
            self._running = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()


class TargetProcess(ServerProcess):
    """The demo server; by default on any free port."""

    def __init__(self, options: TargetOptions | None = None) -> None:
        options = replace(options or TargetOptions(port=0), stop_with_parent=True)
        super().__init__("the demo server", "loadgen.target", json.dumps(asdict(options)))


class NullProcess(ServerProcess):
    """The null responder, on a free port of loopback."""

    def __init__(self) -> None:
        super().__init__("the null responder", "loadgen.target.null")


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
