"""The collector: frames of all workers, added up second by second. One thread only: the coordinator's loop."""

from collections.abc import Callable
from dataclasses import dataclass, field

from loadgen.base.clock import NS_PER_S
from loadgen.measure.histogram import Histogram, Packed
from loadgen.measure.names import Kind, Names
from loadgen.measure.recording import Frame, Recording, Tally, Usage

MOST_BLOCKS = 60

SILENT_S = 2
"""A worker that is further behind the others holds no second up. On a busy machine healthy ones were a second late."""

OnSecond = Callable[[int, Recording], None]


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


def _nobody(_t_s: int, _recording: Recording) -> None:
    """Looks at no second."""


class Collector:
    """`total` holds everything measured and the connections of the whole run, `window_*` the sums at the window's end.

    Both are complete after `finish`; until then they lack the seconds that are not closed. A second closes when every
    worker that still reports is past it. What comes later than that is counted in the next one to close, so that the
    seconds always add up to the whole. `on_second` takes each as it closes, to be read only. `unmeasured_sent` are
    requests of the warm-up and the cool-down, `failed` failures of the whole run, this machine's own among them.
    `names` are those of the run, in the order in which they came; name ids in a frame become theirs. `journeys` is what
    the window held of them, `unmeasured_journeys` how many ended outside of what is measured. `setup` are the requests
    that prepared, of the whole run, which are in no other sum but `unmeasured_sent`.
    """

    def __init__(self, workers: int, on_second: OnSecond = _nobody, names: Names | None = None) -> None:
        self.total = Recording()
        self.names = names or Names(most=None)
        self.unmeasured_sent = 0
        self.failed = 0
        self.window_ok = 0
        self.window_done = 0
        self.journeys = Tally()
        self.unmeasured_journeys = 0
        self.setup: dict[int, Tally] = {}
        self.window_elapsed_ns = 0
        self.drain_elapsed_ns = 0
        self.usages: dict[int, Usage] = {}
        self.worker_lag = [Histogram() for _ in range(workers)]
        self.seconds: list[SecondRow] = []
        self.blocks: list[Slice] = []
        self.last_p99_us: int | None = None
        self._on_second = on_second
        self._block_s = 1
        self._pending: dict[int, list[Recording]] = {}
        self._closed_s = 0
        self._latest_s = [0] * workers
        self._first = len(self.names)
        self._numbers: dict[int, list[int]] = {}

    def add(self, frame: Frame) -> None:
        """Take one frame; it is the collector's from now on."""
        recording = frame.recording
        if recording.names:
            numbers = self._numbers.setdefault(frame.worker, list(range(self._first)))
            numbers.extend(self.names.number(*name) for name in recording.names)
        if frame.worker in self._numbers:
            recording.renumber(self._numbers[frame.worker])
        self.failed += sum(tally.failed for tally in recording.tallies.values())
        self._take_setup(recording)
        if frame.usage is not None:
            self.usages[frame.worker] = frame.usage
        if frame.window in ("warmup", "cooldown"):
            self.unmeasured_sent += recording.total().sent
            self.unmeasured_journeys += sum(tally.sent for tally in self._journeys(recording))
            self.total.merge_connections(recording)
            return
        self.worker_lag[frame.worker].merge(recording.loop_lag)
        if frame.window == "drain":
            self.total.merge(recording)
            self.drain_elapsed_ns = max(self.drain_elapsed_ns, frame.elapsed_ns)
            return
        self.window_elapsed_ns = max(self.window_elapsed_ns, frame.elapsed_ns)
        self._pending.setdefault(max(frame.second, self._closed_s), []).append(recording)
        self._latest_s[frame.worker] = frame.elapsed_ns // NS_PER_S
        newest = max(self._latest_s)
        running = [
            second
            for worker, second in enumerate(self._latest_s)
            if worker not in self.usages and newest - second <= SILENT_S
        ]
        self._close_seconds(min(running, default=newest))

    def _take_setup(self, recording: Recording) -> None:
        """Keep apart what is sent around the journeys."""
        for number in self.names.setups & recording.tallies.keys():
            tally = recording.tallies.pop(number)
            self.unmeasured_sent += tally.sent
            self.setup.setdefault(number, Tally()).merge(tally)

    def finish(self) -> None:
        """No more frames: close what is pending."""
        self._close_seconds(max(self._pending, default=-1) + 1)

    def _close_seconds(self, before: int) -> None:
        for t_s in sorted(second for second in self._pending if second < before):
            first, *others = self._pending.pop(t_s)
            recording = Recording() if others else first
            for part in (first, *others) if others else ():
                recording.merge(part)
            self._close(t_s, recording)
        self._closed_s = max(self._closed_s, before)

    def _close(self, t_s: int, recording: Recording) -> None:
        self.total.merge(recording)
        sums = recording.total()
        self.window_ok += sums.ok
        self.window_done += sums.sent
        for tally in self._journeys(recording):
            self.journeys.ok += tally.ok
            self.journeys.failed += tally.failed
        response = sums.clocks.get("response") or sums.clocks.get("service") or Histogram()
        p50_us = p99_us = None
        if response.total:
            p50_us, p99_us = response.quantiles_us((0.5, 0.99))
            self.last_p99_us = p99_us
        self.seconds.append(SecondRow(t_s, sums.ok, sums.failed, sums.sent, p50_us, p99_us, sums.payload))
        self._add_block(Slice(t_s, 1, sums.ok, sums.failed, response))
        self._on_second(t_s, recording)

    def _journeys(self, recording: Recording) -> list[Tally]:
        return [tally for number, tally in recording.transactions.items() if self.names[number][0] is Kind.JOURNEY]

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
            self.blocks.append(Slice(start, self._block_s))
        self.blocks[-1].add(part)
