"""Runs in processes of their own: results, signals, and what is left behind."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadgen.base.errors import UsageError
from loadgen.base.processes import STOPPING
from loadgen.base.reply import Expect
from loadgen.campaigns.isolated import Isolated
from loadgen.campaigns.rounds import RunLostError
from loadgen.executors.places.machines.fleet import Where
from loadgen.measure.progress import RunSecond, Snapshot
from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.plan import Plan
from loadgen.plan.profiles.address import parse_target
from loadgen.results.result import Result
from loadgen.session.observers import Observer
from tests.support.command import balanced, children_of, wait_until

pytestmark = pytest.mark.slow  # each run starts a process


def plan(url: str, **changes: Any) -> Plan:
    get = RequestSpec("GET /", "GET", "/bytes/10", expect=Expect())
    plan = Plan("test", parse_target(url).origin, HttpJob((get,)), users=4, requests_limit=40, duration_s=None)
    return replace(plan, **changes)


class Seen(Observer):
    """Keeps what it is told, and does `at` each progress."""

    def __init__(self, at: Callable[[Snapshot], None] = lambda _: None) -> None:
        self.told: list[Any] = []
        self._at = at

    def started(self, plan: Plan) -> None:
        self.told.append(plan)

    def progress(self, snapshot: Snapshot) -> None:
        self.told.append(snapshot)
        self._at(snapshot)

    def ended(self, result: Result) -> None:
        self.told.append(result)


class SeenSeconds(Seen):
    """Looks at the seconds as well."""

    def second(self, second: RunSecond) -> None:
        self.told.append(second)


def isolated(use: Callable[[Isolated], Awaitable[Any]], *observers: Observer, where: Where | None = None) -> Any:
    """Run `use`; signals mean afterwards what they did before."""

    async def main() -> Any:
        with Isolated(*observers, where=where) as runs:
            return await use(runs)

    before = {number: signal.getsignal(number) for number in STOPPING}
    try:
        return asyncio.run(main())
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def child_runs(pid: int) -> bool:
    """Whether the process is a run of ours."""
    with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123
        return b"loadgen.campaigns.child" in file.read()


def test_a_run_gives_its_whole_result_and_tells_of_itself(url: str) -> None:
    seen, seconds = Seen(), SeenSeconds()

    async def use(runs: Isolated) -> Any:
        return await runs.run(plan(url, requests_limit=None, duration_s=0.3))

    result = balanced(isolated(use, seen, seconds))
    assert (result.ended_by, result.ledger.failed) == ("completed", 0)
    assert result.ledger.ok == result.latency_ms["response"].count > 0
    assert [type(item) for item in seen.told[:2]] == [Plan, Snapshot]
    assert seen.told[-1] == result
    assert {item.users for item in seen.told if isinstance(item, Snapshot)} == {4}
    (second,) = [item for item in seconds.told if isinstance(item, RunSecond)]
    assert (second.t_s, second.requests["GET /"].ok) == (0, result.timeline[0].ok)


def test_a_terminals_signals_do_not_reach_it_by_themselves(url: str) -> None:
    sessions: set[int] = set()

    def look(_: Snapshot) -> None:
        sessions.update(os.getsid(child) for child in children_of(os.getpid()) if child_runs(child))

    async def use(runs: Isolated) -> Any:
        return await runs.run(plan(url, requests_limit=None, duration_s=0.3))

    isolated(use, Seen(look))
    assert sessions
    assert os.getsid(0) not in sessions


def test_memory_is_the_runs_own(url: str) -> None:
    ballast = b"x" * (100 << 20)

    async def use(runs: Isolated) -> Any:
        return await runs.run(plan(url))

    assert 0 < isolated(use).generator.peak_rss_mb < 90
    assert ballast[-1:] == b"x"


def test_what_this_host_cannot_do_is_a_usage_error(url: str) -> None:
    async def use(runs: Isolated) -> Any:
        return await runs.run(plan(url, users=10_000_000, requests_limit=None, duration_s=1.0))

    with pytest.raises(UsageError, match="file descriptors"):
        isolated(use)


def test_a_signal_drains_the_run_and_ends_the_rest(url: str) -> None:
    def stop(snapshot: Snapshot) -> None:
        if snapshot.done:
            os.kill(os.getpid(), signal.SIGTERM)

    async def use(runs: Isolated) -> Any:
        result = await runs.run(plan(url, requests_limit=None, duration_s=30.0))
        return result, await runs.rest(30.0)

    result, rested = isolated(use, Seen(stop))
    assert (balanced(result).ended_by, result.ended_because, rested) == ("signal", "SIGTERM received", False)


def send_three() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        os.kill(os.getpid(), number)


def test_a_third_signal_leaves_a_run_the_time_to_report(url: str) -> None:
    sent: list[int] = []

    def stop(snapshot: Snapshot) -> None:
        if snapshot.done and not sent:
            sent.append(snapshot.done)
            send_three()

    async def use(runs: Isolated) -> Any:
        return await runs.run(plan(url, requests_limit=None, duration_s=30.0))

    result = isolated(use, Seen(stop))
    assert (result.ended_by, result.ledger.sent >= sent[0] > 0) == ("signal", True)


def test_a_run_that_does_not_report_in_its_time_is_killed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadgen.campaigns.isolated.PATIENCE_S", 0.0)

    def hang(snapshot: Snapshot) -> None:
        if snapshot.done:
            for child in children_of(os.getpid()):
                if child_runs(child):
                    os.kill(child, signal.SIGSTOP)
            send_three()

    async def use(runs: Isolated) -> Any:
        return await runs.run(plan(url, requests_limit=None, duration_s=30.0))

    with pytest.raises(RunLostError, match="a signal before the run had a result"):
        isolated(use, Seen(hang))


def test_a_killed_run_says_how_it_ended(url: str) -> None:
    def kill(snapshot: Snapshot) -> None:
        if snapshot.done:
            for child in children_of(os.getpid()):
                if child_runs(child):
                    os.kill(child, signal.SIGKILL)

    async def use(runs: Isolated) -> Any:
        return await runs.run(plan(url, requests_limit=None, duration_s=30.0))

    with pytest.raises(RunLostError, match="was killed by signal 9") as caught:
        isolated(use, Seen(kill))
    assert caught.value.ended_by == "error"
    wait_until(lambda: not any(map(child_runs, children_of(os.getpid()))), "the end of the child")


def test_a_signal_while_a_machine_does_not_answer_ends_the_run(url: str, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    hangs = Where((f"sh -c 'touch {begun}; exec sleep 60'",))

    async def use(runs: Isolated) -> Result:
        async def signals() -> None:
            await asyncio.to_thread(wait_until, begun.exists, "the machine's command")
            os.kill(os.getpid(), signal.SIGTERM)

        signalling = asyncio.create_task(signals())
        try:
            return await runs.run(plan(url))
        finally:
            await signalling

    with pytest.raises(RunLostError, match="a signal before the run had a result"):
        isolated(use, where=hangs)
