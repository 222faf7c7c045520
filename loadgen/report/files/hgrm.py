"""The percentile distribution of HdrHistogram, as its plotter and the wrk2 family read it."""

import math
from collections.abc import Iterator

from loadgen.measure.histogram import HIGHEST_US, Histogram, top_of
from loadgen.measure.recording import CENSORED
from loadgen.results.encoded import decode_clock
from loadgen.results.result import Result

HALVING_STEPS = 5
SUB_BUCKETS = 2048
BUCKETS = HIGHEST_US.bit_length() - SUB_BUCKETS.bit_length() + 2


def render_hgrm(counts: Histogram) -> str:
    """Milliseconds at each percentile by nearest rank, with the number of values up to there.

    There are five percentiles on the way to 50 %, five more on the way to 75 %, and so on to the slowest value.
    """
    lines = [f"{'Value':>12} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}", ""]
    lines += _rows(sorted(counts.buckets.items()), counts.total)
    lines += _footer(counts)
    return "\n".join(lines) + "\n"


def hgrm_of(result: Result) -> str:
    """The distribution of the response time, lower bounds of requests without a reply in time included.

    A last comment line says how many of those there are. Raises UsageError where a histogram is damaged.
    """
    counts, censored = (decode_clock(result.histograms, name) for name in ("response", "response" + CENSORED))
    counts.merge(censored)
    note = f"#[Censored = {censored.total}: no reply in time, cut, or never sent, so each is at least its value]\n"
    return render_hgrm(counts) + (note if censored.total else "")


def _rows(buckets: list[tuple[int, int]], total: int) -> Iterator[str]:
    position, below, value_ms = -1, 0, 0.0
    for part, whole in _left_over():
        if not total:
            return
        rank = max(1, total - part * total // whole)
        while below < rank:
            position += 1
            bucket, times = buckets[position]
            below += times
            value_ms = top_of(bucket) / 1000
        yield f"{value_ms:12.3f} {1 - part / whole:2.12f} {below:10d} {whole / part:14.2f}"
        if below == total:
            yield f"{value_ms:12.3f} {1.0:2.12f} {total:10d}"
            return


def _left_over() -> Iterator[tuple[int, int]]:
    """The share of values beyond each percentile, exactly: 10/10, 9/10 .. 6/10, 10/20, 9/20 .. without end."""
    whole = 2 * HALVING_STEPS
    while True:
        for part in range(2 * HALVING_STEPS, HALVING_STEPS, -1):
            yield part, whole
        whole *= 2


def _footer(counts: Histogram) -> list[str]:
    total = counts.total
    mean_us = counts.mean_us() if total else 0.0
    squares = sum(((bucket + top_of(bucket)) / 2 - mean_us) ** 2 * times for bucket, times in counts.buckets.items())
    deviation_ms = math.sqrt(squares / total) / 1000 if total else 0.0
    highest_ms = top_of(max(counts.buckets)) / 1000 if total else 0.0
    return [
        f"#[Mean    = {mean_us / 1000:12.3f}, StdDeviation   = {deviation_ms:12.3f}]",
        f"#[Max     = {highest_ms:12.3f}, Total count    = {total:12d}]",
        f"#[Buckets = {BUCKETS:12d}, SubBuckets     = {SUB_BUCKETS:12d}]",
    ]
