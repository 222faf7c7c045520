"""Slices of a run, whose length grows as the run lasts."""

from dataclasses import field
from typing import TypeVar

from loadgen.base.dataclass import dataclass
from loadgen.measure.histogram import Histogram, Packed
from loadgen.results.block import MOST_BLOCKS
from loadgen.results.requests import CourseRow
from loadgen.results.summary import to_ms

K = TypeVar("K")

MOST_NAMED = 20
"""Names that have blocks of their own: as many as a page has room for charts."""

MOST_PARTS = 300
"""So many blocks have seconds of their own where windows are made of them: those of ten seconds in a run of five
minutes begin with each second, in a longer one with every other, and in one of ten minutes are next to each other."""


@dataclass(slots=True)
class Slice:
    """What was done in a block of seconds. `response` is packed where nothing is added for a while."""

    start_s: int
    length_s: int = 1
    ok: int = 0
    failed: int = 0
    response: Histogram | Packed = field(default_factory=Histogram)

    def histogram(self) -> Histogram:
        """The response times."""
        return self.response if isinstance(self.response, Histogram) else self.response.histogram()

    def pack(self) -> None:
        """A run has up to 60 blocks, and each may have thousands of buckets."""
        if isinstance(self.response, Histogram):
            self.response = Packed(self.response)

    def add(self, other: "Slice") -> None:
        """Add another slice's sums."""
        self.ok += other.ok
        self.failed += other.failed
        response = self.histogram()
        response.merge(other.histogram())
        self.response = response


class Blocks:
    """Takes seconds in their order. Blocks of one run have the same length, whatever they are of.

    There are never more than 60, and their length doubles; or it grows so that `within` seconds are a whole number of
    them, and no further.
    """

    def __init__(self, *, within: int = 0) -> None:
        self.slices: list[Slice] = []
        self._block_s = 1
        self._within = within

    def add(self, row: Slice) -> None:
        """One more second; what it holds stays as it is."""
        self.reach(row.start_s)
        self._join(row)

    def reach(self, t_s: int) -> None:
        """Have blocks as long as they are to be in that second."""
        while t_s >= self._block_s * (MOST_PARTS if self._within else MOST_BLOCKS) and self._block_s != self._within:
            self._block_s *= _least_factor(self._within // self._block_s) if self._within else 2
            halves, self.slices = self.slices, []
            for block in halves:
                self._join(block)

    def _join(self, part: Slice) -> None:
        start = part.start_s // self._block_s * self._block_s
        if not self.slices or self.slices[-1].start_s != start:
            if self.slices:
                self.slices[-1].pack()
            self.slices.append(Slice(start, self._block_s))
        self.slices[-1].add(part)

    def copy(self) -> "Blocks":
        """The same, to go on by itself."""
        other = Blocks(within=self._within)
        other._block_s = self._block_s
        for block in self.slices:
            other._join(block)
        return other


def _least_factor(number: int) -> int:
    """The least prime factor of a number above 1."""
    return next(factor for factor in range(2, number + 1) if number % factor == 0)


def add_to_blocks(named: dict[K, Blocks], name: K, second: Slice) -> None:
    """To those of one name, if it is among the first."""
    if name in named or len(named) < MOST_NAMED:
        named.setdefault(name, Blocks()).add(second)


def course_of(blocks: Blocks | None) -> list[CourseRow]:
    """Of a name that has blocks of its own."""
    rows = []
    for block in () if blocks is None else blocks.slices:
        times = block.histogram()
        figures = map(to_ms, times.quantiles_us((0.5, 0.9, 0.99, 1.0))) if times.total else [None] * 4
        rows.append(CourseRow(block.start_s, block.length_s, block.ok, block.failed, *figures))
    return rows
