"""Which of several comes next, where each has its share."""

from fractions import Fraction
from math import gcd, lcm
from random import Random

_LONGEST_CYCLE = 1000


def weighted_cycle(weights: list[float], random: Random) -> list[int]:
    """Indices in the proportion of their weights, shuffled; every index with a weight appears at least once."""
    fractions = [Fraction(str(weight)) for weight in weights]
    scale = _LONGEST_CYCLE / sum(fractions)
    common = lcm(*(fraction.denominator for fraction in fractions))
    integers = [int(fraction * common) for fraction in fractions]
    counts = [number // gcd(*integers) for number in integers]
    if sum(counts) > _LONGEST_CYCLE:
        counts = [max(1, round(fraction * scale)) if fraction else 0 for fraction in fractions]
    picks = [index for index, times in enumerate(counts) for _ in range(times)]
    random.shuffle(picks)
    return picks
