"""Whether a run has become steady: pure arithmetic on its seconds."""

from collections.abc import Mapping

from loadgen.plan.steady import STRETCHES, Steady


def spread(values: Mapping[int, float], steady: Steady) -> float | None:
    """How far the mean of any of the five stretches of the last seconds is from that of all, as a share of it.

    `values` are by second, of which those that are missing count as 0. None where there are too few seconds, or nothing
    was done in them.
    """
    end = max(values, default=-1) + 1
    if end < steady.over_s:
        return None
    length = steady.over_s // STRETCHES
    first = end - steady.over_s
    sums = [
        sum(values.get(second, 0.0) for second in range(start, start + length)) for start in range(first, end, length)
    ]
    mean = sum(sums) / STRETCHES
    return max(abs(part - mean) for part in sums) / mean if mean else None
