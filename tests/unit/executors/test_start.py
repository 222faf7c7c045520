import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import current_thread

import pytest

from loadgen.executors import start
from loadgen.executors.start import start_here
from loadgen.guard.shared_state import Cause, SharedState, Slot, State
from tests.support.fakes import VirtualClock, make_plan, task_for


@pytest.fixture
def workers(monkeypatch):
    """Workers that only say on which thread they ran; the one of shard 1 fails where asked to."""
    ran = []

    class Worker:
        def __init__(self, task):
            self.task = task

        async def run(self):
            ran.append((self.task.shard.index, current_thread().name.partition("_")[0]))
            if self.task.shard.index in failing:
                raise ZeroDivisionError

    failing = set()
    monkeypatch.setattr(start, "make_worker", Worker)
    return ran, failing


async def started(mode, shards):
    plan = make_plan(users=4, workers=shards, mode=mode)
    control = SharedState.create(plan.shard_count)
    tasks = [task_for(plan, control, VirtualClock(), shard) for shard in range(plan.shard_count)]
    with ThreadPoolExecutor(max_workers=shards, thread_name_prefix="worker") as pool:
        outcomes = await asyncio.gather(*start_here(tasks, pool), return_exceptions=True)
    states = [control.get(index, Slot.STATE) for index in range(plan.shard_count)]
    cause = control.cause
    control.close()
    return outcomes, states, cause


@pytest.mark.parametrize(
    ("mode", "shards", "where"),
    [("pool", 2, "worker"), ("async", 1, "MainThread"), ("threads", 1, "MainThread")],
)
def test_each_worker_is_a_future_and_runs_where_its_mode_says(workers, mode, shards, where):
    ran, _ = workers
    outcomes, _, cause = asyncio.run(started(mode, shards))
    assert sorted(ran) == [(index, where) for index in range(shards)]
    assert outcomes == [None] * shards
    assert cause is Cause.COMPLETED


@pytest.mark.parametrize(("mode", "shards", "failing"), [("pool", 2, 1), ("async", 1, 0)])
def test_a_worker_that_fails_stops_the_run_and_is_not_waited_for(workers, mode, shards, failing):
    workers[1].add(failing)
    outcomes, states, cause = asyncio.run(started(mode, shards))
    assert isinstance(outcomes[failing], ZeroDivisionError)
    assert (cause, states[failing]) == (Cause.ERROR, State.FINISHED)
