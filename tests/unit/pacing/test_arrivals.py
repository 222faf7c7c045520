from itertools import islice, pairwise
from math import inf
from statistics import fmean, variance

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.clock import NEVER_NS, NS_PER_S, SPEED_ONE
from loadgen.pacing.arrivals import SharedArrivals, SteeredArrivals, Timetable

stages = st.lists(
    st.tuples(st.floats(0.1, 5.0), st.integers(0, 200).map(float), st.integers(0, 200).map(float)),
    min_size=1,
    max_size=4,
)


def expected(stages, elapsed_s):
    """The integral of the rate over the first `elapsed_s` seconds: the mean number of arrivals before then."""
    total = start_s = 0.0
    for duration_s, low, high in stages:
        inside_s = min(max(elapsed_s - start_s, 0.0), duration_s)
        total += low * inside_s + (high - low) / duration_s * inside_s * inside_s / 2
        start_s += duration_s
    return total


def offsets_s(*stages, **kwargs):
    return [offset / NS_PER_S for offset in Timetable(stages, **kwargs).offsets_ns()]


@pytest.mark.parametrize(
    ("stages", "due_s"),
    [
        ([(1.0, 4.0, 4.0)], [0.0, 0.25, 0.5, 0.75]),  # 4 a second, the first at once, none at the end
        ([(0.9, 4.0, 4.0)], [0.0, 0.25, 0.5, 0.75]),  # 3.6 arrivals: the fourth is due before the end
        ([(2.0, 0.0, 2.0)], [0.0, 2**0.5]),  # t^2 / 2 = n: n = 1 at the root of 2
        ([(2.0, 2.0, 0.0)], [0.0, 2 - 2**0.5]),  # the same backwards: 2 t - t^2 / 2 = 1
        ([(1.0, 0.0, 0.0)], []),  # nothing comes
        ([(1.0, 2.0, 2.0), (1.0, 0.0, 0.0), (1.0, 2.0, 2.0)], [0.0, 0.5, 2.0, 2.5]),  # a silent stage between
        ([(0.5, 1.0, 1.0), (1.0, 1.0, 1.0)], [0.0, 1.0]),  # half an arrival is carried over
    ],
)
def test_arrival_n_is_due_when_the_integral_of_the_rate_reaches_n(stages, due_s):
    assert offsets_s(*stages) == pytest.approx(due_s)


def test_nothing_is_due_before_the_beginning_or_after_the_end():
    arrivals = SharedArrivals(iter((0, 7)))
    assert arrivals.next_due_ns(0, 5) == NEVER_NS
    arrivals.begin(100, 105)
    assert [arrivals.next_due_ns(0, 5) for _ in range(3)] == [100, NEVER_NS, NEVER_NS]


def test_an_hour_of_arrivals_is_counted_without_waiting_for_it():
    """Up from 0 to 20/s in 20 min (12,000), there for 20 min (24,000), down to 0 in 20 min (12,000)."""
    hour = [(1200.0, 0.0, 20.0), (1200.0, 20.0, 20.0), (1200.0, 20.0, 0.0)]
    minutes = [0] * 60
    for offset in Timetable(hour).offsets_ns():
        minutes[offset // (60 * NS_PER_S)] += 1
    assert sum(minutes) == pytest.approx(48_000, abs=1)
    assert minutes[20:40] == pytest.approx([1200] * 20, abs=1)
    for minute, count in enumerate(minutes):  # no minute is off, neither up nor down the ramps
        assert count == pytest.approx(expected(hour, 60.0 * minute + 60) - expected(hour, 60.0 * minute), abs=1)


def test_an_endless_stage_never_ends():
    timetable = Timetable([(inf, 1000.0, 1000.0)])
    assert list(islice(timetable.offsets_ns(), 3)) == [0, 1_000_000, 2_000_000]


@settings(max_examples=40, deadline=None)
@given(stages)
def test_arrivals_are_in_order_within_the_stages_and_as_many_as_expected(stages):
    offsets = list(Timetable(stages).offsets_ns())
    total_s = sum(duration_s for duration_s, _, _ in stages)
    assert all(before <= after for before, after in pairwise(offsets))
    assert all(0 <= offset <= total_s * NS_PER_S + 1 for offset in offsets)
    # n arrivals, the first at zero: n - 1 < the integral <= n, but for rounding.
    assert len(offsets) - 1 - 1e-6 <= expected(stages, total_s) <= len(offsets) + 1e-6


@settings(max_examples=40, deadline=None)
@given(stages, st.integers(0, 400))
def test_the_integral_at_an_arrival_is_its_number(stages, skipped):
    for number, offset in islice(enumerate(Timetable(stages).offsets_ns()), skipped, skipped + 3):
        assert expected(stages, offset / NS_PER_S) == pytest.approx(number, abs=1e-4)


@pytest.mark.parametrize("seed", [None, 7])
@settings(max_examples=15, deadline=None)
@given(stages=stages, workers=st.integers(1, 5))
def test_the_workers_arrivals_together_are_all_of_them(seed, stages, workers):
    timetable = Timetable(stages, poisson_seed=seed)
    together = sorted(offset for worker in range(workers) for offset in timetable.offsets_ns(worker, workers))
    assert together == list(timetable.offsets_ns())


def test_poisson_arrivals_repeat_with_their_seed_alone():
    stage = (10.0, 100.0, 100.0)
    assert offsets_s(stage, poisson_seed=3) == offsets_s(stage, poisson_seed=3)
    assert offsets_s(stage, poisson_seed=3) != offsets_s(stage, poisson_seed=4)


def test_poisson_counts_have_their_mean_for_a_variance():
    """400 seeds of 50 arrivals: four standard errors are 4 sqrt(50 / 400) of the mean, 4 x 50 sqrt(2 / 399) of it."""
    found = [len(offsets_s((1.0, 50.0, 50.0), poisson_seed=seed)) for seed in range(400)]
    assert fmean(found) == pytest.approx(50, abs=1.42)
    assert variance(found) == pytest.approx(50, abs=14.2)


def test_poisson_counts_of_parts_that_do_not_overlap_are_independent():
    """The two halves of a run vary together no more than chance allows: 4 x 25 / sqrt(400) around zero."""
    halves = []
    for seed in range(400):
        due_s = offsets_s((1.0, 50.0, 50.0), poisson_seed=seed)
        halves.append((sum(due < 0.5 for due in due_s), sum(due >= 0.5 for due in due_s)))
    assert fmean((first - 25) * (second - 25) for first, second in halves) == pytest.approx(0, abs=5)


def test_poisson_gaps_are_exponential_around_the_rate():
    """100 s at 100/s: 10,000 arrivals, give or take a few times their root; gaps as long as their mean by 1/e."""
    due_s = offsets_s((100.0, 100.0, 100.0), poisson_seed=1)
    assert 9_700 < len(due_s) < 10_300
    gaps = [after - before for before, after in pairwise(due_s)]
    longer = sum(gap > 0.01 for gap in gaps) / len(gaps)
    assert longer == pytest.approx(0.368, abs=0.02)


def test_poisson_arrivals_follow_a_ramp():
    """From 0 to 200/s in 10 s: a quarter of the thousand comes in the first half."""
    due_s = offsets_s((10.0, 0.0, 200.0), poisson_seed=2)
    assert len(due_s) == pytest.approx(1000, abs=100)
    assert sum(due < 5 for due in due_s) / len(due_s) == pytest.approx(0.25, abs=0.05)


def test_a_change_of_speed_holds_from_the_next_arrival_on():
    speeds = iter([1, 1, 1, 2, 2, 0.5, 0.5])  # asked at the beginning, and before each arrival
    arrivals = SteeredArrivals(iter(range(0, 100, 10)), lambda: round(next(speeds) * SPEED_ONE))
    arrivals.begin(1000, 1060)
    assert [arrivals.next_due_ns(0, 0) for _ in range(7)] == [1000, 1010, 1015, 1020, 1040, NEVER_NS, NEVER_NS]
