from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.clock import NEVER_NS, NS_PER_MS, NS_PER_S
from loadgen.pacing.closed import ClosedLoop, ramp_span_ns, stage_spans_ns

BEGAN = 10**15


def thinking(range_s, seed=1, **options):
    return ClosedLoop(range_s, seed, lambda user: [(user, NEVER_NS)], **options)


def pauses_ns(range_s, seed=1, count=10):
    pacer = thinking(range_s, seed)
    return [pacer.next_due_ns(0, BEGAN) - BEGAN for _ in range(count)]


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers())
def test_a_think_time_lies_within_its_range(low_ms, span_ms, seed):
    low_s, high_s = low_ms / 1000, (low_ms + span_ms) / 1000
    for pause_ns in pauses_ns((low_s, high_s), seed, 20):
        assert low_ms * NS_PER_MS <= pause_ns <= (low_ms + span_ms) * NS_PER_MS


def test_both_ends_of_the_range_come_up():
    assert set(pauses_ns((1e-9, 3e-9), count=100)) == {1, 2, 3}


def test_the_same_seed_thinks_the_same():
    assert pauses_ns((0.1, 0.9), seed=7) == pauses_ns((0.1, 0.9), seed=7)
    assert pauses_ns((0.1, 0.9), seed=7) != pauses_ns((0.1, 0.9), seed=8)


def test_a_range_of_one_value_is_that_value():
    assert pauses_ns((0.0, 0.0), count=3) == [0, 0, 0]
    assert pauses_ns((0.25, 0.25), count=3) == [250 * NS_PER_MS] * 3


@pytest.mark.parametrize(
    ("range_s", "leaves", "eager"),
    [((0.0, 0.0), False, True), ((0.0, 0.0), True, False), ((0.0, 0.001), False, False), ((1.0, 1.0), False, False)],
)
def test_a_user_that_neither_thinks_nor_leaves_is_eager(range_s, leaves, eager):
    assert thinking(range_s, leaves=leaves).eager is eager


def test_spans_are_counted_from_the_gate():
    pacer = thinking((0.0, 0.0))
    pacer.begin(BEGAN, BEGAN + NS_PER_S)
    assert pacer.spans_ns(3) == [(BEGAN + 3, BEGAN + NEVER_NS)]


@pytest.mark.parametrize(
    ("rank", "users", "ramp_up_s", "offset_ns"),
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
def test_a_ramp_starts_users_evenly(rank, users, ramp_up_s, offset_ns):
    assert ramp_span_ns(rank, users, ramp_up_s) == (offset_ns, NEVER_NS)


@given(st.integers(1, 5000), st.floats(0, 3600))
def test_ramp_offsets_never_go_back_and_stay_within_the_ramp(users, ramp_up_s):
    offsets = [ramp_span_ns(rank, users, ramp_up_s)[0] for rank in range(0, users, max(1, users // 20))]
    assert all(before <= after for before, after in pairwise(offsets))
    assert offsets[-1] <= ramp_up_s * NS_PER_S


UP_AND_DOWN = ((4.0, 0, 4), (2.0, 4, 4), (4.0, 4, 0))


@pytest.mark.parametrize(
    ("rank", "stages", "spans_s"),
    [
        # 1 user a second more, up to 4; two seconds there; one a second less.
        (0, UP_AND_DOWN, [(0, 10)]),
        (1, UP_AND_DOWN, [(1, 9)]),
        (3, UP_AND_DOWN, [(3, 7)]),
        (4, UP_AND_DOWN, []),
        # A jump, a pause, and another span.
        (0, ((1.0, 1, 1), (1.0, 0, 0), (1.0, 1, 1)), [(0, 1), (2, 3)]),
        (5, ((2.0, 10, 0), (2.0, 0, 10)), [(0, 1), (3, 4)]),
        # Half way between 3 and 5 there are more than 3 users from the beginning on, more than 4 later.
        (3, ((2.0, 3, 5),), [(0, 2)]),
        (4, ((2.0, 3, 5),), [(1, 2)]),
    ],
)
def test_a_user_takes_part_while_more_than_its_rank_are_to(rank, stages, spans_s):
    assert stage_spans_ns(rank, stages) == [(begin * NS_PER_S, end * NS_PER_S) for begin, end in spans_s]


stages_of_users = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=5)


@given(stages_of_users, st.floats(0, 1))
def test_at_every_instant_as_many_take_part_as_the_stages_say(stages, where):
    at_s = where * sum(duration for duration, _, _ in stages)
    start_s = 0.0
    for duration_s, low, high in stages:
        if start_s <= at_s < start_s + duration_s:
            expected = low + (high - low) * (at_s - start_s) / duration_s
            active = sum(
                begin <= at_s * NS_PER_S < end for rank in range(20) for begin, end in stage_spans_ns(rank, stages)
            )
            assert abs(active - expected) <= 1
        start_s += duration_s
