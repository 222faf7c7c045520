"""From a shard to the journeys of its users: what is sent where a run follows scenarios."""

import asyncio
from dataclasses import replace
from functools import partial

from loadgen.executors.base import ShardSetup
from loadgen.executors.thread_loop import ThreadLoop
from loadgen.guard.shared_state import Cause
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.workloads.scenario.base import JourneySetup, JourneyWorkload


def journey_workload(setup: ShardSetup, job: ScenarioJob, *, sequential: bool) -> JourneyWorkload:
    """What the users do: as their file says, or the steps of the profile."""
    task, plan = setup.task, setup.task.plan
    threads = plan.mode == "threads"
    given = JourneySetup(
        plan=plan, job=job, shard=task.shard, endpoint=task.endpoint, recorder=setup.recorder,
        on_failure=setup.breaker.failed, learn=task.learn, clock=task.clock, users=plan.most_users,
        loop=partial(ThreadLoop, timeout_s=plan.timeout_s) if threads else asyncio.get_running_loop,
        sequential=sequential, wire=plan.writes_wire, warmup=plan.warmup_s > 0,
    )  # fmt: skip
    if job.function is not None:
        from loadgen.workloads.callables.workload import CallableWorkload

        return CallableWorkload(given, on_loop=not threads)
    if job.file is None:
        from loadgen.workloads.scenario.declared.steps_workload import StepsWorkload

        return StepsWorkload(given)
    if job.dialect == "locust":
        from loadgen.workloads.locust.workload import LocustWorkload

        return LocustWorkload(given, lambda: task.control.trip(Cause.COMPLETED, task.clock()), threads=threads)
    return _scenario(given, threads=threads)


def _scenario(given: JourneySetup, *, threads: bool) -> JourneyWorkload:
    """The journeys of a file, whose stray tasks are told of."""
    from loadgen.workloads.scenario.python.workload import ScenarioWorkload
    from loadgen.workloads.scenario.strays import Strays

    if threads:
        strays = Strays()
        given = replace(given, loop=partial(ThreadLoop, strays, timeout_s=given.plan.timeout_s))
    else:
        loop = asyncio.get_running_loop()
        strays = Strays(loop.get_exception_handler())
        loop.set_exception_handler(strays)
    workload = ScenarioWorkload(given)
    strays.journeys = workload.journeys
    return workload
