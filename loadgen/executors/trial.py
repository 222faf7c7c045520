"""Every journey once, by one user in the thread that calls; nothing is measured but told."""

import ssl
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from loadgen.base.clock import Clock, now_ns
from loadgen.base.exchange import Endpoint
from loadgen.executors.once import nothing
from loadgen.executors.one_user import OneUser
from loadgen.executors.thread_loop import ThreadLoop
from loadgen.executors.watcher import Watcher
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan, Shard
from loadgen.workloads.scenario.base import JourneyWorkload, nobody, not_timed


class Trial:
    """The journeys of a job in their order, with what the user does before and after; `interrupt` ends them early.

    `learn` is told of secrets that come out of replies.
    """

    def __init__(
        self, plan: Plan, job: ScenarioJob, endpoint: Endpoint, context: ssl.SSLContext | None, watcher: Watcher,
        learn: Callable[[str], object], clock: Clock = now_ns,
    ) -> None:  # fmt: skip
        job = replace(job, by_user=False, journeys_per_user=None)
        shard = Shard(0, 1, 0, 1, len(job.journeys), plan.seed * 1_000_003)
        self._workload = _workload(plan, job, shard, endpoint, watcher, learn, clock)
        self._workload.journeys.take_turns()
        self._one = OneUser(endpoint, context, clock, watcher.on_exchange, hurries=True)
        self._script = script = self._workload.script(0)
        script.attach(not_timed, getattr(script.loop, "interrupt", nobody), watcher.recorder, flows=False)
        user = getattr(script, "user", None)
        if user is not None:
            watcher.where = lambda: str(user.journey)

    def go(self) -> None:
        """Do it all."""
        one, script = self._one, self._script
        while one.take(script):
            pass
        if not one.interrupted and script.leave():
            one.take(script)
        self._workload.journeys.end()

    def interrupt(self) -> None:
        """End what runs."""
        self._one.interrupt()

    def close(self) -> None:
        """Free all, when nothing runs any more."""
        self._script.close()
        if self._script.loop is not None:
            self._script.loop.close()
        self._workload.close()
        self._one.close()


def _workload(
    plan: Plan,
    job: ScenarioJob,
    shard: Shard,
    endpoint: Endpoint,
    watcher: Watcher,
    learn: Callable[[str], object],
    clock: Clock,
) -> JourneyWorkload:
    if job.file is None:
        from loadgen.workloads.scenario.declared.steps_workload import StepsWorkload

        return StepsWorkload(
            job, shard, 1, watcher.recorder, nothing, learn, origin=endpoint.origin,
            keep_alive=plan.keep_alive, wire=plan.writes_wire, warmup=False, clock=clock, sequential=True,
        )  # fmt: skip
    from loadgen.workloads.scenario.python.workload import ScenarioWorkload

    return ScenarioWorkload(
        job, shard, 1, watcher.recorder, nothing, origin=endpoint.origin, keep_alive=plan.keep_alive,
        wire=plan.writes_wire, warmup=False, clock=clock, loop=partial(ThreadLoop, timeout_s=plan.timeout_s),
        sequential=True, learn=learn,
    )  # fmt: skip
