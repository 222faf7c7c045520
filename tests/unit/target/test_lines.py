from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loadgen.target.lines import Capacity, Lines, Stalls

ARRIVALS = st.lists(st.integers(0, 10**9), min_size=1, max_size=50).map(sorted)


def test_work_waits_for_the_work_before_it() -> None:
    lines = Lines()
    assert [lines.departure_ns(now, 10) for now in (0, 1, 2, 50)] == [10, 20, 30, 60]


def test_each_service_time_has_a_line_of_its_own() -> None:
    lines = Lines()
    assert [lines.departure_ns(0, 10), lines.departure_ns(0, 99), lines.departure_ns(0, 10)] == [10, 99, 20]


def test_many_service_times_do_not_make_a_busy_line_forget_its_work() -> None:
    lines = Lines()
    lines.departure_ns(0, 10**9)
    for service in range(3000):
        lines.departure_ns(10**6, service)
    assert lines.departure_ns(10**6, 10**9) == 2 * 10**9


@given(ARRIVALS, st.integers(1, 10**6))
def test_departures_follow_the_recursion_of_a_single_server(arrivals: list[int], service: int) -> None:
    lines, last = Lines(), 0
    for now in arrivals:
        last = max(now, last) + service
        assert lines.departure_ns(now, service) == last


def test_capacity_spaces_replies_evenly_and_saves_nothing_up() -> None:
    capacity = Capacity(rps=100)
    gap = 10_000_000
    assert [capacity.admit_ns(0) for _ in range(3)] == [0, gap, 2 * gap]
    assert [capacity.admit_ns(50 * gap) for _ in range(2)] == [50 * gap, 51 * gap]


def test_capacity_turns_away_what_comes_while_too_many_wait() -> None:
    capacity = Capacity(rps=10, max_waiting=2)
    gap = 100_000_000
    assert [capacity.admit_ns(0) for _ in range(4)] == [0, gap, 2 * gap, None]
    assert capacity.admit_ns(gap) == 3 * gap


@given(ARRIVALS, st.floats(0.5, 1e6))
def test_never_more_than_the_capacity_leaves_in_any_stretch_of_time(arrivals: list[int], rps: float) -> None:
    capacity = Capacity(rps)
    leaves = [due for now in arrivals if (due := capacity.admit_ns(now)) is not None]
    assert all((later - earlier) * rps >= 0.999999e9 for earlier, later in pairwise(leaves))


def test_a_server_that_stalls_takes_up_what_came_meanwhile_when_it_goes_on() -> None:
    stalls = Stalls(every_ns=1000, length_ns=100)
    admitted = [stalls.admit_ns(now) for now in (50, 949, 950, 1049, 1050, 1949, 1999)]
    assert admitted == [50, 949, 1050, 1050, 1050, 1949, 2050]
