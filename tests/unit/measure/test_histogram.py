from math import ceil

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.measure.histogram import DIGITS, HIGHEST_US, Histogram, Packed, bucket_of, rank_of, top_of

TABLE_END_US = 131_072
HDR = HdrHistogram(1, HIGHEST_US, DIGITS)
# Small values, the whole hour, and both sides of every power of two, where the resolution changes.
values_us = (
    st.integers(0, 5000)
    | st.integers(0, HIGHEST_US)
    | st.builds(lambda power, by: max(0, (1 << power) + by), st.integers(10, 31), st.integers(-3, 3))
)
samples_ns = st.lists(st.integers(0, 200_000_000) | st.integers(0, 4_000_000_000_000), max_size=40)
some_counts = st.lists(values_us, max_size=30).map(lambda values: counts_of(*values))


def counts_of(*values_us):
    counts = Histogram()
    for value in values_us:
        counts.add(value)
    return counts


@given(values_us)
def test_a_bucket_is_what_hdrhistogram_does_not_tell_apart(value):
    assert bucket_of(value) == HDR.get_lowest_equivalent_value(value)
    assert top_of(bucket_of(value)) == HDR.get_highest_equivalent_value(value)


@given(values_us)
def test_every_value_of_a_bucket_has_the_same_bucket_within_a_thousandth(value):
    bucket, top = bucket_of(value), top_of(bucket_of(value))
    assert bucket <= value <= top
    assert bucket_of(bucket) == bucket_of(top) == bucket
    assert bucket_of(top + 1) == top + 1
    assert (top - bucket) * 1000 <= bucket


@given(samples_ns)
def test_adding_a_list_of_nanoseconds_equals_adding_one_by_one(samples):
    together = Histogram()
    together.add_ns(samples)
    assert together == counts_of(*[sample // 1000 for sample in samples])


@pytest.mark.parametrize(
    "samples_us",
    [
        [],
        [0],
        [2047, 2048, 4095, 4096],
        [TABLE_END_US - 1],
        [TABLE_END_US],
        [TABLE_END_US, TABLE_END_US - 1, TABLE_END_US + 1],
        [1, TABLE_END_US, TABLE_END_US, 2, HIGHEST_US, 3],
        [HIGHEST_US, HIGHEST_US + 1, 10 * HIGHEST_US],
    ],
)
def test_samples_at_the_edges_of_the_fast_path_are_counted_once(samples_us):
    together = Histogram()
    together.add_ns([value * 1000 + 999 for value in samples_us])
    assert together == counts_of(*samples_us)
    assert together.total == len(samples_us)


def test_nanoseconds_are_rounded_down_to_microseconds():
    counts = Histogram()
    counts.add_ns([0, 999, 1000, 1999])
    assert counts.buckets == {0: 2, 1: 2}


@pytest.mark.parametrize(
    ("quantile", "count", "rank"),
    [
        (0.5, 1, 1),
        (0.5, 2, 1),
        (0.5, 3, 2),
        (0.99, 99, 99),  # 98.01 values are not enough at rank 98
        (0.99, 100, 99),  # exactly 99 %, although 0.99 * 100 is 99.00000000000001 with some factors
        (0.99, 101, 100),
        (0.999, 1000, 999),
        (0.9999, 10_000, 9999),
        (0.07, 100, 7),  # 0.07 * 100 is 7.000000000000001 in floats
        (1.0, 17, 17),
        (0.0001, 5, 1),
    ],
)
def test_nearest_rank_is_the_smallest_that_has_the_share_below_it(quantile, count, rank):
    assert rank_of(quantile, count) == rank


@given(st.lists(values_us, min_size=1, max_size=60), st.lists(st.integers(1, 10_000), min_size=1, max_size=8))
def test_quantiles_are_those_of_a_sorted_list(values, parts):
    quantiles = [part / 10_000 for part in parts]
    ordered = sorted(values)
    expected = [top_of(bucket_of(ordered[ceil(part * len(values) / 10_000) - 1])) for part in parts]
    assert counts_of(*values).quantiles_us(quantiles) == expected


def test_every_usual_quantile_of_one_value_is_that_value():
    assert counts_of(1234).quantiles_us([0.5, 0.75, 0.99, 0.9999, 1.0]) == [1234] * 5


@given(st.lists(values_us, min_size=1, max_size=30))
def test_a_rank_finds_the_value_of_a_sorted_list(values):
    counts = counts_of(*values)
    found = counts.values_at_ranks(range(1, len(values) + 1))
    assert found == [top_of(bucket_of(value)) for value in sorted(values)]


@pytest.mark.parametrize("rank", [4, 100])
def test_a_rank_beyond_the_last_value_is_refused(rank):
    with pytest.raises(ValueError, match=f"there are 3 values, no rank {rank}"):
        counts_of(1, 2, 3).values_at_ranks([1, rank])


@settings(max_examples=20, deadline=None)
@given(some_counts)
def test_the_histogram_holds_the_same_values(counts):
    histogram = counts.hdr()
    assert histogram.get_total_count() == counts.total
    for bucket, times in counts.buckets.items():
        assert histogram.get_count_at_value(top_of(bucket)) == times


@settings(max_examples=40)
@given(some_counts, some_counts, some_counts)
def test_merging_is_adding_in_any_order(one, two, three):
    left, right = Histogram(), Histogram()
    for part in (one, two, three):
        left.merge(part)
    for part in (three, one, two):
        right.merge(part)
    assert left == right
    assert left.total == one.total + two.total + three.total
    assert left.buckets == one.buckets + two.buckets + three.buckets


def test_merging_leaves_the_other_as_it_was():
    one, other = counts_of(1), counts_of(1, 2)
    one.merge(other)
    assert (one.buckets, other.buckets) == ({1: 2, 2: 1}, {1: 1, 2: 1})


def test_values_out_of_range_are_clamped_and_counted():
    counts = counts_of(-1, 0, HIGHEST_US, HIGHEST_US + 1)
    counts.add(2 * HIGHEST_US, 5)
    assert counts.overflow == 1 + 1 + 5
    assert counts.buckets == {0: 2, bucket_of(HIGHEST_US): 7}
    other = Histogram()
    other.merge(counts)
    assert other.overflow == 7


def test_the_mean_is_that_of_the_middles_of_the_buckets():
    # 1 and 3 are their own buckets; 5000 lies in the bucket 5000..5003, whose middle is 5001.5.
    assert counts_of(1, 3).mean_us() == 2.0
    assert counts_of(5000).mean_us() == 5001.5
    assert Histogram([(5000, 2), (1, 1)]).mean_us() == (2 * 5001.5 + 1) / 3


@given(some_counts)
def test_counts_at_rest_lose_nothing(counts):
    counts.add(2 * HIGHEST_US, 3)
    assert Packed(counts).histogram() == counts
