from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.measure.metric_sums import MetricSums, MetricValues, rounded

floats = st.floats(-1e300, 1e300)
lists = st.lists(floats, min_size=1, max_size=20)


@given(floats)
def test_a_rounded_value_is_within_a_twentieth_of_a_percent(value):
    assert abs(rounded(value) - value) <= abs(value) / 2048


@given(st.integers(-2048, 2048))
def test_whole_numbers_up_to_2048_stay_exact(value):
    assert rounded(value) == value


@given(lists, lists)
def test_sums_of_two_workers_are_the_sums_of_all(one, other):
    merged, other_sums = MetricSums(unit="EUR"), MetricSums(unit="EUR")
    merged.add(one)
    other_sums.add(other)
    merged.merge(other_sums)
    both = [*one, *other]
    assert (merged.count, merged.min, merged.max) == (len(both), min(both), max(both))
    assert merged.sum == sum(one) + sum(other)
    assert sum(merged.values.values()) == len(both)


def test_sums_of_nothing_change_nothing():
    sums = MetricSums("count", "items", 1, 5.0, 5.0, 5.0)
    sums.merge(MetricSums())
    assert sums == MetricSums("count", "items", 1, 5.0, 5.0, 5.0)


@pytest.mark.parametrize("form", ["count", "share"])
def test_only_a_trend_keeps_how_often_each_value_came(form):
    sums = MetricSums(form)
    sums.add([1.0, 0.0])
    assert (sums.count, sums.sum, sums.values) == (2, 1.0, {})


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(ValueError, match="finite"):
        MetricValues(0, "trend", "").add(value)


def test_true_is_one():
    values = MetricValues(0, "share", "")
    values.add(True)
    assert values.values == [1.0]
