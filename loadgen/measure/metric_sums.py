"""A metric of a scenario's own: sums of the values that its script gave, in a unit of its own."""

from collections.abc import Mapping
from dataclasses import field
from math import frexp, isfinite, ldexp
from typing import Literal

from loadgen.base.dataclass import dataclass
from loadgen.measure.histogram import rank_of

Form = Literal["trend", "count", "share"]
"""What is told of the values: mean and percentiles, their sum, or which share of them was 1."""

BITS = 11


def rounded(value: float) -> float:
    """The value to 11 binary digits, within 0.05 %: of any sign and size; whole numbers up to 2048 stay exact."""
    mantissa, exponent = frexp(value)
    return ldexp(round(mantissa * (1 << BITS)), exponent - BITS)


def value_at(values: Mapping[float, int], quantile: float) -> float:
    """The value at a quantile by nearest rank, of values with how often each came; there must be at least one."""
    left = rank_of(quantile, sum(values.values()))
    for value in sorted(values):
        left -= values[value]
        if left <= 0:
            return value
    raise ValueError("there are no values")


class MetricValues:
    """Values of one metric until they are folded. Any thread may add."""

    __slots__ = ("form", "number", "unit", "values")

    def __init__(self, number: int, form: Form, unit: str) -> None:
        self.number = number
        self.form = form
        self.unit = unit
        self.values: list[float] = []

    def add(self, value: float) -> None:
        """One more value; True is 1. Raises ValueError for what is no finite number, TypeError for what is none."""
        number = float(value)
        if not isfinite(number):
            raise ValueError(f"a metric takes finite numbers, not {value}")
        self.values.append(number)


@dataclass(slots=True)
class MetricSums:
    """Sums of the values, exact but for `values`: how often each came (a trend's, rounded to 0.05 %)."""

    form: Form = "trend"
    unit: str = ""
    count: int = 0
    sum: float = 0.0
    min: float = 0.0
    max: float = 0.0
    values: dict[float, int] = field(default_factory=dict)

    def add(self, values: list[float]) -> None:
        """Count values, at least one."""
        times: dict[float, int] = {}
        if self.form == "trend":
            for value in map(rounded, values):
                times[value] = times.get(value, 0) + 1
        self.merge(MetricSums(self.form, self.unit, len(values), sum(values), min(values), max(values), times))

    def merge(self, other: "MetricSums") -> None:
        """Add another's sums."""
        if not other.count:
            return
        if not self.count:
            self.form, self.unit, self.min, self.max = other.form, other.unit, other.min, other.max
        self.min, self.max = min(self.min, other.min), max(self.max, other.max)
        self.count += other.count
        self.sum += other.sum
        for value, times in other.values.items():
            self.values[value] = self.values.get(value, 0) + times
