"""Pictures made of block characters: bars, sparklines, and the buckets of a latency histogram."""

import math
from bisect import bisect_left
from collections.abc import Sequence

from loadgen.base.dataclass import dataclass

EIGHTHS = " ▏▎▍▌▋▊▉█"
LEVELS = "▁▂▃▄▅▆▇█"
NOTHING = "·"

LEAST_COLUMNS = 10

MOST_BUCKETS = 12
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
DECADES = ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))
CLEARLY_BETTER_BITS = 0.3


def stretched(columns: int, width: int) -> int:
    """How many columns a picture takes in a report of `width` where it takes `columns` in one of 80."""
    return max(LEAST_COLUMNS, columns + width - 80)


def bar(part: float, whole: float, width: int) -> str:
    """`part` of `whole` as a bar of at most `width` columns; anything above zero leaves a mark."""
    if part <= 0 or whole <= 0:
        return ""
    eighths = max(1, round(min(1.0, part / whole) * width * 8))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def sparkline(values: Sequence[float], width: int) -> str:
    """`values` as one row of at most `width` columns, from zero up; neighbours are averaged where there are more."""
    size = math.ceil(len(values) / max(1, width)) or 1
    groups = [values[start : start + size] for start in range(0, len(values), size)]
    means = [sum(group) / len(group) for group in groups]
    top = max(means, default=0.0)
    return "".join(NOTHING if value <= 0 else LEVELS[max(1, round(value / top * len(LEVELS))) - 1] for value in means)


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many values lay above `low` and not above `high`; `high` is infinite in a last, open bucket."""

    low: float
    high: float
    count: int


def buckets(values: Sequence[tuple[float, int]]) -> list[Bucket]:
    """About ten buckets for `(value, count)` pairs in ascending order, with round edges; all values are positive.

    The edges are even, or even up to p99 with one open bucket above, or logarithmic: whichever spreads the values
    most evenly over the buckets, because that shows most of their shape.
    """
    if not values:
        return []
    low, high = values[0][0], values[-1][0]
    best: list[Bucket] = []
    for edges in (_even_edges(low, high), _even_edges(low, _p99(values)), _log_edges(low, high)):
        candidate = _fill(values, edges)
        if not best or _entropy(candidate) > _entropy(best) + CLEARLY_BETTER_BITS:
            best = candidate
    return best


def _p99(values: Sequence[tuple[float, int]]) -> float:
    rank, seen = 0.99 * sum(count for _, count in values), 0
    for value, count in values:
        seen += count
        if seen >= rank:
            return value
    return values[-1][0]


def _even_edges(low: float, high: float) -> list[float]:
    """Edges a round step apart, the first below `low`, the last at `high` or above."""
    least = max((high - low) / (MOST_BUCKETS - 2), high / 1000)
    scale = 10.0 ** math.floor(math.log10(least))
    step = scale * next(factor for factor in STEPS if factor * scale >= least * 0.999)
    first, last = math.ceil(low / step) - 1, math.ceil(high / step)
    if _round(first * step) >= low:  # the quotient was rounded up
        first -= 1
    if _round(last * step) < high:
        last += 1
    return [_round(index * step) for index in range(first, last + 1)]


def _log_edges(low: float, high: float) -> list[float]:
    """Edges at the same round numbers in every decade, as many of them as stay within the most buckets."""
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    for digits in DECADES:
        edges = [_round(digit * 10.0**decade) for decade in decades for digit in digits]
        first, last = bisect_left(edges, low) - 1, bisect_left(edges, high)
        if last - first <= MOST_BUCKETS:
            break
    return edges[first : last + 1]


def _round(edge: float) -> float:
    return float(f"{edge:.6g}")


def _fill(values: Sequence[tuple[float, int]], edges: list[float]) -> list[Bucket]:
    """Count the values between the edges; those above the last edge go to an open bucket."""
    counts = [0] * len(edges)
    for value, count in values:
        counts[max(0, bisect_left(edges, value) - 1)] += count
    bounds = zip(edges, [*edges[1:], math.inf], counts, strict=True)
    filled = [Bucket(low, high, count) for low, high, count in bounds]
    return filled if filled[-1].count else filled[:-1]


def _entropy(candidate: Sequence[Bucket]) -> float:
    """Bits: zero when one bucket holds everything, highest when all hold the same."""
    total = sum(bucket.count for bucket in candidate)
    shares = [bucket.count / total for bucket in candidate if bucket.count]
    return -sum(share * math.log2(share) for share in shares)
