import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.measure.histogram import Histogram, rank_of
from loadgen.measure.recording import Tally
from loadgen.results.encoded import decode_histogram
from loadgen.results.requests import QUANTILES, Latency
from loadgen.results.summary import clocks_of, encoded, latencies, summarise, to_ms

INFINITY_US = 3_500_000_000


def ms(*values):
    """Histogram of whole milliseconds below 2 ms apart: every one a bucket of its own."""
    counts = Histogram()
    for value in values:
        counts.add(value)
    return counts


def test_nothing_measured_has_no_figures():
    assert summarise(Histogram()) == Latency()
    assert summarise(Histogram(), Histogram()) == Latency()


def test_figures_are_milliseconds_to_the_microsecond():
    latency = summarise(ms(1000, 1500, 2000))
    assert (latency.count, latency.censored) == (3, 0)
    assert (latency.min, latency.mean, latency.p50, latency.max) == (1.0, 1.5, 1.5, 2.0)


@pytest.mark.parametrize(
    ("measured", "censored", "quantile", "expected"),
    [
        # Ten measured values 1..10 us: the 5th is 5 us.
        (range(1, 11), [], "p50", 0.005),
        # One bound of 20 us on top of ten values: rank ceil(0.5 * 11) = 6 is 6 us, wherever the bound ends up.
        (range(1, 11), [20], "p50", 0.006),
        # A bound of 0 us: rank 6 holds 5 us now, but 6 us if it moves to infinity. Not exact: 5 or 6 us.
        (range(1, 11), [0], "p50", {"at_least": 0.005, "at_most": 0.006}),
        # Equal values hide the difference: with 7 us everywhere the rank is 7 us both ways.
        ([7] * 10, [0], "p50", 0.007),
        # The bound itself holds the rank: ceil(0.99 * 11) = 11 is the bound, and may be anything above it.
        (range(1, 11), [20], "p99", {"at_least": 0.02}),
        # The bound lies below, but at infinity it would take the last rank from 10 us.
        (range(1, 11), [3], "max", {"at_least": 0.01}),
        # Nothing but bounds: nothing is exact.
        ([], [4, 5, 6], "p50", {"at_least": 0.005}),
        # 99 values and one bound: rank 99 of 100 is the highest measured value.
        ([5] * 99, [900], "p99", 0.005),
        # 98 values and two bounds: rank 99 of 100 is a bound.
        ([5] * 98, [900, 901], "p99", {"at_least": 0.9}),
    ],
)
def test_a_quantile_is_exact_only_if_censored_values_cannot_change_it(measured, censored, quantile, expected):
    assert getattr(summarise(ms(*measured), ms(*censored)), quantile) == expected


@given(st.lists(st.integers(0, 40), max_size=20), st.lists(st.integers(0, 40), min_size=1, max_size=10))
def test_moving_all_bounds_to_infinity_changes_no_exact_quantile(measured, bounds):
    here = summarise(ms(*measured), ms(*bounds))
    moved = [*measured, *[INFINITY_US] * len(bounds)]
    for name, quantile in QUANTILES.items():
        found = getattr(here, name)
        rank = rank_of(quantile, len(moved))
        both = sorted([*measured, *bounds])[rank - 1], sorted(moved)[rank - 1]
        if both[0] == both[1]:
            assert found == to_ms(both[0])
        elif both[1] == INFINITY_US:
            assert found == {"at_least": to_ms(both[0])}
        else:
            assert found == {"at_least": to_ms(both[0]), "at_most": to_ms(both[1])}


def test_the_highest_value_is_never_sure_beside_a_censored_one():
    latency = summarise(ms(5), ms(1))
    assert latency.max == {"at_least": 0.005}
    assert (latency.count, latency.censored) == (1, 1)
    assert (latency.min, latency.mean) == (0.005, 0.005)


def test_only_censored_values_have_neither_minimum_nor_mean():
    latency = summarise(Histogram(), ms(7))
    assert (latency.min, latency.mean, latency.count, latency.censored) == (None, None, 0, 1)


def test_a_closed_loop_has_the_service_time_as_response_and_no_send_lag():
    tally = Tally(clocks={"service": ms(1, 2, 2), "service_censored": ms(9)})
    clocks = clocks_of(tally)
    assert clocks["response"] == ms(1, 2, 2)
    assert clocks["response_censored"] == ms(9)
    assert clocks["send_lag"] == Histogram([(0, 3)])
    assert set(tally.clocks) == {"service", "service_censored"}


def test_a_paced_loop_keeps_the_clocks_it_measured():
    tally = Tally(clocks={"service": ms(1), "response": ms(5), "send_lag": ms(4)})
    assert clocks_of(tally) == {"service": ms(1), "response": ms(5), "send_lag": ms(4)}


def test_every_clock_has_figures_with_the_bounds_beside_it():
    found = latencies(clocks_of(Tally(clocks={"service": ms(1), "service_censored": ms(9), "failed": ms(3)})))
    assert list(found) == ["response", "service", "send_lag", "failed"]
    assert found["response"] == found["service"]
    assert found["service"].censored == 1
    assert (found["failed"].count, found["failed"].p50) == (1, 0.003)
    assert latencies({})["response"] == Latency()


def test_clocks_without_values_are_not_written_out():
    assert list(encoded({"service": ms(2), "failed": Histogram()})) == ["service"]
    assert decode_histogram(encoded({"service": ms(2)})["service"]) == ms(2)
