"""Is one side different from the other, or is it noise? Rounds in pairs -> ratio, 95 % interval, p-value, a verdict.

The logarithms of the ratios of each round are averaged, so that twice and half weigh the same. Below 8 rounds the
interval is Student's t. From 8 on it is the symmetric studentised bootstrap (P. Hall, The Bootstrap and Edgeworth
Expansion, 1992, section 3.6): t of the resamples around the mean, its absolute value, so that the tails need not be
normal. Simulated false alarms at no difference, n = 8 and 10, in per cent:

| differences            | studentised | percentile | BCa     |
|------------------------|-------------|------------|---------|
| normal                 | 4.6, 4.1    | 12.7, 11.3 | 12.7, 10.9 |
| Student's t of 3       | 2.9, 3.2    | 12.3, 10.5 | 15.0, 13.9 |
| a tenth of them broken | 2.2, 3.0    | 12.0, 11.9 | 16.4, 16.5 |
"""

from collections.abc import Callable, Sequence
from functools import cache
from math import atan, ceil, cos, exp, inf, log, pi, sin, sqrt, tan
from operator import itemgetter
from random import Random
from typing import Literal

from loadgen.base.dataclass import dataclass
from loadgen.plan.metrics import Better

Verdict = Literal["better", "worse", "cannot tell"]

LEVEL = 0.95
BOOTSTRAP_FROM = 8
"""The fewest rounds for which the table above was made."""
RESAMPLES = 2000
"""A p-value of 0.05 from 2,000 resamples is within 0.005 (one standard error)."""
FEWEST_ROUNDS = 4
"""Of fewer no interval is shown: for 2 and 3 it is 12.7 and 4.3 standard errors to each side, which says nothing."""
ROUNDING = 1e-12
"""A spread below it is no spread: sums of equal floats are off by less."""
_SEED = 20_011

Chosen = Callable[[Sequence[float]], tuple[float, ...]]
"""One resample: the values that it draws from as many as it was made for."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The other side against the first. `shift` is the mean of the log ratios; where a value was not above 0 there
    is no ratio, and it is the mean of the differences. `low` and `high` are the ends of the 95 % interval of `ratio`.

    None is "not known": all of it without a round, interval and p with only one. `always`: the other side had more, or
    less, in every round.
    """

    shift: float | None = None
    p: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    always: Literal["", "more", "less"] = ""


def paired(first: Sequence[float], other: Sequence[float], step: float = 0.0) -> Estimate:
    """Compare figures of the same rounds, `first[i]` with `other[i]`.

    `step` is the resolution of the figures: a difference within it counts as none, however steady it is.
    """
    pairs = list(zip(first, other, strict=True))
    if not pairs:
        return Estimate()
    if all(a > 0 and b > 0 for a, b in pairs):
        shifts = [log(b / a) for a, b in pairs]
        margin = sum(step / 2 / a + step / 2 / b for a, b in pairs) / len(pairs)
        return of_log_ratio(*mean_and_half(shifts, margin))
    mean, _, p = mean_and_half([b - a for a, b in pairs], step)
    return Estimate(mean, p)


def always_of(first: Sequence[float], other: Sequence[float]) -> Literal["", "more", "less"]:
    """Whether each of the other side is above each of the first, or below."""
    if min(other) > max(first):
        return "more"
    return "less" if max(other) < min(first) else ""


def mean_of_rounds(values: Sequence[float]) -> float:
    """The geometric mean, or the plain one where a value is not above 0."""
    return exp(sum(map(log, values)) / len(values)) if min(values) > 0 else sum(values) / len(values)


def of_log_ratio(shift: float, half: float | None, p: float | None) -> Estimate:
    """The estimate whose interval on the scale of logarithms is `shift` +- `half`; with none where that is endless."""
    if half is None or half == inf:
        return Estimate(shift, p, exp(shift))
    return Estimate(shift, p, exp(shift), exp(shift - half), exp(shift + half))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """The p-values of one table, corrected so that the chance of even one false alarm in it stays 5 %.

    S. Holm, A simple sequentially rejective multiple test procedure, 1979. None is no test, and does not count.
    """
    ranked = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, index) in enumerate(ranked):
        highest = max(highest, min(1.0, p * (len(ranked) - rank)))
        corrected[index] = highest
    return corrected


def verdict_of(shift: float | None, p: float | None, better: Better | None) -> Verdict:
    """The verdict of a (corrected) p-value. `better` says which way is good; without one nothing can be said."""
    if shift is None or p is None or better is None or p > 1 - LEVEL or shift == 0:
        return "cannot tell"
    return "better" if (shift < 0) == (better == "lower") else "worse"


def mean_and_half(shifts: Sequence[float], margin: float) -> tuple[float, float | None, float | None]:
    """Of differences: mean, half the width of its 95 % interval, p; the last two are None for a single value."""
    count = len(shifts)
    mean = sum(shifts) / count
    if count < 2:
        return mean, None, None
    error = sqrt(sum((value - mean) ** 2 for value in shifts) / (count - 1) / count)
    if count < BOOTSTRAP_FROM or error < ROUNDING:
        return mean, *t_interval(mean, error, count - 1, margin)
    ts = _bootstrap_ts(shifts, mean)
    beyond = sum(t >= max(0.0, abs(mean) - margin) / error for t in ts)
    return mean, ts[ceil(LEVEL * (RESAMPLES + 1)) - 1] * error + margin, (1 + beyond) / (RESAMPLES + 1)


def _bootstrap_ts(values: Sequence[float], mean: float) -> list[float]:
    """|t| of each resample around the mean of all, in ascending order."""
    count = len(values)
    centred = [value - mean for value in values]
    squares = [value * value for value in centred]
    least = 1e-12 * sum(squares)
    ts = []
    for chosen in _resamples(count):
        total = sum(chosen(centred))
        variance = (sum(chosen(squares)) - total * total / count) / (count - 1)
        # all the same value, but for rounding: infinitely far from the mean
        ts.append(abs(total) / sqrt(variance * count) if variance > least else inf)
    return sorted(ts)


@cache
def _resamples(count: int) -> list[Chosen]:
    """The same draws for every row of that many rounds, so that a table is the same each time it is made."""
    random = Random(_SEED + count)
    return [itemgetter(*random.choices(range(count), k=count)) for _ in range(RESAMPLES)]


# Student's t for whole degrees of freedom, exactly: Abramowitz and Stegun 26.7.3 and 26.7.4, finite sums.


def t_interval(shift: float, error: float, freedom: int, margin: float = 0.0) -> tuple[float, float]:
    """Half the width of the 95 % interval of a difference with this standard error, and its p-value.

    A difference within `margin` is none.
    """
    excess = max(0.0, abs(shift) - margin)
    if error < ROUNDING:
        return margin, 0.0 if excess > ROUNDING else 1.0
    return quantile(freedom) * error + margin, two_sided_p(excess / error, freedom)


def two_sided_p(t: float, freedom: int) -> float:
    """How likely it is that chance alone gives a value at least as far from 0 as `t`."""
    if abs(t) == inf:
        return 0.0
    return max(0.0, 1.0 - _within(atan(abs(t) / sqrt(freedom)), freedom))


@cache
def quantile(freedom: int, level: float = 0.95) -> float:
    """The t that a share `level` of all values is not farther from 0 than."""
    low, high = 0.0, pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        if _within(middle, freedom) < level:
            low = middle
        else:
            high = middle
    return tan(low) * sqrt(freedom)


def _within(angle: float, freedom: int) -> float:
    """A(t | freedom), where t = sqrt(freedom) tan(angle)."""
    if freedom == 1:
        return 2 * angle / pi
    odd = freedom % 2
    square, term = cos(angle) ** 2, cos(angle) if odd else 1.0
    total = term
    for k in range(2 + odd, freedom - 1, 2):
        term *= square * (k - 1) / k
        total += term
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total
