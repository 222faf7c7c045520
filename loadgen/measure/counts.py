"""Counts: how often each value occurred, at the resolution of an HdrHistogram of 3 digits from 1 us to 1 h.

A plain dictionary of cells costs a tenth of `HdrHistogram.record_value`, merges by adding, and becomes an
HdrHistogram without loss when it is written out.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import accumulate, repeat
from operator import add, floordiv, length_hint
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hdrh.histogram import HdrHistogram

HIGHEST_US = 3_600_000_000
DIGITS = 3
_EXACT = 2048
_EXACT_BITS = 11


def cell_of(value_us: int) -> int:
    """The lowest value that HdrHistogram does not tell from `value_us` (which is not negative)."""
    if value_us < _EXACT:
        return value_us
    shift = value_us.bit_length() - _EXACT_BITS
    return value_us >> shift << shift


def top_of(cell_us: int) -> int:
    """The highest value of a cell: what HdrHistogram reports for every value in it."""
    if cell_us < _EXACT:
        return cell_us
    return cell_us + (1 << (cell_us.bit_length() - _EXACT_BITS)) - 1


def _table() -> list[int]:
    """Cells of all values below 131 ms, by index; equal entries are one object."""
    table = list(range(_EXACT))
    for octave in range(6):
        step = 2 << octave
        for cell in range(_EXACT << octave, _EXACT << octave + 1, step):
            table.extend([cell] * step)
    return table


_cell_at = _table().__getitem__
_TABLE_US = _EXACT << 6
_SHIFTS = (0, 6, 12)  # 131 ms, 8.4 s, 537 s: a cell of `value >> 6` is one of `value`, from the table's end on


@cache
def _fraction(quantile: float) -> Fraction:
    return Fraction(str(quantile))


def rank_of(quantile: float, count: int) -> int:
    """Nearest rank, from 1: the smallest rank with at least `quantile` of all values at or below it."""
    exact = _fraction(quantile) * count
    return max(1, -(-exact.numerator // exact.denominator))


class Packed:
    """Counts that rest: 16 bytes a cell instead of about 80."""

    __slots__ = ("_cells", "_clamped", "_times")

    def __init__(self, counts: "Counts") -> None:
        self._cells = array("Q", counts.cells.keys())
        self._times = array("Q", counts.cells.values())
        self._clamped = counts.clamped

    def counts(self) -> "Counts":
        """The same, to be added to and read."""
        return Counts(zip(self._cells, self._times, strict=True), self._clamped)


class Counts:
    """A histogram with one writer. `cells` maps a cell in microseconds to its count; `clamped` were out of range."""

    __slots__ = ("cells", "clamped")

    def __init__(self, cells: Iterable[tuple[int, int]] = (), clamped: int = 0) -> None:
        self.cells: Counter[int] = Counter(dict(cells))
        self.clamped = clamped

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counts) and self.cells == other.cells and self.clamped == other.clamped

    __hash__ = None  # type: ignore[assignment]

    @property
    def total(self) -> int:
        """The number of values."""
        return sum(self.cells.values())

    def add(self, value_us: int, times: int = 1) -> None:
        """Count one value `times` times; clamped to 0 .. 1 h."""
        if not 0 <= value_us <= HIGHEST_US:
            self.clamped += times
            value_us = min(max(value_us, 0), HIGHEST_US)
        self.cells[cell_of(value_us)] += times

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

        None may be below what the table reaches with fewer bits dropped, or cells would be too wide.
        """
        unit_ns = 1000 << shift
        cells = Counter() if shift else self.cells
        rest = iter(samples_ns)
        beyond: Sequence[int] = ()
        try:
            cells.update(map(_cell_at, map(floordiv, rest, repeat(unit_ns))))
        except IndexError:  # `rest` stands right behind the sample that is beyond the table
            left = samples_ns[len(samples_ns) - length_hint(rest) - 1 :]
            end_ns = _TABLE_US * unit_ns
            beyond = [sample for sample in left if sample >= end_ns]
            cells.update(map(_cell_at, map(floordiv, [sample for sample in left if sample < end_ns], repeat(unit_ns))))
        if shift:
            self._add_cells({cell << shift: times for cell, times in cells.items()})
        return beyond

    def merge(self, other: "Counts") -> None:
        """Add all of another's counts."""
        self._add_cells(other.cells)
        self.clamped += other.clamped

    def _add_cells(self, more: Mapping[int, int]) -> None:
        mine = self.cells  # without a loop of Python's: a worker may wait for the interpreter meanwhile
        if not mine:
            dict.update(mine, more)
            return
        dict.update(mine, zip(more, map(add, map(mine.get, more, repeat(0)), more.values()), strict=True))

    def quantiles_us(self, quantiles: Sequence[float]) -> list[int]:
        """The value at each quantile by nearest rank; there must be at least one value."""
        cells, ranks = self._ranks()
        return [top_of(cells[bisect_left(ranks, rank_of(quantile, ranks[-1]))]) for quantile in quantiles]

    def value_at_rank(self, rank: int) -> int:
        """The value of this rank, from 1 to `total`."""
        cells, ranks = self._ranks()
        if not ranks or rank > ranks[-1]:
            raise ValueError(f"there are {self.total} values, no rank {rank}")
        return top_of(cells[bisect_left(ranks, rank)])

    def _ranks(self) -> tuple[list[int], list[int]]:
        """All cells in order, and the highest rank in each."""
        cells = sorted(self.cells)
        return cells, list(accumulate(map(self.cells.__getitem__, cells)))

    def mean_us(self) -> float:
        """The mean of the cells' middles; there must be at least one value."""
        return sum((cell + top_of(cell)) / 2 * times for cell, times in self.cells.items()) / self.total

    def count_above(self, value_us: int) -> int:
        """How many values lie in cells above that of `value_us`."""
        limit = cell_of(value_us)
        return sum(times for cell, times in self.cells.items() if cell > limit)

    def histogram(self) -> "HdrHistogram":
        """The same as an HdrHistogram of microseconds."""
        from hdrh.histogram import HdrHistogram

        histogram = HdrHistogram(1, HIGHEST_US, DIGITS)
        for cell, times in self.cells.items():
            histogram.record_value(cell, times)
        return histogram

    def encode(self) -> str:
        """Base64 of the compressed HdrHistogram V2 form."""
        encoded: bytes = self.histogram().encode()
        return encoded.decode("ascii")

    @classmethod
    def decode(cls, text: str) -> "Counts":
        """Read `encode`'s form, of any HdrHistogram of microseconds. Raises ValueError where it is damaged."""
        from hdrh.histogram import HdrHistogram

        try:
            histogram = HdrHistogram.decode(text.encode("ascii"))
            counts = cls()
            for item in histogram.get_recorded_iterator():
                counts.add(int(item.value_iterated_to), int(item.count_at_value_iterated_to))
        except Exception as error:
            raise ValueError(f"not an HdrHistogram V2: {error}") from None
        return counts
