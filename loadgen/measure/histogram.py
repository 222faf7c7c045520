"""Histogram: how often each value occurred, at the resolution of an HdrHistogram of 3 digits from 1 us to 1 h.

A plain dictionary of buckets costs a tenth of `HdrHistogram.record_value`, merges by adding, and becomes an
HdrHistogram without loss when it is written out.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import accumulate, repeat
from operator import add, floordiv, length_hint, mul
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hdrh.histogram import HdrHistogram

HIGHEST_US = 3_600_000_000
DIGITS = 3
_EXACT = 2048
_EXACT_BITS = 11


def bucket_of(value_us: int) -> int:
    """The lowest value that HdrHistogram does not tell from `value_us` (which is not negative)."""
    if value_us < _EXACT:
        return value_us
    shift = value_us.bit_length() - _EXACT_BITS
    return value_us >> shift << shift


def top_of(bucket_us: int) -> int:
    """The highest value of a bucket: what HdrHistogram reports for every value in it."""
    if bucket_us < _EXACT:
        return bucket_us
    return bucket_us + (1 << (bucket_us.bit_length() - _EXACT_BITS)) - 1


def _index_of(bucket_us: int) -> int:
    """Where HdrHistogram counts a bucket."""
    shift = max(0, bucket_us.bit_length() - _EXACT_BITS)
    return (shift << _EXACT_BITS - 1) + (bucket_us >> shift)


def _table() -> list[int]:
    """Buckets of all values below 131 ms, by index; equal entries are one object."""
    table = list(range(_EXACT))
    for octave in range(6):
        step = 2 << octave
        for bucket in range(_EXACT << octave, _EXACT << octave + 1, step):
            table.extend([bucket] * step)
    return table


_bucket_at = _table().__getitem__
_TABLE_US = _EXACT << 6
_SHIFTS = (0, 6, 12)  # 131 ms, 8.4 s, 537 s: a bucket of `value >> 6` is one of `value`, from the table's end on


@cache
def _fraction(quantile: float) -> Fraction:
    return Fraction(str(quantile))


def rank_of(quantile: float, count: int) -> int:
    """Nearest rank, from 1: the smallest rank with at least `quantile` of all values at or below it."""
    exact = _fraction(quantile) * count
    return max(1, -(-exact.numerator // exact.denominator))


class Packed:
    """A Histogram at rest: 16 bytes a bucket instead of about 80."""

    __slots__ = ("_buckets", "_clamped", "_times")

    def __init__(self, counts: "Histogram") -> None:
        self._buckets = array("Q", counts.buckets.keys())
        self._times = array("Q", counts.buckets.values())
        self._clamped = counts.overflow

    def histogram(self) -> "Histogram":
        """The same, to be added to and read."""
        return Histogram(zip(self._buckets, self._times, strict=True), self._clamped)


class Histogram:
    """A histogram of one writer. `buckets` maps the lowest us of each to its count; `overflow` were outside."""

    __slots__ = ("buckets", "overflow")

    def __init__(self, buckets: Iterable[tuple[int, int]] = (), overflow: int = 0) -> None:
        self.buckets: Counter[int] = Counter()
        dict.update(self.buckets, buckets)
        self.overflow = overflow

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and self.buckets == other.buckets and self.overflow == other.overflow

    __hash__ = None  # type: ignore[assignment]

    def plain(self) -> list[Any]:
        """As JSON can hold it; `from_plain` is the way back."""
        return [self.overflow, list(self.buckets), list(self.buckets.values())]

    @classmethod
    def from_plain(cls, value: list[Any]) -> "Histogram":
        overflow, buckets, times = value
        return cls(zip(buckets, times, strict=True), overflow)

    @property
    def total(self) -> int:
        return sum(self.buckets.values())

    def add(self, value_us: int, times: int = 1) -> None:
        """Count one value `times` times; overflow to 0 .. 1 h."""
        if not 0 <= value_us <= HIGHEST_US:
            self.overflow += times
            value_us = min(max(value_us, 0), HIGHEST_US)
        self.buckets[bucket_of(value_us)] += times

    def add_ns(self, samples_ns: Sequence[int]) -> None:
        """Count every sample of a list of nanoseconds (none negative), rounded down to microseconds."""
        left = samples_ns
        for shift in _SHIFTS:
            left = self._add_below(left, shift)
            if not left:
                return
        for sample_ns in left:
            self.add(sample_ns // 1000)

    def _add_below(self, samples_ns: Sequence[int], shift: int) -> Sequence[int]:
        """Count the samples that the table reaches when `shift` bits are dropped; those beyond it are returned.

        None may be below what the table reaches with fewer bits dropped, or buckets would be too wide.
        """
        unit_ns = 1000 << shift
        buckets = Counter() if shift else self.buckets
        rest = iter(samples_ns)
        beyond: Sequence[int] = ()
        try:
            buckets.update(map(_bucket_at, map(floordiv, rest, repeat(unit_ns))))
        except IndexError:  # `rest` stands right behind the sample that is beyond the table
            left = samples_ns[len(samples_ns) - length_hint(rest) - 1 :]
            end_ns = _TABLE_US * unit_ns
            beyond = [sample for sample in left if sample >= end_ns]
            buckets.update(
                map(_bucket_at, map(floordiv, [sample for sample in left if sample < end_ns], repeat(unit_ns)))
            )
        if shift:
            self._add_buckets({bucket << shift: times for bucket, times in buckets.items()})
        return beyond

    def merge(self, other: "Histogram") -> None:
        self._add_buckets(other.buckets)
        self.overflow += other.overflow

    def _add_buckets(self, more: Mapping[int, int]) -> None:
        mine = self.buckets  # without a loop of Python's: a worker may wait for the interpreter meanwhile
        if not mine:
            dict.update(mine, more)
            return
        dict.update(mine, zip(more, map(add, map(mine.get, more, repeat(0)), more.values()), strict=True))

    def quantiles_us(self, quantiles: Sequence[float]) -> list[int]:
        """The value at each quantile by nearest rank; there must be at least one value."""
        total = self.total
        return self.values_at_ranks([rank_of(quantile, total) for quantile in quantiles])

    def values_at_ranks(self, ranks: Sequence[int]) -> list[int]:
        """The values of these ranks, from 1 to `total`."""
        buckets = sorted(self.buckets)
        highest = list(accumulate(map(self.buckets.__getitem__, buckets)))
        if max(ranks, default=0) > (highest[-1] if highest else 0):
            raise ValueError(f"there are {self.total} values, no rank {max(ranks)}")
        return [top_of(buckets[bisect_left(highest, rank)]) for rank in ranks]

    def mean_us(self) -> float:
        """The mean of the buckets' middles; there must be at least one value."""
        ends = [  # the lowest and the highest value of each, added; top_of in place: there are thousands
            2 * bucket if bucket < _EXACT else 2 * bucket + (1 << (bucket.bit_length() - _EXACT_BITS)) - 1
            for bucket in self.buckets
        ]
        twice: int = sum(map(mul, ends, self.buckets.values()))
        return twice / 2 / self.total

    def hdr(self) -> "HdrHistogram":
        """The same as an HdrHistogram of microseconds."""
        from hdrh.histogram import HdrHistogram

        histogram = HdrHistogram(1, HIGHEST_US, DIGITS)
        if not self.buckets:
            return histogram
        counts = histogram.counts
        for bucket, times in self.buckets.items():  # _index_of in place: there are thousands
            shift = bucket.bit_length() - _EXACT_BITS
            counts[bucket if shift <= 0 else (shift << _EXACT_BITS - 1) + (bucket >> shift)] = times
        histogram.set_internal_tacking_values(_index_of(min(self.buckets)), _index_of(max(self.buckets)), self.total)
        return histogram

    def encode(self) -> str:
        """Base64 of the compressed HdrHistogram V2 form."""
        encoded: bytes = self.hdr().encode()
        return encoded.decode("ascii")
