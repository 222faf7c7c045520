"""Encoded histograms (base64 HdrHistogram V2) of ours and of other programs, back to Histogram."""

from collections.abc import Mapping
from itertools import compress

from loadgen.base.errors import UsageError
from loadgen.measure.histogram import HIGHEST_US, Histogram


def decode_histogram(text: str, unit_ns: int = 1000) -> Histogram:
    """The Histogram of a histogram whose values are multiples of `unit_ns`, rounded down to microseconds.

    Raises ValueError where it is damaged or of another version. Reads the buckets themselves up to the highest in use,
    which costs a hundredth of the library's iterators.
    """
    from hdrh.histogram import HdrHistogram

    counts = Histogram()
    try:
        histogram = HdrHistogram.decode(text.encode("ascii"))
        used = histogram.counts[: histogram.get_counts_array_index(histogram.max_value) + 1]
        half = histogram.sub_bucket_half_count
        for index in compress(range(len(used)), used):
            octave = max(0, index // half - 1)
            bits = octave + histogram.unit_magnitude
            lowest = index - octave * half << bits
            highest_us = (lowest + (1 << bits) - 1) * unit_ns // 1000
            # the bucket of 1 h reaches beyond it, without a value there
            counts.add(min(highest_us, max(HIGHEST_US, lowest * unit_ns // 1000)), used[index])
    except Exception as error:  # a damaged one may raise anything here
        raise ValueError(f"not an HdrHistogram V2: {error}") from None
    return counts


def decode_clock(histograms: Mapping[str, str], name: str) -> Histogram:
    """One clock of a Result's `histograms`, empty where it is not there. Raises UsageError where it is damaged."""
    text = histograms.get(name)
    return decode_clocks({name: text})[name] if text else Histogram()


def decode_clocks(histograms: Mapping[str, str]) -> dict[str, Histogram]:
    """Every clock of a Result's `histograms`. Raises UsageError where one is damaged."""
    clocks = {}
    for name, text in histograms.items():
        try:
            clocks[name] = decode_histogram(text)
        except ValueError as error:
            raise UsageError(f"damaged result: histogram {name!r} is {error}") from None
    return clocks
