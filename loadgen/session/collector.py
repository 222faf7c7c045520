"""The collector: frames of all workers, added up as they come. One thread only: the coordinator's loop."""

from dataclasses import dataclass, field, replace

from loadgen.base.clock import NS_PER_S
from loadgen.measure.histogram import Histogram, Packed
from loadgen.measure.recording import Frame, Recording, Usage

MOST_BLOCKS = 60


@dataclass(slots=True)
class Slice:
    """What was done in one second, or in one block of them. `response` is packed where nothing is added for a while."""

    start_s: int
    length_s: int = 1
    ok: int = 0
    failed: int = 0
    unknown: int = 0
    payload: int = 0
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
        self.unknown += other.unknown
        self.payload += other.payload
        response = self.histogram()
        response.merge(other.histogram())
        self.response = response


@dataclass(frozen=True, slots=True)
class SecondRow:
    """One finished second; quantiles in microseconds, None without samples."""

    t_s: int
    ok: int
    failed: int
    sent: int
    p50_us: int | None
    p99_us: int | None
    payload: int = 0


class Collector:
    """`total` holds everything measured and the connections of the whole run, `window_*` the sums at the window's end.

    `unmeasured_sent` are requests of the warm-up and the cool-down.
    """

    def __init__(self, workers: int) -> None:
        self.total = Recording()
        self.unmeasured_sent = 0
        self.window_ok = 0
        self.window_replies = 0
        self.window_done = 0
        self.window_elapsed_ns = 0
        self.drain_elapsed_ns = 0
        self.usages: dict[int, Usage] = {}
        self.worker_lag = [Histogram() for _ in range(workers)]
        self.seconds: list[SecondRow] = []
        self.blocks: list[Slice] = []
        self.last_p99_us: int | None = None
        self._block_s = 1
        self._pending: dict[int, Slice] = {}
        self._latest = [-1] * workers

    def add(self, frame: Frame) -> None:
        """Take one frame."""
        recording = frame.recording
        sums = recording.total()
        if frame.window in ("warmup", "cooldown"):
            self.unmeasured_sent += sums.sent
            self.total.merge_connections(recording)
            if frame.usage is not None:
                self.usages[frame.worker] = frame.usage
            return
        self.total.merge(recording)
        self.worker_lag[frame.worker].merge(recording.loop_lag)
        if frame.usage is not None:
            self.usages[frame.worker] = frame.usage
        if frame.window == "drain":
            self.drain_elapsed_ns = max(self.drain_elapsed_ns, frame.elapsed_ns)
            return
        self.window_ok += sums.ok
        self.window_replies += sum(sums.statuses.values())
        self.window_done += sums.sent
        self.window_elapsed_ns = max(self.window_elapsed_ns, frame.elapsed_ns)
        response = sums.clocks.get("response") or sums.clocks.get("service") or Histogram()
        second = self._pending.setdefault(frame.second, Slice(frame.second))
        second.add(Slice(frame.second, 1, sums.ok, sums.failed, sums.unknown, sums.payload, response))
        self._latest[frame.worker] = frame.elapsed_ns // NS_PER_S if frame.usage is None else 1 << 60
        self._close_seconds(min(self._latest))

    def finish(self) -> None:
        """No more frames: close what is pending."""
        self._close_seconds(1 << 61)

    def _close_seconds(self, before: int) -> None:
        for start in sorted(second for second in self._pending if second < before):
            row = self._pending.pop(start)
            p50_us = p99_us = None
            response = row.histogram()
            if response.total:
                p50_us, p99_us = response.quantiles_us((0.5, 0.99))
                self.last_p99_us = p99_us
            sent = row.ok + row.failed + row.unknown
            self.seconds.append(SecondRow(start, row.ok, row.failed, sent, p50_us, p99_us, row.payload))
            self._add_block(row)

    def _add_block(self, row: Slice) -> None:
        """Seconds join blocks; blocks double in length so that there are never more than 60."""
        self._join(row)
        if len(self.blocks) > MOST_BLOCKS:
            self._block_s *= 2
            halves, self.blocks = self.blocks, []
            for block in halves:
                self._join(block)

    def _join(self, part: Slice) -> None:
        start = part.start_s // self._block_s * self._block_s
        if not self.blocks or self.blocks[-1].start_s != start:
            if self.blocks:
                self.blocks[-1].pack()
            self.blocks.append(replace(part, start_s=start, length_s=self._block_s))
        else:
            self.blocks[-1].add(part)
