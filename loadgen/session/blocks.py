"""Slices of a run, never more than 60, whose length doubles as the run lasts."""

from dataclasses import dataclass, field

from loadgen.measure.histogram import Histogram, Packed

MOST_BLOCKS = 60


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
    """Takes seconds in their order. Blocks of one run have the same length, whatever they are of."""

    def __init__(self) -> None:
        self.slices: list[Slice] = []
        self._block_s = 1

    def add(self, row: Slice) -> None:
        """One more second; what it holds stays as it is."""
        while row.start_s >= self._block_s * MOST_BLOCKS:
            self._block_s *= 2
            halves, self.slices = self.slices, []
            for block in halves:
                self._join(block)
        self._join(row)

    def _join(self, part: Slice) -> None:
        start = part.start_s // self._block_s * self._block_s
        if not self.slices or self.slices[-1].start_s != start:
            if self.slices:
                self.slices[-1].pack()
            self.slices.append(Slice(start, self._block_s))
        self.slices[-1].add(part)

    def copy(self) -> "Blocks":
        """The same, to go on by itself."""
        other = Blocks()
        other._block_s = self._block_s
        for block in self.slices:
            other._join(block)
        return other
