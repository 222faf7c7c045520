import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loadgen.base.errors import UsageError
from loadgen.measure.histogram import HIGHEST_US, Histogram
from loadgen.results.encoded import decode_clocks, decode_histogram


def counts_of(*values_us):
    counts = Histogram()
    for value_us in values_us:
        counts.add(value_us)
    return counts


@settings(max_examples=5, deadline=None)  # writing one walks over 23,000 buckets in Python
@given(st.lists(st.integers(0, HIGHEST_US), max_size=20))
@example([0])
@example([1, 1, 2047, 2048, 2049, 131_072])
@example([5_000_001, HIGHEST_US, 10**9])
def test_what_we_encode_is_read_back_without_loss(values_us):
    counts = counts_of(*values_us)
    assert decode_histogram(counts.encode()) == counts


@pytest.mark.parametrize(("unit_ns", "value", "value_us"), [(1, 1_999, 1), (1000, 7, 7), (1_000_000, 5, 5000)])
def test_values_of_every_unit_become_whole_microseconds(unit_ns, value, value_us):
    histogram = HdrHistogram(1, 10**12, 3)
    histogram.record_value(value, 3)
    assert decode_histogram(histogram.encode().decode(), unit_ns) == Histogram([(value_us, 3)])


def test_a_histogram_of_other_digits_and_lowest_value_keeps_the_values_it_reports():
    histogram = HdrHistogram(1000, 3600 * 10**9, 2)
    histogram.record_value(123_456_789)
    reported_us = histogram.get_max_value() // 1000
    assert decode_histogram(histogram.encode().decode(), 1) == counts_of(reported_us)


def test_values_above_an_hour_are_clamped_and_counted():
    histogram = HdrHistogram(1, 10**12, 3)
    histogram.record_value(10**11, 4)
    counts = decode_histogram(histogram.encode().decode())
    assert (counts.total, counts.overflow) == (4, 4)


@pytest.mark.parametrize(
    "text", ["", "HISTF", "not base64!", "HISTFAAAABx4nJNpmSzM", "HISTFAAAAC", "ü" * 40, Histogram().encode()[:-8]]
)
def test_what_is_damaged_says_so(text):
    with pytest.raises(ValueError, match=r"^not an HdrHistogram V2"):
        decode_histogram(text)
    with pytest.raises(UsageError, match=r"^damaged result: histogram 'response' is not an HdrHistogram V2"):
        decode_clocks({"response": text})
