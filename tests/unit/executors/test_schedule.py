from threading import Thread

import pytest

from loadgen.executors.schedule import Schedule, make_timetable
from loadgen.plan.plan import Arrivals, Stage
from tests.support.fakes import VirtualClock

BEGAN = 1_000_000


def schedule(*offsets, clock=None, drops=False, end=10**9):
    made = Schedule(iter(offsets), clock or VirtualClock(BEGAN), drops=drops)
    made.begin(BEGAN, BEGAN + end)
    return made


def test_arrivals_are_taken_once_and_in_order():
    made = schedule(0, 10, 20)
    assert [made.take() for _ in range(4)] == [BEGAN, BEGAN + 10, BEGAN + 20, None]
    assert made.unsent_waits_ns() == []


def test_arrivals_due_from_the_end_on_do_not_count():
    made = schedule(0, 99, 100, 101, end=100)
    assert [made.take() for _ in range(3)] == [BEGAN, BEGAN + 99, None]
    made.end(BEGAN + 500)
    assert made.unsent_waits_ns() == []


def test_a_late_arrival_waits_where_arrivals_queue():
    clock = VirtualClock(BEGAN + 50)
    made = schedule(0, 10, 60, clock=clock)
    assert [made.take() for _ in range(4)] == [BEGAN, BEGAN + 10, BEGAN + 60, None]


def test_a_late_arrival_is_dropped_where_it_found_nobody_free():
    clock = VirtualClock(BEGAN + 50)
    made = schedule(0, 10, 50, 60, clock=clock, drops=True)
    assert [made.take() for _ in range(3)] == [BEGAN + 50, BEGAN + 60, None]
    assert made.unsent_waits_ns() == [0, 0]
    assert made.unsent_waits_ns() == []


def test_at_the_end_what_was_due_is_unsent_and_has_waited_until_then():
    made = schedule(0, 10, 20, 30)
    assert made.take() == BEGAN
    made.end(BEGAN + 25)
    assert made.unsent_waits_ns() == [15, 5]  # due at 10 and 20; the one at 30 never came due
    assert made.take() is None
    made.end(BEGAN + 40)
    assert made.unsent_waits_ns() == []


def test_an_arrival_that_is_given_back_is_unsent():
    clock = VirtualClock(BEGAN)
    made = schedule(0, 10, clock=clock)
    due = made.take()
    clock.advance(7)
    made.give_back(due)
    assert made.unsent_waits_ns() == [7]


def test_threads_share_the_arrivals_without_loss_or_repeats():
    made = schedule(*range(2000))
    taken = [[] for _ in range(4)]

    def work(mine):
        while (due := made.take()) is not None:
            mine.append(due)

    threads = [Thread(target=work, args=(mine,)) for mine in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(due for mine in taken for due in mine) == [BEGAN + offset for offset in range(2000)]


@pytest.mark.parametrize(("kind", "even"), [("constant", True), ("poisson", False)])
def test_the_timetable_is_the_plan_s(kind, even):
    timetable = make_timetable(Arrivals((Stage(1.0, 4.0, 4.0),), kind), seed=1)
    assert (list(timetable.offsets_ns()) == [0, 250_000_000, 500_000_000, 750_000_000]) is even
