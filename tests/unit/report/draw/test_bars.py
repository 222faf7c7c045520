import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.report.draw.bars import MOST_BUCKETS, Bucket, bar, buckets, sparkline

VALUES = st.dictionaries(st.floats(0.001, 3.6e6), st.integers(1, 10**6), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("part", "drawn"), [(0, ""), (1, "▏"), (500, "█████"), (550, "█████▌"), (1000, "██████████"), (9000, "██████████")]
)
def test_bar_is_in_proportion_and_never_longer_than_its_room(part: float, drawn: str) -> None:
    assert bar(part, 1000, 10) == drawn


def test_sparkline_starts_at_zero_and_shows_where_nothing_was_done() -> None:
    assert sparkline([0, 1, 50, 100], 10) == "·▁▄█"
    assert sparkline([0, 0], 10) == "··"
    assert sparkline([], 10) == ""


def test_sparkline_averages_neighbours_where_there_is_no_room() -> None:
    assert sparkline([100] * 50 + [50] * 50, 10) == "█████▄▄▄▄▄"
    assert len(sparkline([1] * 101, 10)) <= 10


def test_even_latencies_get_even_buckets() -> None:
    found = buckets([(float(value), 1) for value in range(1, 101)])
    assert found == [Bucket(10.0 * index, 10.0 * (index + 1), 10) for index in range(10)]


def test_latencies_over_decades_get_logarithmic_buckets() -> None:
    found = buckets([(10.0**power, 10) for power in range(-2, 4)])
    ratios = [bucket.high / bucket.low for bucket in found]
    assert max(ratios) < 4
    assert found[-1].high == 1000.0


def test_a_far_tail_gets_one_open_bucket_and_leaves_the_rest_visible() -> None:
    found = buckets([*((5.0 + index / 10, 100) for index in range(20)), (900.0, 3)])
    assert math.isinf(found[-1].high)
    assert found[-1].count == 3
    assert sum(bucket.count > 0 for bucket in found) >= 8


def test_one_value_gets_one_bucket_that_holds_it() -> None:
    (only,) = buckets([(7.0, 3)])
    assert only.low < 7.0 <= only.high
    assert only.count == 3


@pytest.mark.slow  # fifty sets of values are drawn
@settings(max_examples=50, deadline=None, derandomize=True)
@given(VALUES)
def test_every_value_is_in_the_bucket_that_names_it(counts: dict[float, int]) -> None:
    values = sorted(counts.items())
    found = buckets(values)
    assert len(found) <= MOST_BUCKETS + 1
    assert sum(bucket.count for bucket in found) == sum(counts.values())
    for bucket in found:
        assert bucket.count == sum(count for value, count in values if bucket.low < value <= bucket.high)
    assert all(low.high == high.low for low, high in pairwise(found))
