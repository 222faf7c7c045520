"""One run on each side: how far their blocks (stretches of a second or more) let them be told apart.

A block bootstrap (H. Kuensch, The jackknife and the bootstrap for general stationary observations, 1989): whole blocks
of both runs are drawn again, neighbours together because they resemble each other, and the metric is computed anew
from what they hold. Its standard error makes a t interval on the scale of logarithms; with percentiles of the
resamples instead, runs of 10 blocks would give false alarms in one case of six.

What differs from one run to the next without a cause is not in a single run. Rounds know it (see statistics.py). Nor
is all of what lasts longer than the blocks that are drawn together: of 300 simulated pairs of equal runs 2 % with 8
blocks and 3 % with 30 are called different, but 7 and 14 % where each block is correlated by 0.5 with the next.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate
from math import cbrt, log, sqrt
from operator import mul
from random import Random

from loadgen.judge.statistics import Estimate, of_log_ratio, t_interval
from loadgen.measure.histogram import Histogram, rank_of, top_of
from loadgen.plan.metrics import BY_THE_SECOND, Metric
from loadgen.results.encoded import decode_clock
from loadgen.results.result import PART_OF_A_SECOND, Result

FEWEST_BLOCKS = 6
"""With 4 or 5, drawn in runs of two, one degree of freedom is left: t is 12.7, and no difference could be seen."""
RESAMPLES = 400
"""A standard error from 400 resamples is itself within 3.5 % (one in the root of 800)."""
_SEED = 30_011

Weights = Sequence[int]
Measure = Callable[[Weights], float | None]
"""A metric of one run in which block i counts `weights[i]` times; None where that holds no data."""


def compare_blocks(first: tuple[Measure, int], other: tuple[Measure, int], step: float = 0.0) -> Estimate:
    """The other run against the first, each with its number of blocks.

    With fewer than FEWEST_BLOCKS on a side there is only a ratio; without data, or with a value that is not above 0,
    not even that. `step` is the resolution of the metric.
    """
    ends = tuple(measure([1] * count) for measure, count in (first, other))
    if ends[0] is None or ends[1] is None or ends[0] <= 0 or ends[1] <= 0:
        return Estimate()
    shift = log(ends[1] / ends[0])
    spreads = [_spread(*first, _SEED), _spread(*other, _SEED + 1)]
    if None in spreads:
        return of_log_ratio(shift, None, None)
    error = sqrt(sum(spread * spread for spread in spreads if spread is not None))
    freedom = min(_freedom(first[1]), _freedom(other[1]))
    margin = step / 2 / ends[0] + step / 2 / ends[1]
    return of_log_ratio(shift, *t_interval(shift, error, freedom, margin))


def measure_of(metric: Metric, result: Result) -> tuple[Measure, int]:
    """How stretches of a run give a metric, and how many there are; without data for one that they do not give.

    Response times come from its blocks, sums from its seconds, each as far as it was measured to its end. In which
    seconds faults of the generator's own were is not known. Raises UsageError for a damaged histogram.
    """
    if metric.part == "response" and metric.of is None and (metric.quantile or metric.statistic == "mean"):
        end_s = result.duration_s + PART_OF_A_SECOND
        encoded = [row.response for row in result.blocks if row.t_s + row.duration_s <= end_s]
        blocks = [decode_clock({"response": text}, "response") for text in encoded]
        return mean_of(blocks) if metric.quantile is None else quantile_of(blocks, metric.quantile), len(blocks)
    if metric.part in BY_THE_SECOND and metric.of is None:
        rows = result.whole_seconds
        parts: list[int] = [getattr(row, metric.part) for row in rows]
        if metric.kind == "rate":
            return ratio_of(parts, [1.0] * len(rows)), len(rows)
        if metric.kind == "ratio" and all(row.fault != "generator" for row in result.errors):
            return ratio_of(parts, [row.ok + row.failed for row in rows]), len(rows)
    return ratio_of((), ()), 0


def quantile_of(blocks: Sequence[Histogram], share: float) -> Measure:
    """The nearest-rank quantile, in milliseconds, of the values of all blocks together."""
    buckets = sorted(set().union(*(block.buckets for block in blocks)))
    below = [tuple(accumulate(block.buckets[bucket] for bucket in buckets)) for block in blocks]
    columns = list(zip(*below, strict=True))  # at each bucket, how many values every block has up to there

    def measure(weights: Weights) -> float | None:
        total = sum(map(mul, weights, columns[-1])) if columns else 0
        if not total:
            return None
        index = bisect_left(columns, rank_of(share, total), key=lambda column: sum(map(mul, weights, column)))
        return top_of(buckets[index]) / 1000

    return measure


def mean_of(blocks: Sequence[Histogram]) -> Measure:
    """The mean, in milliseconds, of the values of all blocks together."""
    sums_ms = [block.mean_us() * block.total / 1000 if block.buckets else 0.0 for block in blocks]
    return ratio_of(sums_ms, [block.total for block in blocks])


def ratio_of(parts: Sequence[float], totals: Sequence[float]) -> Measure:
    """Two sums over all blocks, one divided by the other: replies by seconds, failures by requests."""

    def measure(weights: Weights) -> float | None:
        total = sum(map(mul, weights, totals))
        return sum(map(mul, weights, parts)) / total if total else None

    return measure


def _run_length(count: int) -> int:
    """How many neighbours are drawn together: the cube root, the order that keeps bias and variance in balance."""
    return max(1, round(cbrt(count)))


def _freedom(count: int) -> int:
    return max(1, count // _run_length(count) - 1)


def _spread(measure: Measure, count: int, seed: int) -> float | None:
    """The standard error of the metric's logarithm; None where it cannot be known."""
    if count < FEWEST_BLOCKS:
        return None
    random = Random(seed)
    logs = []
    for _ in range(RESAMPLES):
        value = measure(_draw(random, count))
        if value is None or value <= 0:
            return None
        logs.append(log(value))
    mean = sum(logs) / len(logs)
    pieces = count / _run_length(count)
    # a resample of k pieces varies by (k - 1) / k of what samples do
    return sqrt(sum((value - mean) ** 2 for value in logs) / len(logs) * pieces / (pieces - 1))


def _draw(random: Random, count: int) -> list[int]:
    """How often each block is drawn, in runs of neighbours around a circle, `count` times in all."""
    weights = [0] * count
    length = _run_length(count)
    left = count
    while left:
        start = random.randrange(count)
        for index in range(start, start + min(length, left)):
            weights[index % count] += 1
        left -= min(length, left)
    return weights
