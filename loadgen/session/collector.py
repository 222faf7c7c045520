"""The collector: frames of all workers, added up second by second. One thread only: the coordinator's loop."""

from collections.abc import Callable, Iterable, Mapping

from loadgen.base.clock import NS_PER_S
from loadgen.base.dataclass import dataclass
from loadgen.measure.histogram import Histogram
from loadgen.measure.names import Kind, Names
from loadgen.measure.recording import Frame, Recording, Tally, Usage
from loadgen.plan.condition import Condition
from loadgen.session.blocks import Blocks, Slice, add_to_blocks
from loadgen.session.windows import Windows, response_of, slice_of

SILENT_S = 2
"""A worker that is further behind the others holds no second up. On a busy machine healthy ones were a second late."""

OnSecond = Callable[[int, Recording], None]


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
    p90_us: int | None = None
    max_us: int | None = None
    users: int = 0


def _nobody(_t_s: int, _recording: Recording) -> None:
    """Looks at no second."""


def _unread(_lines: str, _lost: int) -> None:
    """Reads no log."""


class Collector:
    """`total` holds everything measured and the connections of the whole run, `window_*` the sums at the window's end.

    Both are complete after `finish`; until then they lack the seconds that are not closed. A second closes when every
    worker that still reports is past it. What comes later than that is counted in the next one to close, so that the
    seconds always add up to the whole. `on_second` takes each as it closes, to be read only; `users` says how many have
    started then. `on_log` takes lines of the log of requests. `named` has blocks of the first names, where there are
    several, and `of_journeys` of the first journeys. `unmeasured_sent` are requests of the warm-up and the cool-down,
    of them `unmeasured_ok` good, and `unmeasured_failed` failed by the target's fault; `failed` are failures of the
    whole run, this machine's own among
    them. `names` are those of the run, in the order in which they came; name ids in a frame become theirs. `journeys`
    is what the window held of them, `unmeasured_journeys` how many ended outside of what is measured. `setup` are the
    requests that prepared, of the whole run, which are in no other sum but `unmeasured_sent`. `windows` has what those
    of the `thresholds` that have a window look at.
    """

    def __init__(
        self,
        workers: int,
        on_second: OnSecond = _nobody,
        names: Names | None = None,
        users: Callable[[], int] = lambda: 0,
        on_log: Callable[[str, int], None] = _unread,
        thresholds: Iterable[Condition] = (),
    ) -> None:
        self.total = Recording()
        self.names = names or Names(most=None)
        self.windows = Windows(thresholds, self.names)
        self.unmeasured_sent = 0
        self.unmeasured_ok = 0
        self.unmeasured_failed = 0
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
        self.named: dict[int, Blocks] = {}
        self.of_journeys: dict[int, Blocks] = {}
        self.last_p99_us: int | None = None
        self._on_second = on_second
        self._users = users
        self._on_log = on_log
        self._blocks = Blocks()
        self._alone: int | None = None
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
        if (recording.log or recording.log_lost) and frame.window in ("measured", "drain"):
            self._on_log(recording.log, recording.log_lost)
        self.failed += sum(tally.failed for tally in recording.tallies.values())
        self._take_setup(recording)
        if frame.usage is not None:
            self.usages[frame.worker] = frame.usage
        if frame.window in ("warmup", "cooldown"):
            done = recording.total()
            self.unmeasured_sent += done.sent
            self.unmeasured_ok += done.ok
            self.unmeasured_failed += sum(row.count for error, row in done.errors.items() if error.fault == "target")
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
        response = response_of(sums)
        p50_us = p90_us = p99_us = max_us = None
        if response.total:
            p50_us, p90_us, p99_us, max_us = response.quantiles_us((0.5, 0.9, 0.99, 1.0))
            self.last_p99_us = p99_us
        self.seconds.append(
            SecondRow(t_s, sums.ok, sums.failed, sums.sent, p50_us, p99_us, sums.payload, p90_us, max_us, self._users())
        )
        self._add_named(t_s, recording.tallies)
        for number, tally in recording.transactions.items():
            if self.names[number][0] is Kind.JOURNEY:
                add_to_blocks(self.of_journeys, number, slice_of(t_s, tally))
        every = Slice(t_s, 1, sums.ok, sums.failed, response)
        self._blocks.add(every)
        self.windows.add(t_s, recording, every)
        self._on_second(t_s, recording)

    @property
    def blocks(self) -> list[Slice]:
        """Of all requests."""
        return self._blocks.slices

    def _add_named(self, t_s: int, tallies: Mapping[int, Tally]) -> None:
        """Blocks of each name, once there are several; those of one alone are the blocks of all."""
        if not self.named:
            numbers = {*tallies, *([] if self._alone is None else [self._alone])}
            if len(numbers) < 2:
                self._alone = next(iter(numbers), None)
                return
            if self._alone is not None:
                self.named[self._alone] = self._blocks.copy()
        for number, tally in tallies.items():
            add_to_blocks(self.named, number, slice_of(t_s, tally))

    def _journeys(self, recording: Recording) -> list[Tally]:
        return [tally for number, tally in recording.transactions.items() if self.names[number][0] is Kind.JOURNEY]
