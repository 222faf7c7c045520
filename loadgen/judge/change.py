"""How far a metric has moved from the rounds of a baseline to the rounds of today, with a 95 % interval and a p-value.

The rounds of two days are no pairs. Below 8 a side Welch's t is used (B. L. Welch, 1947), from 8 on its symmetric
studentised bootstrap; a single run beside rounds is taken to vary as they do. Of one run on each side only the blocks
of their timelines can tell (see blocks.py), and what differs from run to run without a cause is not in them.
"""

from collections.abc import Sequence
from functools import cache
from math import ceil, exp, inf, log, sqrt
from operator import itemgetter
from random import Random

from loadgen.base.dataclass import dataclass
from loadgen.judge.blocks import FEWEST_BLOCKS, compare_blocks, measure_of
from loadgen.judge.figures import Figures
from loadgen.judge.observe import Observed, is_supported, settled
from loadgen.judge.statistics import (
    BOOTSTRAP_FROM,
    LEVEL,
    RESAMPLES,
    ROUNDING,
    Chosen,
    mean_and_half,
    mean_of_rounds,
    t_interval,
)
from loadgen.plan.metrics import Metric
from loadgen.results.result import Result

_SEED = 40_009


@dataclass(frozen=True, slots=True)
class Change:
    """From `before` to `after`, in the metric's own unit.

    `amount` is a share of `before`, and for metrics that are shares themselves the difference; above 0 is worse.
    `low` to `high` is its 95 % interval. None is "not known"; `at_least` says that `after` is a lower bound.
    """

    before: float | None = None
    after: float | None = None
    amount: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    at_least: bool = False


def changes_of(metrics: Sequence[Metric], before: Sequence[Result], after: Sequence[Result]) -> list[Change]:
    """Compare the runs of both sides, one or several each, by each metric.

    Raises ValueError for a damaged histogram.
    """
    figures = [[Figures(result) for result in side] for side in (before, after)]
    return [_change(metric, before, after, figures) for metric in metrics]


def are_pairs(before: Sequence[Result], after: Sequence[Result]) -> bool:
    """Whether the rounds of both sides were done by turns, one of each at a time, so that they can be paired."""
    both = [sorted(pair) for pair in zip(*([run.started_at for run in side] for side in (before, after)), strict=False)]
    starts = [start for pair in both for start in pair]
    return len(before) == len(after) > 1 and len({*starts}) == len(starts) and starts == sorted(starts)


def _change(
    metric: Metric, before: Sequence[Result], after: Sequence[Result], figures: Sequence[Sequence[Figures]]
) -> Change:
    sides = [[_supported(metric, result) for result in side] for side in figures]
    first, other = ([observed.low for observed in side if observed is not None] for side in sides)
    if len(first) < len(sides[0]) or len(other) < len(sides[1]):
        return Change()
    is_sure = [all(observed is not None and observed.is_exact for observed in side) for side in sides]
    ends = (_mean(metric, first), _mean(metric, other))
    if not is_sure[0] or (metric.kind != "ratio" and min(*first, *other) <= 0):
        return Change(*ends)
    sign = 1.0 if metric.better == "lower" else -1.0
    are_rounds = len(first) > 1 or len(other) > 1
    spread_of = _of_pairs if are_pairs(before, after) else _of_rounds
    if metric.kind == "ratio":
        spread = spread_of(first, other) if are_rounds else _of_shares(metric, before, after)
        return _oriented(ends, ends[1] - ends[0], spread, sign, is_log=False, at_least=not is_sure[1])
    if are_rounds:
        shift = log(ends[1] / ends[0])
        spread = spread_of([*map(log, first)], [*map(log, other)])
        return _oriented(ends, shift, spread, sign, is_log=True, at_least=not is_sure[1])
    return _of_blocks(metric, before[0], after[0], ends, sign, at_least=not is_sure[1])


def _supported(metric: Metric, figures: Figures) -> Observed | None:
    observed = settled(figures.observe(metric))
    return observed if observed is not None and is_supported(metric, observed) else None


def _mean(metric: Metric, values: Sequence[float]) -> float:
    return sum(values) / len(values) if metric.kind == "ratio" else mean_of_rounds(values)


Spread = tuple[float, float] | None
"""Half the width of the interval, and the p-value; None where they cannot be known."""


def _oriented(
    ends: tuple[float, float], shift: float, spread: Spread, sign: float, *, is_log: bool, at_least: bool
) -> Change:
    """The change with its interval, turned so that above 0 is worse."""

    def amount(value: float) -> float:
        return sign * (exp(value) - 1 if is_log else value)

    if spread is None:
        return Change(*ends, amount(shift), at_least=at_least)
    half, p = spread
    if half == inf:  # the few values that differ say nothing about how far the others may
        return Change(*ends, amount(shift), p=p, at_least=at_least)
    low, high = sorted((amount(shift - half), amount(shift + half)))
    return Change(*ends, amount(shift), low, high, p, at_least)


def _of_rounds(first: Sequence[float], other: Sequence[float]) -> Spread:
    """The difference of two means, of which one may be of a single value."""
    shift = sum(other) / len(other) - sum(first) / len(first)
    sides = sorted((first, other), key=len)
    if len(sides[0]) == 1:
        parts = (_square_error(sides[1]) * len(sides[1]), _square_error(sides[1]))
    else:
        parts = (_square_error(first), _square_error(other))
    error = sqrt(sum(parts))
    if error < ROUNDING:
        return t_interval(shift, error, 1)
    if min(len(first), len(other)) >= BOOTSTRAP_FROM:
        ts = _bootstrap_ts(first, other)
        beyond = sum(t >= abs(shift) / error for t in ts)
        return ts[ceil(LEVEL * (RESAMPLES + 1)) - 1] * error, (1 + beyond) / (RESAMPLES + 1)
    if len(sides[0]) == 1:
        freedom = len(sides[1]) - 1
    else:
        weights = sum(part**2 / (len(side) - 1) for part, side in zip(parts, (first, other), strict=True))
        freedom = max(1, int(sum(parts) ** 2 / weights))
    return t_interval(shift, error, freedom)


def _of_pairs(first: Sequence[float], other: Sequence[float]) -> Spread:
    """The difference of rounds that were done by turns."""
    _, half, p = mean_and_half([b - a for a, b in zip(first, other, strict=True)], 0.0)
    return None if half is None or p is None else (half, p)


def _square_error(values: Sequence[float]) -> float:
    """The variance of the mean."""
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values)


def _bootstrap_ts(first: Sequence[float], other: Sequence[float]) -> list[float]:
    """|t| of resamples from both sides, each around its own mean, in ascending order."""
    counts = (len(first), len(other))
    centred = [[value - sum(side) / len(side) for value in side] for side in (first, other)]
    squares = [[value * value for value in side] for side in centred]
    least = [1e-12 * sum(side) for side in squares]
    ts = []
    for draw in _resamples(*counts):
        means, variance = [], 0.0
        for count, chosen, values, of_squares, rounding in zip(counts, draw, centred, squares, least, strict=True):
            total = sum(chosen(values))
            spread = sum(chosen(of_squares)) - total * total / count
            means.append(total / count)
            # all the same value, but for rounding: it does not vary
            variance += spread / (count - 1) / count if spread > rounding else 0.0
        ts.append(abs(means[1] - means[0]) / sqrt(variance) if variance else inf)
    return sorted(ts)


@cache
def _resamples(first: int, other: int) -> list[tuple[Chosen, Chosen]]:
    """The same draws for every metric of so many rounds on each side."""
    random = Random(_SEED)

    def drawn(count: int) -> Chosen:
        return itemgetter(*random.choices(range(count), k=count))

    return [(drawn(first), drawn(other)) for _ in range(RESAMPLES)]


def _of_shares(metric: Metric, before: Sequence[Result], after: Sequence[Result]) -> Spread:
    """The difference of two shares; their variance by the ratio estimator over the seconds of the runs."""
    sides = [_seconds(metric, side) for side in (before, after)]
    if min(map(len, sides)) < FEWEST_BLOCKS:
        return None
    shares = [sum(bad for bad, _ in side) / sum(total for _, total in side) for side in sides]
    error = sqrt(sum(_share_variance(side, share) for side, share in zip(sides, shares, strict=True)))
    shift = shares[1] - shares[0]
    return t_interval(shift, error, min(map(len, sides)) - 1)


def _share_variance(seconds: Sequence[tuple[int, int]], share: float) -> float:
    count, total = len(seconds), sum(part for _, part in seconds)
    spread = sum((bad - share * part) ** 2 for bad, part in seconds)
    return spread * count / (count - 1) / total**2


def _seconds(metric: Metric, results: Sequence[Result]) -> list[tuple[int, int]]:
    """Failures and requests of each second in which a request ended.

    None where only one request is asked about, and where the generator failed too: in which seconds is not known.
    """
    faults = {row.fault for result in results for row in result.errors}
    if metric.of is not None or "generator" in faults:
        return []
    rows = [row for result in results for row in result.timeline]
    return [(row.failed, row.ok + row.failed) for row in rows if row.ok + row.failed]


def _of_blocks(
    metric: Metric, before: Result, after: Result, ends: tuple[float, float], sign: float, *, at_least: bool
) -> Change:
    spread: Spread = None
    estimate = compare_blocks(measure_of(metric, before), measure_of(metric, after))
    if estimate.p is not None and estimate.shift is not None and estimate.high is not None:
        spread = (log(estimate.high) - estimate.shift, estimate.p)
    return _oriented(ends, log(ends[1] / ends[0]), spread, sign, is_log=True, at_least=at_least)
