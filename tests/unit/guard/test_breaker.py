import os
from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.guard.breaker import Breaker
from loadgen.guard.shared_state import DRAIN, GO, Cause, SharedState, Slot

WORKERS = 3


@pytest.fixture
def control():
    control = SharedState.create(WORKERS)
    yield control
    control.close()


@given(st.lists(st.integers(0, WORKERS - 1), min_size=1, max_size=30), st.integers(1, 30))
def test_the_run_stops_at_exactly_the_nth_failure_wherever_the_failures_are(failing, limit):
    control = SharedState.create(WORKERS)
    breakers = [Breaker(control, worker, limit) for worker in range(WORKERS)]
    for number, worker in enumerate(failing, 1):
        breakers[worker].failed(now=number)
        assert control.stop == (DRAIN if number >= limit else GO)
    if len(failing) >= limit:
        assert (control.cause, control.stopped_at_ns) == (Cause.FAIL_FAST, limit)
    assert control.total(Slot.FAILED) == len(failing)
    control.close()


def test_without_a_limit_failures_are_counted_and_nothing_stops(control):
    breaker = Breaker(control, 0, None)
    for now in range(100):
        breaker.failed(now)
    assert (control.get(0, Slot.FAILED), control.stop) == (100, GO)


def test_a_failure_after_another_ending_keeps_that_ending(control):
    control.trip(Cause.SIGNAL, 5)
    Breaker(control, 0, 1).failed(6)
    assert (control.cause, control.stopped_at_ns) == (Cause.SIGNAL, 5)


def test_breakers_of_two_processes_add_up(control):
    child = SharedState(os.dup(control.descriptor), WORKERS)
    Breaker(control, 0, 2).failed(1)
    assert child.stop == GO
    Breaker(child, 1, 2).failed(2)
    assert control.stop == DRAIN
    child.close()


def test_threads_that_share_a_breaker_lose_no_failure_and_trip_it(control):
    breaker = Breaker(control, 1, 8 * 50)
    barrier = Barrier(8)

    def fail():
        barrier.wait()
        for _ in range(50):
            breaker.failed(1)

    threads = [Thread(target=fail) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert control.get(1, Slot.FAILED) == breaker.failures == 400
    assert control.cause is Cause.FAIL_FAST
