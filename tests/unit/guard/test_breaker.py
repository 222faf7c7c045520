import os
from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.guard.board import DRAIN, GO, Board, Cause, Slot
from loadgen.guard.breaker import Breaker

WORKERS = 3


@pytest.fixture
def board():
    board = Board.create(WORKERS)
    yield board
    board.close()


@given(st.lists(st.integers(0, WORKERS - 1), min_size=1, max_size=30), st.integers(1, 30))
def test_the_run_stops_at_exactly_the_nth_failure_wherever_the_failures_are(failing, limit):
    board = Board.create(WORKERS)
    breakers = [Breaker(board, worker, limit) for worker in range(WORKERS)]
    for number, worker in enumerate(failing, 1):
        breakers[worker].failed(now=number)
        assert board.stop == (DRAIN if number >= limit else GO)
    if len(failing) >= limit:
        assert (board.cause, board.stopped_at_ns) == (Cause.FAIL_FAST, limit)
    assert board.total(Slot.FAILED) == len(failing)
    board.close()


def test_without_a_limit_failures_are_counted_and_nothing_stops(board):
    breaker = Breaker(board, 0, None)
    for now in range(100):
        breaker.failed(now)
    assert (board.get(0, Slot.FAILED), board.stop) == (100, GO)


def test_a_failure_after_another_ending_keeps_that_ending(board):
    board.trip(Cause.SIGNAL, 5)
    Breaker(board, 0, 1).failed(6)
    assert (board.cause, board.stopped_at_ns) == (Cause.SIGNAL, 5)


def test_breakers_of_two_processes_add_up(board):
    child = Board(os.dup(board.descriptor), WORKERS)
    Breaker(board, 0, 2).failed(1)
    assert child.stop == GO
    Breaker(child, 1, 2).failed(2)
    assert board.stop == DRAIN
    child.close()


def test_threads_that_share_a_breaker_lose_no_failure_and_trip_it(board):
    breaker = Breaker(board, 1, 8 * 50)
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
    assert board.get(1, Slot.FAILED) == breaker.failures == 400
    assert board.cause is Cause.FAIL_FAST
