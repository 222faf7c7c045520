"""Thresholds with `abort`: certain losses at once, others by a sequential test with a known share of false alarms."""

from random import Random

import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.judge.foresight import ALPHA, FEWEST_LOOKS, Foresight, is_beyond_doubt
from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import ErrorCount, Tally
from loadgen.plan.condition import parse_condition


def foresight(text, planned=None):
    return Foresight(parse_condition(f"{text} abort", use="threshold"), planned)


def tally(ok=0, failed=0, unknown=0, own=0, **clocks):
    errors = {ErrorClass.NO_PORTS: ErrorCount(own)} if own else {}
    return Tally(ok, failed, unknown, errors=errors, clocks=clocks)


def times(*pairs):
    """Histogram of (milliseconds, times)."""
    counts = Histogram()
    for value_ms, count in pairs:
        counts.add(value_ms * 1000, count)
    return counts


@pytest.mark.parametrize(
    ("text", "good", "lost", "said"),
    [
        ("failed < 10", tally(failed=9), tally(failed=10), "10 already"),
        ("failed <= 10", tally(failed=10), tally(failed=11), "11 already"),
        ("failed == 0", tally(), tally(failed=1), "1 already"),
        ("failed < 10", tally(failed=14, own=5), tally(failed=15, own=5), "10 already"),
        ("ok < 100", tally(ok=99), tally(ok=100), "100 already"),
        ("unknown < 1", tally(), tally(unknown=1), "1 already"),
        ("sent <= 2", tally(ok=1, failed=1), tally(ok=1, failed=1, unknown=1), "3 already"),
        ("max < 1s", tally(service=times((900, 5))), tally(service=times((900, 5), (1200, 1))), "1.20 s already"),
        ("min >= 2ms", tally(service=times((2, 5))), tally(service=times((2, 5), (1, 1))), "1.00 ms already"),
        ("error_rate <= 0%", tally(ok=999), tally(ok=999, failed=1), "1 of 1,000 requests failed: 0.10%, where 0% may"),
    ],
)
def test_what_can_only_get_worse_is_lost_at_once(text, good, lost, said):
    assert foresight(text).look(good) is None
    assert foresight(text).look(lost) == said


def test_replies_that_never_came_are_slower_than_what_they_waited():
    threshold = foresight("max < 1s")
    assert threshold.look(tally(service=times((5, 9)), service_censored=times((900, 1)))) is None
    assert threshold.look(tally(service=times((5, 9)), service_censored=times((1100, 1)))) == "1.10 s already"
    assert foresight("min > 10ms").look(tally(service=times((20, 9)), service_censored=times((5, 1)))) is None


def test_what_a_planned_number_of_requests_may_hold_can_be_used_up():
    """Of 1,000 requests 10 may be slower than the p99; the eleventh loses it."""
    slow_10, slow_11 = (tally(service=times((5, 100), (300, slow))) for slow in (10, 11))
    assert foresight("p99 < 250ms", planned=1000).look(slow_10) is None
    said = foresight("p99 < 250ms", planned=1000).look(slow_11)
    assert said == "11 of 111 replies took 250 ms or more: 9.91%, where 1% may"
    assert foresight("p99 < 250ms").look(slow_11) is None, "without a planned number more may come"


@pytest.mark.parametrize(
    ("text", "make", "said"),
    [
        (
            "p99 < 250ms",
            lambda n: tally(service=times((5, 95 * n), (300, 5 * n))),
            "replies took 250 ms or more: 5.00%",
        ),
        ("p99 <= 250ms", lambda n: tally(service=times((5, 95 * n), (300, 5 * n))), "replies took more than 250 ms"),
        (
            "p50 > 10ms",
            lambda n: tally(service=times((5, 70 * n), (30, 30 * n))),
            "replies took 10.0 ms or less: 70.00%",
        ),
        ("p50 >= 10ms", lambda n: tally(service=times((5, 70 * n), (30, 30 * n))), "replies took less than 10.0 ms"),
        ("service.p90 < 9ms", lambda n: tally(service=times((5, 50 * n), (9, 50 * n))), "replies took 9.00 ms or more"),
        ("error_rate < 1%", lambda n: tally(ok=90 * n, failed=10 * n), "requests failed: 10.00%, where 1% may"),
        ("ok_rate > 99%", lambda n: tally(ok=90 * n, failed=10 * n), "requests failed: 10.00%, where 1% may"),
    ],
)
def test_a_share_is_lost_when_enough_looks_agree(text, make, said):
    threshold = foresight(text)
    found = [threshold.look(make(n)) for n in range(1, 30)]
    first = next(index for index, text in enumerate(found) if text)
    assert first >= FEWEST_LOOKS - 1
    assert said in found[first]


def test_the_first_moments_of_a_run_trip_nothing():
    """All replies of the first looks are slow, but a look without new replies is none."""
    threshold = foresight("p99 < 250ms")
    for look in range(1, FEWEST_LOOKS):
        assert threshold.look(tally(service=times((300, 1000 * look)))) is None
        assert threshold.look(tally(service=times((300, 1000 * look)))) is None
    assert threshold.look(tally(service=times((300, 6000)))) is not None


def test_failures_of_the_generator_do_not_count():
    threshold = foresight("error_rate < 1%")
    assert all(threshold.look(tally(ok=90 * n, failed=10 * n, own=10 * n)) is None for n in range(1, 30))


def test_a_least_count_is_waited_for():
    threshold = foresight("error_rate < 1% min 1000")
    found = [threshold.look(tally(ok=50 * n, failed=50 * n)) for n in range(1, 12)]
    assert [text is not None for text in found] == [False] * 9 + [True] * 2


def looks(random, share, spread, count=60, each=300):
    """`count` looks, in each of which every request is bad with a chance that itself scatters around `share`."""
    found = []
    for _ in range(count):
        here = share
        if spread:
            here = random.betavariate(share * (1 / spread - 1), (1 - share) * (1 / spread - 1))
        mean, deviation = each * here, (each * here * (1 - here)) ** 0.5
        found.append((min(each, max(0, round(random.gauss(mean, deviation)))), each))
    return found


def stopped_at(found, allowed):
    """The look at which the test ends a run, 0 if it never does."""
    return next((n for n in range(1, len(found) + 1) if is_beyond_doubt(found[:n], allowed, ALPHA)), 0)


@pytest.mark.slow  # 1,000 runs of 60 looks
@pytest.mark.parametrize("spread", [0.0, 0.02, 0.1])
def test_a_run_on_the_very_edge_is_hardly_ever_stopped(spread):
    """The promise is one in a thousand for independent requests; that they share their fate may cost a little."""
    random = Random(7)
    alarms = sum(stopped_at(looks(random, 0.05, spread), 0.05) > 0 for _ in range(334))
    assert alarms <= 3


@pytest.mark.parametrize(("share", "spread", "by"), [(0.15, 0.0, 6), (0.15, 0.005, 10), (0.3, 0.02, 15)])
def test_a_run_far_beyond_is_stopped_soon(share, spread, by):
    random = Random(3)
    ends = [stopped_at(looks(random, share, spread), 0.05) for _ in range(40)]
    assert all(ends)
    assert sum(ends) / len(ends) <= by


def test_nothing_is_beyond_doubt_that_may_be_anything():
    assert not is_beyond_doubt([(300, 300)] * 20, 1.0, ALPHA)
    assert not is_beyond_doubt([], 0.1, ALPHA)
