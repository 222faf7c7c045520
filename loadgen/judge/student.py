"""Student's t for whole degrees of freedom, exactly: Abramowitz and Stegun 26.7.3 and 26.7.4, finite sums."""

from functools import cache
from math import atan, cos, inf, pi, sin, sqrt, tan


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
