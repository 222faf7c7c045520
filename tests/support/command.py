"""The command line as a user has it: in this process where that is enough, else as a process of its own."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from loadgen.__main__ import run
from loadgen.cli.app import Call, run_app
from loadgen.results.documents import from_json, to_json
from loadgen.results.result import Result
from loadgen.session.signals import signals_restored

PATIENCE_S = 20.0
SYN_SENT = "02"
Mode = Sequence[str]
MODES: dict[str, Mode] = {
    "pool": ["--mode", "pool", "--processes", "1"],
    "processes": ["--mode", "pool", "--processes", "2"],
    "threads": ["--mode", "threads"],
    "async": ["--mode", "async"],
}
"""Every way to run; all but `processes` stay in one process."""


@dataclass(frozen=True)
class Finished:
    """What one command left behind."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> Result:
        """The Result that was printed as JSON, with a ledger that balances."""
        return balanced(from_json(self.out, "stdout"))


def loadgen(
    *argv: object, env: Mapping[str, str] | None = None, stdin: bytes = b"", call: Call | None = None
) -> Finished:
    """Run `loadgen ARGV` in this process: a terminal of 80 columns, no LOADGEN_* but those of `env`.

    `call` stands for the body of the command.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with (
        signals_restored(),
        redirect_stdout(out),
        redirect_stderr(err),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
        patch.object(sys, "argv", ["loadgen", *map(str, argv)]),
        patch.dict(os.environ, _environment(env or {}), clear=True),
    ):
        code = run() if call is None else run_app(call)
    return Finished(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))


def balanced(result: Result) -> Result:
    """The same Result, once its ledgers are found to balance."""
    assert result.ledger.balanced, result.ledger
    assert all(row.ledger.balanced for row in result.requests.values())
    assert result.users.asked == result.users.started + result.users.skipped
    return result


def load(path: Path) -> Result:
    """A saved Result, with a ledger that balances."""
    return balanced(from_json(path.read_text("utf-8"), str(path)))


def save(result: Result, path: Path) -> None:
    """Save a Result as `loadgen run -o` does."""
    path.write_text(to_json(result), "utf-8")


class Command:
    """`loadgen ARGV` as a process of its own; killed on leaving, with its workers. `finish` waits for its end."""

    def __init__(
        self,
        *argv: object,
        stdout: int = subprocess.PIPE,
        stderr: int = subprocess.PIPE,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "loadgen", *map(str, argv)],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=_environment(env or {}),
            text=True,
            start_new_session=True,
        )
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # also what has outlived it, and holds its output open
        self._process.communicate()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal as a terminal does: to the command and its worker processes."""
        os.killpg(self.pid, number)

    def kill(self) -> None:
        """As the kernel's out-of-memory killer would."""
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def finish(self) -> Finished:
        out, err = self._process.communicate(timeout=PATIENCE_S)
        return Finished(self._process.returncode, out or "", err or "")


@contextmanager
def signal_between(first: Path, second: Path, number: signal.Signals) -> Iterator[list[str]]:
    """Send this process a signal when the file `first` is written and before `second` is; gives what is in them.

    Both become pipes: whoever opens one to write waits for the reader.
    """
    for pipe in (first, second):
        os.mkfifo(pipe)
    texts: list[str] = []

    def read() -> None:
        texts.append(first.read_text("utf-8"))
        os.kill(os.getpid(), number)
        texts.append(second.read_text("utf-8"))

    reader = threading.Thread(target=read, daemon=True)  # it waits for ever where nobody writes
    reader.start()
    yield texts
    reader.join(PATIENCE_S)


def children_of(pid: int) -> list[int]:
    """The processes that `pid` started."""
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _stat(folder)[1:2] == [str(pid)]]


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that is dead and not yet waited for does not."""
    return _stat(Path(f"/proc/{pid}"))[:1] not in ([], ["Z"])


def connecting_to(port: int) -> int:
    """How many connects to the port have no answer yet."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == SYN_SENT for row in rows)


def stats_of(url: str) -> dict[str, Any]:
    """What the embedded target counted."""
    return dict(_fetch(f"{url}/_stats"))


def reset(url: str) -> None:
    """Let the embedded target count from zero."""
    _fetch(f"{url}/_reset", data=b"")


def wait_until(happened: Callable[[], bool], what: str) -> None:
    """Return as soon as it happened; the deadline only ends a test that would hang."""
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, f"never saw {what}"
        time.sleep(0.01)


def _fetch(url: str, data: bytes | None = None) -> Any:
    with urllib.request.urlopen(url, data, timeout=PATIENCE_S) as reply:
        return json.load(reply)


def _environment(added: Mapping[str, str]) -> dict[str, str]:
    """Where nobody says how many processes make the load, it is one: each of others costs 0.3 s."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LOADGEN_") and key != "TARGET"}
    return {**kept, "COLUMNS": "80", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "LOADGEN_PROCESSES": "1", **added}


def _stat(folder: Path) -> list[str]:
    """State, parent and so on of a process; empty when there is none."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
