"""Where a series of figures changed its level: E-divisive, with Student's t to tell a change from noise.

The split of a series is where the energy distance of its two sides is greatest (D. S. Matteson and N. A. James, A
Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data, 2014); then each side is split again. A
split counts by a t-test instead of permutations, which gives the same answer each time (M. Fleming and P. Kolaczkowski,
Hunter, 2023); and in the end each must hold between its neighbours alone. docs/trend.md says how often it errs.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

from loadgen.base.dataclass import dataclass
from loadgen.judge.statistics import ROUNDING, two_sided_p

LEAST_SIDE = 3
"""Figures on each side: of fewer not even their spread is known."""

LEVEL = 0.001
"""Of one split. The best of many is looked at, so that chance has more than one try."""

NEAREST = 200
"""Figures on each side that a split is judged by: what lies further back takes time and says no more."""


@dataclass(frozen=True, slots=True)
class Split:
    """The level changed at the figure of this index, by so much in the mean; `p` is that of chance alone."""

    index: int
    shift: float
    p: float


def change_points(values: Sequence[float], least: float = 0.0) -> list[Split]:
    """The splits of a series, in order; each shifts its mean by at least `least`, up or down."""
    bounds = sorted(_divide(values, 0, len(values), least))
    while True:
        splits = [
            Split(middle, *_difference(values[start:middle], values[middle:end]))
            for (start, middle), (_, end) in pairwise(pairwise([0, *bounds, len(values)]))
        ]
        weak = [split for split in splits if split.p > LEVEL or abs(split.shift) < least]
        if not weak:
            return splits
        bounds.remove(max(weak, key=lambda split: split.p).index)


def _divide(values: Sequence[float], start: int, end: int, least: float) -> list[int]:
    """The splits between two indexes, each as soon as it seems to be one."""
    if end - start < 2 * LEAST_SIDE:
        return []
    middle = start + best_split(values[start:end])
    shift, p = _difference(values[max(start, middle - NEAREST) : middle], values[middle : min(end, middle + NEAREST)])
    if p > LEVEL or abs(shift) < least:
        return []
    return [*_divide(values, start, middle, least), middle, *_divide(values, middle, end, least)]


def best_split(values: Sequence[float]) -> int:
    """The index whose two sides have the greatest energy distance; there must be two least sides.

    The sums of distances within and between the sides are kept as the index moves on: the time is quadratic.
    """
    count = len(values)
    distances = [[abs(one - other) for other in values] for one in values]
    left = sum(distances[i][j] for i in range(LEAST_SIDE) for j in range(i))
    right = sum(distances[i][j] for i in range(LEAST_SIDE, count) for j in range(LEAST_SIDE, i))
    between = sum(sum(distances[i][LEAST_SIDE:]) for i in range(LEAST_SIDE))
    best, best_index = float("-inf"), LEAST_SIDE
    for index in range(LEAST_SIDE, count - LEAST_SIDE + 1):
        m, n = index, count - index
        energy = 2 * between / (m * n) - 2 * left / (m * (m - 1)) - 2 * right / (n * (n - 1))
        weighed = m * n / (m + n) * energy
        if weighed > best:
            best, best_index = weighed, index
        if index < count:  # this figure goes to the left
            to_left, to_right = sum(distances[index][:index]), sum(distances[index][index + 1 :])
            left, right, between = left + to_left, right - to_right, between - to_left + to_right
    return best_index


def _difference(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    """How the mean differs, and the p-value of Student's t with one spread for both: a short side says little of its
    own.
    """
    m, n = len(before), len(after)
    low, high = sum(before) / m, sum(after) / n
    squares = sum((value - low) ** 2 for value in before) + sum((value - high) ** 2 for value in after)
    error = sqrt(squares / (m + n - 2) * (1 / m + 1 / n))
    shift = high - low
    if error < ROUNDING:
        return shift, 0.0 if abs(shift) > ROUNDING else 1.0
    return shift, two_sided_p(shift / error, m + n - 2)
