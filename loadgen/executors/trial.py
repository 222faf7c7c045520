"""Every journey once, by one user in the thread that calls; nothing is measured but told."""

import ssl
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from loadgen.base.clock import Clock, now_ns
from loadgen.base.endpoint import Endpoint
from loadgen.executors.once import nothing
from loadgen.executors.one_user import Change, OneUser
from loadgen.executors.thread_loop import ThreadLoop
from loadgen.executors.watcher import Watcher
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan, Shard
from loadgen.workloads.scenario.base import JourneyScript, JourneySetup, JourneyWorkload, nobody, not_timed


class Trial:
    """The journeys of a job in their order, with what the user does before and after; `interrupt` ends them early.

    `learn` is told of secrets that come out of replies. Each request goes out as `change` makes it.
    """

    def __init__(
        self, plan: Plan, job: ScenarioJob, endpoint: Endpoint, context: ssl.SSLContext | None, watcher: Watcher,
        learn: Callable[[str], object], change: Change | None = None, clock: Clock = now_ns,
    ) -> None:  # fmt: skip
        self._is_locust = job.dialect == "locust"
        self._names = [journey.name for journey in job.journeys]
        self._watcher = watcher
        self._one = OneUser(
            endpoint, context, clock, watcher.on_exchange, hurries=True, http2=plan.http == "2", way=watcher.way,
            change=change,
        )  # fmt: skip
        self._begun: list[JourneyScript] = []
        setup = JourneySetup(
            plan=plan, job=job, shard=Shard(0, 1, 0, 1, None, plan.seed * 1_000_003), endpoint=endpoint,
            recorder=watcher.recorder, on_failure=nothing, learn=learn, clock=clock, sequential=True,
            loop=partial(ThreadLoop, timeout_s=plan.timeout_s), wire=plan.writes_wire and change is None,
        )  # fmt: skip
        self._workload, self._scripts = _of_locust(setup) if self._is_locust else _scripts(setup)

    def go(self) -> None:
        """Do it all."""
        for script in self._scripts:
            if self._one.interrupted or (self._begun and self._workload.journeys.over):
                break
            self._begun.append(script)
            self._go(script)
        self._workload.journeys.end()

    def _go(self, script: JourneyScript) -> None:
        """All that one user does. That of a locustfile is asked once for all of it."""
        one, watcher = self._one, self._watcher
        wake = getattr(script.loop, "interrupt", nobody)
        script.attach(not_timed, wake, watcher.recorder, flows=self._is_locust)
        user = getattr(script, "user", None)
        if user is not None:
            watcher.where = lambda: str(user.journey)
        elif self._is_locust:
            watcher.where = lambda: self._names[script.journey]
        while one.take(script):
            pass
        if not one.interrupted and script.leave():
            one.take(script)

    def interrupt(self) -> None:
        """End what runs."""
        self._one.interrupt()

    def close(self) -> None:
        """Free all, when nothing runs any more."""
        for script in self._begun:
            script.close()
            if script.loop is not None:
                script.loop.close()
        self._workload.close()
        self._one.close()


Made = tuple[JourneyWorkload, Iterable[JourneyScript]]


def _scripts(setup: JourneySetup) -> Made:
    """One user that does the journeys in turn."""
    shard = replace(setup.shard, requests_limit=len(setup.job.journeys))
    setup = replace(setup, job=replace(setup.job, by_user=False, journeys_per_user=None), shard=shard)
    workload = _workload(setup)
    workload.journeys.take_turns()
    return workload, [workload.script(0)]


def _of_locust(setup: JourneySetup) -> Made:
    """A user of each class."""
    from loadgen.workloads.locust.workload import LocustWorkload

    shard = replace(setup.shard, users=len(setup.job.journeys))
    workload = LocustWorkload(replace(setup, shard=shard), bool, threads=False)
    return workload, workload.trials()


def _workload(setup: JourneySetup) -> JourneyWorkload:
    if setup.job.file is None:
        from loadgen.workloads.scenario.declared.steps_workload import StepsWorkload

        return StepsWorkload(setup)
    from loadgen.workloads.scenario.python.workload import ScenarioWorkload

    return ScenarioWorkload(setup)
