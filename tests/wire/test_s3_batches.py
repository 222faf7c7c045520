"""A batch that writes down what is done: whatever ends it, the same command goes on from there."""

import asyncio
import errno
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from loadgen.base.errors import UsageError
from loadgen.judge.exit_code import exit_code
from loadgen.measure.progress import Snapshot
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.profiles.document import profile_for_s3
from loadgen.results.result import Result
from loadgen.session.here import plan_here
from loadgen.session.observers import Hooks, Observer, Observers
from loadgen.session.s3 import run_s3
from loadgen.session.signals import signals_restored
from loadgen.workloads.s3 import journal
from tests.chaos.script import Script
from tests.chaos.server import HostileServer
from tests.chaos.store import Store

OBJECTS = 6


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE01")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@contextmanager
def serving(store: Store) -> Iterator[int]:
    with HostileServer(Script("batches"), store=store) as server:
        yield server.port


def unused(what: object) -> None:
    raise AssertionError(what)


class Stops(Observer):
    """Sends a signal as soon as it hears of a run."""

    def progress(self, snapshot: Snapshot) -> None:
        signal.raise_signal(signal.SIGTERM)


def batch(port: int, path: Path, observers: Observers | None = None, retries: int = 8, **more: str) -> Result:
    section = {"job": "batch", "bucket": "photos", "objects": str(OBJECTS), "size": "10", "resume": str(path)}
    section["retries"] = str(retries)
    flags = {"target": f"http://127.0.0.1:{port}", "connections": "2", "mode": "async", "processes": "1"}
    plan = plan_here(profile_for_s3(section, {**flags, **more}))
    assert isinstance(plan.job, S3Job)
    with signals_restored(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run_s3(plan, plan.job, Hooks(observers or Observers(), unused, unused)))


def done(path: Path) -> list[int]:
    return [entry.index for entry in journal.read_entries(str(path))]


def test_there_is_nothing_to_go_on_with_before_all_is_prepared(tmp_path: Path) -> None:
    """Else the same command would look for objects that were never put."""
    store = Store(lambda method, key, _: (503, "SlowDown") if method == "PUT" and key.endswith("3") else None)
    with serving(store) as port, pytest.raises(UsageError, match=r"^preparing 'photos'"):
        batch(port, tmp_path / "j", retries=1)
    assert ([*tmp_path.iterdir()], store.left) == ([], [])


def test_a_journal_that_cannot_be_written_is_said_before_a_request_is_sent(tmp_path: Path) -> None:
    with HostileServer(Script("batches"), store=Store()) as server:
        with pytest.raises(UsageError, match=r"--resume: cannot write .*: No such file or directory"):
            batch(server.port, tmp_path / "missing" / "j")
        server.catch_up()
        assert (server.met, server.requests) == (0, 0)


def test_a_batch_that_was_done_is_done(tmp_path: Path) -> None:
    path, store = tmp_path / "j", Store()
    with serving(store) as port:
        first, again = batch(port, path), batch(port, path)
    assert [exit_code(result) for result in (first, again)] == [0, 0]
    assert any(note.startswith("Batch: there is nothing that is not done under 'loadgen/") for note in again.notes)
    assert (done(path), store.left) == ([*range(OBJECTS)], [])


def test_a_line_that_was_cut_off_takes_no_other_with_it(tmp_path: Path) -> None:
    path, store = tmp_path / "j", Store(refuses_first_put_of_what_was_made())
    with serving(store) as port:
        assert batch(port, path).ended_by == "fail_fast"
        with path.open("a") as file:
            file.write('{"index": 2, "key": "loadgen/')
        assert exit_code(batch(port, path)) == 0
    assert (done(path), store.left) == ([*range(OBJECTS)], [])


def test_a_batch_of_so_many_requests_goes_on_with_the_rest(tmp_path: Path) -> None:
    path, store = tmp_path / "j", Store()
    with serving(store) as port:
        first = batch(port, path, total_requests="4")
        assert (exit_code(first), len(done(path)) < OBJECTS) == (0, True)
        assert any(note.startswith("Kept everything under") for note in first.notes)
        assert exit_code(batch(port, path)) == 0
    assert (done(path), store.left) == ([*range(OBJECTS)], [])


def test_a_batch_that_may_send_more_than_it_has_objects_for_is_done(tmp_path: Path) -> None:
    path, store = tmp_path / "j", Store()
    with serving(store) as port:
        result = batch(port, path, total_requests="18")
    assert (exit_code(result), done(path), store.left) == (0, [*range(OBJECTS)], [])
    assert not [note for note in result.notes if "skipped" in note]


def test_a_resumed_batch_that_is_stopped_before_it_begins_ends_in_order(tmp_path: Path) -> None:
    path, store = tmp_path / "j", Store(refuses_first_put_of_what_was_made())

    with serving(store) as port:
        batch(port, path)
        assert batch(port, path, Observers(Stops())).ended_by == "signal"


def refuses_first_put_of_what_was_made() -> Any:
    refused: list[str] = []

    def fault(method: str, key: str, _query: str) -> tuple[int, str] | None:
        if method == "PUT" and "made/" in key and not refused:
            refused.append(key)
            return 403, "AccessDenied"
        return None

    return fault


class FullDisk:
    """`os`, where nothing can be written."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def write(self, _file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_cannot_be_written_down_ends_the_batch_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, store = tmp_path / "j", Store()
    with serving(store) as port:
        with monkeypatch.context() as patch:
            patch.setattr(journal, "os", FullDisk())
            result = batch(port, path)
        assert (result.ended_by, exit_code(result)) == ("error", 1)
        assert "journal of the batch (--resume) could not be written" in result.ended_because
        assert any(note.startswith("Kept everything under") for note in result.notes)
        assert exit_code(batch(port, path)) == 0
    assert (done(path), store.left) == ([*range(OBJECTS)], [])


def test_a_journal_that_cannot_be_put_in_order_costs_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise UsageError("cannot write j: No space left on device")

    monkeypatch.setattr("loadgen.session.s3.put_in_order", full)
    with serving(Store()) as port:
        result = batch(port, tmp_path / "j")
    assert (result.ended_by, exit_code(result)) == ("completed", 0)
    assert f"Journal {tmp_path / 'j'}: cannot write j: No space left on device; what is in it is right" in result.notes
    assert sorted(done(tmp_path / "j")) == [*range(OBJECTS)]
