from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.pacing.closed import ThinkTime, next_backoff_ns, opening_offset_ns, ramp_offset_ns


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
