import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.executors.places.machines.clock import KEPT, RemoteClock

AHEAD_NS = 1_000 * NS_PER_S


@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(0, 10**8)), min_size=1, max_size=2 * KEPT))
def test_the_offset_is_never_farther_off_than_its_bound(ways):
    clock, now = RemoteClock(), 0
    for there, back in ways:
        clock.add(now, now + there + AHEAD_NS, now + there + back)
        now += 250 * NS_PER_MS
    assert abs(clock.ahead_ns - AHEAD_NS) <= clock.bound_ns + 1
    assert clock.here(clock.there(now)) == now


def test_the_quickest_exchange_counts():
    clock = RemoteClock()
    clock.add(0, AHEAD_NS + 90, 100)
    clock.add(1000, AHEAD_NS + 1001, 1002)
    assert (clock.ahead_ns, clock.bound_ns) == (AHEAD_NS, 1)
    assert clock.slowest_ns == 100


def drifting(ppm, seconds):
    clock = RemoteClock()
    for tick in range(4 * seconds):
        at = tick * NS_PER_S // 4
        clock.add(at, AHEAD_NS + at + round(at * ppm / 1e6), at + 2)
    return clock


def test_a_clock_that_is_faster_is_seen_and_the_offset_is_of_the_last_seconds():
    clock = drifting(50, 60)
    assert clock.drift_ppm == pytest.approx(50, rel=0.1)
    assert clock.ahead_ns - AHEAD_NS > 49 * 50_000


def test_nothing_is_said_of_a_drift_that_cannot_be_told():
    assert drifting(0, 60).drift_ppm is None
    assert RemoteClock().drift_ppm is None
    assert RemoteClock().slowest_ns == 0
