import asyncio
from contextlib import closing
from threading import Event, current_thread

import pytest

from loadgen.executors.places.here import Here
from loadgen.executors.worker import UsersLostError
from loadgen.guard.shared_state import CUT, Cause, SharedState, Slot, State
from loadgen.plan.plan import make_shards
from tests.support.fakes import ENDPOINT, make_plan


def started(mode, shards, failing=None):
    """Run workers that only say on which thread they ran; the one of shard `failing` fails."""
    ran = []

    class Worker:
        def __init__(self, task):
            self.task = task

        async def run(self):
            ran.append((self.task.shard.index, current_thread().name.partition("_")[0]))
            if self.task.shard.index == failing:
                raise ZeroDivisionError

    async def main():
        plan = make_plan(users=4, workers=shards, mode=mode)
        control = SharedState.create(plan.shard_count)
        with closing(Here(plan, ENDPOINT, control, maker=Worker)) as place:
            futures = place.start(make_shards(plan), lambda _: None)
            outcomes = await asyncio.gather(*futures, return_exceptions=True)
            states = [control.get(index, Slot.STATE) for index in range(plan.shard_count)]
            return ran, outcomes, states, control.cause

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("mode", "shards", "where"),
    [("pool", 2, "worker"), ("async", 1, "MainThread"), ("threads", 1, "MainThread")],
)
def test_each_worker_is_a_future_and_runs_where_its_mode_says(mode, shards, where):
    ran, outcomes, _, cause = started(mode, shards)
    assert sorted(ran) == [(index, where) for index in range(shards)]
    assert outcomes == [None] * shards
    assert cause is Cause.COMPLETED


@pytest.mark.parametrize(("mode", "shards", "failing"), [("pool", 2, 1), ("async", 1, 0)])
def test_a_worker_that_fails_stops_the_run_and_is_not_waited_for(mode, shards, failing):
    _, outcomes, states, cause = started(mode, shards, failing)
    assert isinstance(outcomes[failing], ZeroDivisionError)
    assert (cause, states[failing]) == (Cause.ERROR, State.FINISHED)


@pytest.mark.parametrize("mode", ["pool", "async"])
def test_what_a_callback_raised_is_told_and_not_that_users_were_lost_by_it(mode):
    class Losing:
        def __init__(self, task):
            self.control = task.control

        async def run(self):
            asyncio.get_running_loop().call_soon(lambda: 1 / 0)
            while self.control.stop != CUT:
                await asyncio.sleep(0)
            raise UsersLostError

    async def main():
        plan = make_plan(mode=mode)
        with closing(Here(plan, ENDPOINT, SharedState.create(1), maker=Losing)) as place:
            return await asyncio.gather(*place.start(make_shards(plan), lambda _: None), return_exceptions=True)

    [error] = asyncio.run(main())
    assert isinstance(error, ZeroDivisionError)


def test_threads_that_hang_are_left_behind_when_they_are_abandoned():
    entered, released = Event(), Event()

    class Hanging:
        def __init__(self, task):
            pass

        async def run(self):
            entered.set()
            released.wait()

    async def main():
        plan = make_plan()
        place = Here(plan, ENDPOINT, SharedState.create(1), maker=Hanging)
        (future,) = place.start(make_shards(plan), lambda _: None)
        while not entered.is_set():
            await asyncio.sleep(0)
        place.abandon()
        place.close()
        try:
            return future.done(), place.control.stop
        finally:
            released.set()
            await future
            place.control.close()

    assert asyncio.run(main()) == (False, 0), "what a thread may still read is not taken from it"
