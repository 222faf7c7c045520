"""Journeys in threads: once one has begun, its requests are sent where they are asked for, and are no steps."""

import asyncio
import itertools
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome, Request
from loadgen.base.reply import Expect
from loadgen.executors.sequential_journey_users import SequentialJourneyUsers
from loadgen.executors.sequential_notes import SequentialSetup
from loadgen.executors.thread_loop import ThreadLoop
from loadgen.executors.waits import ThreadWaits
from loadgen.guard.breaker import Breaker
from loadgen.guard.shared_state import Cause, SharedState
from loadgen.measure.recorder import Recorder
from loadgen.pacing.connecting import FIRST_BACKOFF_NS
from loadgen.pacing.make import make_pacer
from loadgen.plan.jobs.scenario import Journey
from loadgen.workloads.scenario.journeys import Journeys
from loadgen.workloads.scenario.python.awaited import AwaitedScript
from loadgen.workloads.scenario.python.user import User
from loadgen.workloads.scenario.sending.requests import RequestMaker
from tests.support.fakes import FakeClient, make_plan, reply, task_for

CLOCK = time.monotonic_ns
Visit = Callable[[User], Any]


class Counting(AwaitedScript):
    """Notes which of its steps were requests."""

    steps = 0

    def resume(self, outcome: Any) -> Any:
        step = super().resume(outcome)
        self.steps += isinstance(step, Request)
        return step


class Instant(FakeClient):
    """Gives one answer after another, without suspending."""

    async def exchange(self, request: Request) -> Outcome:
        now = CLOCK()
        self.sent_at.append(now)
        _, answer = self._serve(request)
        error = answer if isinstance(answer, ErrorClass) else None
        return Outcome(now, CLOCK(), None if error else answer, error)  # type: ignore[arg-type]


def run(visit: Visit, serve: Callable[[SharedState], Any], journeys_limit: int = 1) -> tuple[Counting, Instant, Any]:
    """One user that does so many visits: its script, its client, and what was recorded."""
    plan = make_plan(users=1, mode="threads", duration_s=None)
    control = SharedState.create(1)
    task = task_for(plan, control, CLOCK)  # type: ignore[arg-type]
    recorder = Recorder(task.redact, paced=False)
    journeys = Journeys(
        (Journey("a"),), recorder.names, recorder.transactions, lambda _now: None,
        limit=journeys_limit, warmup=False, seed=1, by_user=False, clock=CLOCK,
    )  # fmt: skip
    maker = RequestMaker(recorder.names, Origin("http", "shop.example", 80), (), Expect(), keep_alive=True, wire=True)
    script = Counting(User(0, maker, journeys, None, 1, max), [visit], journeys, ThreadLoop(timeout_s=1.0))
    workload = SimpleNamespace(script=lambda _: script, journeys=journeys, left=0, close=script.loop.close)
    client = Instant(CLOCK, lambda _: (0, serve(control)))  # type: ignore[arg-type]
    users = SequentialJourneyUsers(
        SequentialSetup(
            task, lambda: client, make_pacer(plan, task.shard), workload, recorder,
            Breaker(control, 0, None), waits=ThreadWaits(CLOCK),
        )
    )  # fmt: skip

    async def whole() -> None:
        users.open(CLOCK())
        while users.opened < 1:
            await asyncio.sleep(0)
        users.start(CLOCK(), 1 << 62)
        while not users.finished:
            await asyncio.sleep(0.001)
        await users.close()

    asyncio.run(whole())
    recording = users.take()
    control.close()
    return script, client, recording


async def three(user: User) -> None:
    for _ in range(3):
        await user.get("/")


def test_only_the_first_of_all_is_a_step() -> None:
    good = reply()
    script, client, recording = run(three, lambda _: good, journeys_limit=4)
    assert (script.steps, len(client.sent_at), recording.total().ok, script.passes) == (1, 12, 12, 4)


def test_after_a_connect_that_failed_the_next_waits_as_a_step() -> None:
    answers = iter([reply(), ErrorClass.CONNECTION_REFUSED, reply()])
    script, client, recording = run(three, lambda _: next(answers))
    assert (script.steps, recording.total().ok, recording.total().failed) == (2, 2, 1)
    assert client.sent_at[2] - client.sent_at[1] >= FIRST_BACKOFF_NS


def test_nothing_is_sent_in_place_once_the_run_is_over() -> None:
    good, ended, sent = reply(), [], itertools.count(1)

    async def visit(user: User) -> None:
        try:
            await three(user)
        finally:
            ended.append(True)

    def serve(control: SharedState) -> Any:
        if next(sent) == 2:
            control.trip(Cause.SIGNAL, CLOCK())
        return good

    script, client, _ = run(visit, serve)
    assert (script.steps, len(client.sent_at), ended) == (2, 2, [True])


def test_what_has_a_timeout_of_its_own_is_a_step() -> None:
    good = reply()

    async def limited(user: User) -> None:
        async with asyncio.timeout(60):
            await three(user)
        await three(user)

    script, client, _ = run(limited, lambda _: good)
    assert (script.steps, len(client.sent_at)) == (3, 6)
