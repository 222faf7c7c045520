"""How an S3 run ends that does not end well: stopped twice while it prepares or cleans up, or by a bug of ours."""

import asyncio
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from loadgen.base.errors import UsageError
from loadgen.measure.progress import Snapshot
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.profiles.document import profile_for_s3
from loadgen.results.result import Result
from loadgen.session.here import plan_here
from loadgen.session.observers import Hooks, Observer, Observers
from loadgen.session.s3 import run_s3
from loadgen.session.signals import signals_restored
from tests.support.fault_server import FaultServer
from tests.support.steps import Close, Gate, Pass, ReadRequest, Send, Step

EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
LISTED = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nConnection: close\r\n\r\n<ListBucketResult/>\n"
BUSY = b"HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Signals(Observer):
    """Sends two signals when a step has come to a phase; after the first of them everything drains."""

    def __init__(self, step: str, phase: str) -> None:
        self.wanted = (step, phase)
        self.due = [signal.SIGINT, signal.SIGTERM]

    def progress(self, snapshot: Snapshot) -> None:
        if (snapshot.step, snapshot.phase) == self.wanted or len(self.due) == 1:
            while self.due:
                signal.raise_signal(self.due.pop(0))


class Broken(Observers):
    """Fails in the measured run, as code of ours might."""

    def progress(self, _snapshot: Snapshot) -> None:
        raise ZeroDivisionError

    def of_step(self, _step: str) -> Observers:
        return Observers()


def unused(what: object) -> None:
    raise AssertionError(what)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE01")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def run(
    server: FaultServer,
    job: str,
    observers: Observers,
    emergency: Callable[[Result], None] = unused,
    **of_job: str,
) -> Result:
    section = {"job": job, "bucket": "photos", "retries": "0", **(of_job or {"objects": "2", "size": "1"})}
    flags = {"target": f"http://127.0.0.1:{server.port}", "connections": "2", "mode": "async", "processes": "1"}
    plan = plan_here(profile_for_s3(section, {**flags, "total_requests": "2"}))
    assert isinstance(plan.job, S3Job)
    with signals_restored(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run_s3(plan, plan.job, Hooks(observers, emergency, unused)))


def test_a_preparation_that_failed_and_was_stopped_twice_was_ended_by_the_signals() -> None:
    hang, results = Gate(), []
    steps: list[list[Step]] = [
        [ReadRequest(), Send(LISTED), Close()],
        [ReadRequest(), Pass(hang), Close()],
        [ReadRequest(), Send(BUSY), Close()],
    ]

    def emergency(result: Result) -> None:
        results.append(result)
        hang.open()

    with FaultServer(lambda number: steps[min(number, 2)]) as server, pytest.raises(UsageError):
        run(server, "get", Observers(Signals("preparing", "draining")), emergency)
    (result,) = results
    assert (result.ended_by, result.ended_because) == ("signal", "stopped twice while preparing")
    assert result.left_behind[0].startswith("NOT CLEANED UP (stopped twice)")


def test_what_was_measured_is_not_lost_where_the_clean_up_is_stopped_twice() -> None:
    hang, results = Gate(), []
    replies = {0: LISTED, 1: EMPTY, 2: EMPTY}

    def script(number: int) -> list[Step]:
        return [ReadRequest(), *([Send(replies[number])] if number in replies else [Pass(hang)]), Close()]

    def emergency(result: Result) -> None:
        results.append(result)
        hang.open()

    with FaultServer(script) as server:
        run(server, "put", Observers(Signals("cleaning up", "running")), emergency)
    (result,) = results
    assert (result.ended_by, result.ledger.ok, result.requests["put"].ledger.ok) == ("completed", 2, 2)
    assert result.notes[-1].startswith("NOT CLEANED UP (stopped twice)")


@pytest.mark.parametrize(("swept", "left"), [(LISTED, 0), (BUSY, 1)], ids=["cleaned up", "left"])
def test_a_bug_of_ours_does_not_leave_objects_behind_without_a_word(swept: bytes, left: int) -> None:
    replies = {0: LISTED, 1: EMPTY, 2: EMPTY}
    with (
        FaultServer(lambda number: [ReadRequest(), Send(replies.get(number, swept)), Close()]) as server,
        pytest.raises(ZeroDivisionError) as caught,
    ):
        run(server, "put", Broken())
    assert b"prefix=loadgen" in server.requests[-1].head
    notes = getattr(caught.value, "__notes__", [])
    assert [note.startswith("NOT CLEANED UP (status 503") for note in notes] == [True] * left


def test_a_list_of_what_was_there_is_gone_when_a_run_is_stopped_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    hang, left = Gate(), list[list[Path]]()

    def emergency(_result: Result) -> None:
        left.append(list(tmp_path.iterdir()))
        hang.open()

    steps: list[Step] = [ReadRequest(), Pass(hang), Close()]
    with FaultServer(lambda _: steps) as server:
        run(server, "get", Observers(Signals("listing in/", "running")), emergency, existing="in/")
    assert left[0] == []
