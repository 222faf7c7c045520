"""A batch with --resume that is ended at any instant: no object is missed, and none is said to be done that is not."""

import os
import signal
from pathlib import Path

import pytest

from loadgen.workloads.s3.function import touch
from loadgen.workloads.s3.journal import read_entries
from tests.chaos.script import Script
from tests.chaos.server import HostileServer
from tests.chaos.store import ENVIRONMENT, Store
from tests.support.command import Command, loadgen

KEYS = [f"in/{name}" for name in ("a\u2028b", "c\u0085d", "e\nf", "é", *map(str, range(12)))]


class Ending:
    """A fault of a store that is none: it sends the command a signal at its nth request of a method."""

    def __init__(self, method: str, nth: int, number: signal.Signals) -> None:
        self.pid = 0
        self._method, self._left, self._number = method, nth, number

    def __call__(self, method: str, key: str, _query: str) -> None:
        if method == self._method and key:
            self._left -= 1
            if not self._left:
                os.killpg(self.pid, self._number)


@pytest.mark.parametrize(
    ("number", "method", "nth"),
    [(signal.SIGKILL, "GET", 1), (signal.SIGKILL, "PUT", 7), (signal.SIGINT, "PUT", 1), (signal.SIGINT, "PUT", 16)],
    ids=["killed at first get", "killed", "stopped at first put", "stopped at last put"],
)
def test_a_batch_that_is_ended_goes_on_where_it_was(
    tmp_path: Path, number: signal.Signals, method: str, nth: int
) -> None:
    path, ending = tmp_path / "j", Ending(method, nth, number)
    store = Store(ending)
    store.add({key: key.encode() for key in KEYS})
    with HostileServer(Script("killed"), store=store) as server:
        argv = [
            "s3", "batch", "--endpoint", f"http://127.0.0.1:{server.port}", "--bucket", "photos", "-c", "2", "-q",
            "--mode", "async", "--source", "in/", "--prefix", "out/", "--resume", path, "--format", "json",
        ]  # fmt: skip
        with Command(*argv, env=ENVIRONMENT) as command:
            ending.pid = command.pid
            code = command.finish().code
        server.catch_up()
        server.settle()
        assert code in (-number, 105, 0)
        done = {entry.key for entry in read_entries(str(path))}
        made = {key.replace("out/", "in/") for key in store.left if key.startswith("out/")}
        assert done <= made
        store.forget_requests()
        assert loadgen(*argv, env=ENVIRONMENT).code == 0
    assert sorted(store.put_keys) == sorted(key.replace("in/", "out/") for key in KEYS if key not in done)
    assert sorted(entry.key for entry in read_entries(str(path))) == sorted(KEYS)
    assert all(store.data[key.replace("in/", "out/")] == touch(key.encode()) for key in KEYS)
