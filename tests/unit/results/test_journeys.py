import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.measure.histogram import rank_of
from loadgen.measure.metric_sums import MetricSums, rounded
from loadgen.results.journeys import CheckResult, Journeys, MetricResult, merged_checks, merged_metrics, metric_result


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_the_figures_of_a_trend_are_those_of_its_values(values):
    sums = MetricSums(unit="EUR")
    sums.add(values)
    figures = metric_result(sums)
    ordered = sorted(map(rounded, values))
    assert (figures.count, figures.min, figures.max) == (len(values), min(values), max(values))
    assert figures.mean == sum(values) / len(values)
    assert figures.p90 == ordered[rank_of(0.9, len(values)) - 1]


def test_figures_are_sums_again_without_loss():
    sums = MetricSums(unit="EUR")
    sums.add([-0.5, 0.0, 7.25, 7.25])
    assert metric_result(sums).sums == sums
    assert merged_metrics([{"a": metric_result(sums)}]) == {"a": metric_result(sums)}


@pytest.mark.parametrize("form", ["count", "share"])
def test_what_is_no_trend_has_no_percentiles(form):
    sums = MetricSums(form)
    sums.add([1.0, 0.0])
    figures = metric_result(sums)
    assert (figures.kind, figures.sum, figures.mean, figures.p50, figures.values) == (form, 1.0, 0.5, None, [])


def test_a_metric_without_a_value_has_no_figures():
    assert metric_result(MetricSums("trend", "EUR")) == MetricResult("trend", "EUR")


def test_checks_of_several_runs_add_up():
    assert merged_checks([{"a": CheckResult(1, 2)}, {"a": CheckResult(3, 4)}], [0, 0]) == {"a": CheckResult(4, 6)}


@pytest.mark.parametrize(
    ("ledger", "balanced"),
    [(Journeys(5, 4, 1, 2, 1, 1), True), (Journeys(5, 4, 0, 2, 1, 1), False), (Journeys(4, 4, 0, 2, 1, 0), False)],
)
def test_a_ledger_balances_where_both_sums_hold(ledger, balanced):
    assert ledger.balanced is balanced
