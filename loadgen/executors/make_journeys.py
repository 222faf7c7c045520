"""From a shard to the journeys of its users: what is sent where a run follows scenarios."""

import asyncio
from functools import partial

from loadgen.executors.base import ShardSetup
from loadgen.executors.thread_loop import ThreadLoop
from loadgen.guard.shared_state import Cause
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.workloads.scenario.base import JourneyWorkload


def journey_workload(setup: ShardSetup, job: ScenarioJob, *, sequential: bool) -> JourneyWorkload:
    """What the users do: as their file says, or the steps of the profile."""
    task, recorder, breaker = setup.task, setup.recorder, setup.breaker
    plan, origin = task.plan, task.endpoint.origin
    wire, warmup = plan.writes_wire, plan.warmup_s > 0
    if job.function is not None:
        return _calls(setup, job)
    if job.file is None:
        from loadgen.workloads.scenario.declared.steps_workload import StepsWorkload

        own_loop = partial(ThreadLoop, timeout_s=plan.timeout_s)
        return StepsWorkload(
            job, task.shard, plan.most_users, recorder, breaker.failed, task.learn,
            origin=origin, keep_alive=plan.keep_alive, wire=wire, warmup=warmup, clock=task.clock,
            sequential=sequential, timeout_s=plan.timeout_s, tls=task.endpoint.tls,
            loop=own_loop if plan.mode == "threads" else asyncio.get_running_loop,
        )  # fmt: skip
    if job.dialect == "locust":
        from loadgen.workloads.locust.workload import LocustWorkload

        return LocustWorkload(
            job, task.shard, recorder, breaker.failed, lambda: task.control.trip(Cause.COMPLETED, task.clock()),
            origin=origin, keep_alive=plan.keep_alive, warmup=warmup, clock=task.clock,
            threads=plan.mode == "threads", sequential=sequential,
        )  # fmt: skip
    from loadgen.workloads.scenario.python.workload import ScenarioWorkload
    from loadgen.workloads.scenario.strays import Strays

    loop = asyncio.get_running_loop()
    threads = plan.mode == "threads"
    strays = Strays() if threads else Strays(loop.get_exception_handler())
    if not threads:
        loop.set_exception_handler(strays)
    workload = ScenarioWorkload(
        job, task.shard, plan.most_users, recorder, breaker.failed, learn=task.learn, tls=task.endpoint.tls,
        origin=origin, keep_alive=plan.keep_alive, wire=wire, warmup=warmup, clock=task.clock, sequential=sequential,
        loop=partial(ThreadLoop, strays, timeout_s=plan.timeout_s) if threads else lambda: loop,
        http2=plan.http == "2", timeout_s=plan.timeout_s,
    )  # fmt: skip
    strays.journeys = workload.journeys
    return workload


def _calls(setup: ShardSetup, job: ScenarioJob) -> JourneyWorkload:
    from loadgen.workloads.callables.workload import CallableWorkload

    task = setup.task
    on_loop = task.plan.mode != "threads"
    own_loop = partial(ThreadLoop, timeout_s=task.plan.timeout_s)
    return CallableWorkload(
        job, task.shard, setup.recorder, setup.breaker.failed, origin=task.endpoint.origin, clock=task.clock,
        loop=asyncio.get_running_loop if on_loop else own_loop, on_loop=on_loop,
    )  # fmt: skip
