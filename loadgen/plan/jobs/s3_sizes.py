"""Classes of objects by their size, so that small ones and large ones can be told apart in a report."""

from bisect import bisect_left
from collections.abc import Iterable

from loadgen.base.units import format_bytes

_BOUNDS = (4 << 10, 64 << 10, 1 << 20, 16 << 20, 256 << 20, 4 << 30)
"""The most bytes of each class but the last: sixteen times as many each, from a page up."""
CLASSES = range(len(_BOUNDS) + 1)


def class_of(size: int) -> int:
    """The class of an object of so many bytes."""
    return bisect_left(_BOUNDS, size)


def classes_of(sizes: Iterable[tuple[int, int, float]]) -> list[int]:
    """Those of objects whose sizes are drawn from ranges."""
    found = {number for low, high, _ in sizes for number in range(class_of(low), class_of(high) + 1)}
    return sorted(found)


def describe_class(number: int) -> str:
    """As a report has it."""
    if number == len(_BOUNDS):
        return f"over {format_bytes(_BOUNDS[-1])}"
    return f"up to {format_bytes(_BOUNDS[number])}"
