from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.pacing.closed import ThinkTime, active_spans_ns, next_backoff_ns, opening_offset_ns, ramp_offset_ns


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers())
def test_a_think_time_lies_within_its_range(low_ms, span_ms, seed):
    low_s, high_s = low_ms / 1000, (low_ms + span_ms) / 1000
    think = ThinkTime((low_s, high_s), seed)
    for _ in range(20):
        assert low_ms * NS_PER_MS <= think.next_ns() <= (low_ms + span_ms) * NS_PER_MS


def test_both_ends_of_the_range_come_up():
    think = ThinkTime((1e-9, 3e-9), seed=1)
    assert {think.next_ns() for _ in range(100)} == {1, 2, 3}


def test_the_same_seed_thinks_the_same():
    one, two, other = (ThinkTime((0.1, 0.9), seed) for seed in (7, 7, 8))
    first = [one.next_ns() for _ in range(10)]
    assert first == [two.next_ns() for _ in range(10)]
    assert first != [other.next_ns() for _ in range(10)]


@pytest.mark.parametrize(
    ("range_s", "none", "pause_ns"),
    [
        ((0.0, 0.0), True, 0),
        ((0.25, 0.25), False, 250_000_000),
    ],
)
def test_a_range_of_one_value_is_that_value(range_s, none, pause_ns):
    think = ThinkTime(range_s, seed=1)
    assert think.none is none
    assert [think.next_ns() for _ in range(3)] == [pause_ns] * 3


def test_a_range_from_zero_is_a_pause():
    assert not ThinkTime((0.0, 0.001), seed=1).none


@pytest.mark.parametrize(
    ("user", "users", "ramp_up_s", "offset_ns"),
    [
        (0, 10, 5.0, 0),  # the first at once
        (1, 10, 5.0, 500_000_000),  # 5 s / 10 users
        (9, 10, 5.0, 4_500_000_000),  # the last one step before the end of the ramp
        (0, 1, 5.0, 0),
        (1, 3, 1.0, 333_333_333),  # rounded down
        (2, 3, 1.0, 666_666_666),
        (5, 10, 0.0, 0),  # no ramp
    ],
)
def test_a_ramp_starts_users_evenly(user, users, ramp_up_s, offset_ns):
    assert ramp_offset_ns(user, users, ramp_up_s) == offset_ns


@given(st.integers(1, 5000), st.floats(0, 3600))
def test_ramp_offsets_never_go_back_and_stay_within_the_ramp(users, ramp_up_s):
    offsets = [ramp_offset_ns(user, users, ramp_up_s) for user in range(0, users, max(1, users // 20))]
    assert all(before <= after for before, after in pairwise(offsets))
    assert offsets[-1] <= ramp_up_s * NS_PER_S


UP_AND_DOWN = ((4.0, 0, 4), (2.0, 4, 4), (4.0, 4, 0))


@pytest.mark.parametrize(
    ("place", "stages", "turns_s"),
    [
        # 1 user a second more, up to 4; two seconds there; one a second less.
        (0, UP_AND_DOWN, [(0, 10)]),
        (1, UP_AND_DOWN, [(1, 9)]),
        (3, UP_AND_DOWN, [(3, 7)]),
        (4, UP_AND_DOWN, []),
        # A jump, a pause, and another turn.
        (0, ((1.0, 1, 1), (1.0, 0, 0), (1.0, 1, 1)), [(0, 1), (2, 3)]),
        (5, ((2.0, 10, 0), (2.0, 0, 10)), [(0, 1), (3, 4)]),
        # Half way between 3 and 5 there are more than 3 users from the beginning on, more than 4 later.
        (3, ((2.0, 3, 5),), [(0, 2)]),
        (4, ((2.0, 3, 5),), [(1, 2)]),
    ],
)
def test_a_user_takes_part_while_more_than_its_place_are_to(place, stages, turns_s):
    assert active_spans_ns(place, stages) == [(begin * NS_PER_S, end * NS_PER_S) for begin, end in turns_s]


stages_of_users = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=5)


@given(stages_of_users, st.floats(0, 1))
def test_at_every_instant_as_many_take_part_as_the_stages_say(stages, where):
    at_s = where * sum(duration for duration, _, _ in stages)
    start_s = 0.0
    for duration_s, low, high in stages:
        if start_s <= at_s < start_s + duration_s:
            expected = low + (high - low) * (at_s - start_s) / duration_s
            active = sum(
                begin <= at_s * NS_PER_S < end for place in range(20) for begin, end in active_spans_ns(place, stages)
            )
            assert abs(active - expected) <= 1
        start_s += duration_s


@pytest.mark.parametrize(
    ("index", "workers", "offset_ns"),
    [
        (0, 1, 0),
        (1, 1, 200_000),  # 1 s / 5,000
        (5000, 1, NS_PER_S),
        (1, 4, 800_000),  # four workers keep to a quarter of the rate each
        (1250, 4, NS_PER_S),
    ],
)
def test_all_workers_together_open_five_thousand_connections_a_second(index, workers, offset_ns):
    assert opening_offset_ns(index, workers) == offset_ns


def test_backoff_doubles_from_ten_milliseconds_to_one_second():
    pauses_ms, pause_ns = [], 0
    for _ in range(10):
        pause_ns = next_backoff_ns(pause_ns)
        pauses_ms.append(pause_ns // NS_PER_MS)
    assert pauses_ms == [10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000]
