"""Recording: what one or many workers saw, as plain sums; merging is adding, and loses nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Literal

from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import ConnectionCounts
from loadgen.measure.exemplar import Exemplar, slowest_of
from loadgen.measure.histogram import Histogram
from loadgen.measure.metric_sums import Form, MetricSums
from loadgen.measure.names import Name
from loadgen.measure.reply_hints import FirstReply

CENSORED = "_censored"
Window = Literal["warmup", "measured", "drain", "cooldown"]


@dataclass(slots=True)
class ErrorCount:
    """How often one class of error came, with the first message and example (redacted)."""

    count: int = 0
    message: str = ""
    example: str = ""


@dataclass(slots=True)
class Tally:
    """All that was seen of one name, of a request or a transaction, or of a check, which has `ok` and `failed` alone.

    `codes` counts the application's own error codes, `payload` the bytes of its data that good replies moved.
    `redirects_to` is the first Location (redacted) of a good reply, `first_reply` what the first of all was like.

    `clocks` holds Histogram by clock name (`response`, `service`, `send_lag`, `failed`, and with the suffix
    `_censored` the lower bounds beside them; `first_byte` and `transfer` where phases are timed). In a closed loop
    without pauses only `service` is kept: `response` equals it and `send_lag` is zero.
    """

    ok: int = 0
    failed: int = 0
    unknown: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    payload: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    errors: dict[ErrorClass, ErrorCount] = field(default_factory=dict)
    clocks: dict[str, Histogram] = field(default_factory=dict)
    redirects_to: str = ""
    first_reply: FirstReply | None = None

    @property
    def sent(self) -> int:
        """Requests of this name that have ended."""
        return self.ok + self.failed + self.unknown

    def clock(self, name: str) -> Histogram:
        """The counts of one clock, made when first asked for."""
        counts = self.clocks.get(name)
        if counts is None:
            counts = self.clocks[name] = Histogram()
        return counts

    def merge(self, other: "Tally") -> None:
        """Add another's sums; the first example of each error stays."""
        self.ok += other.ok
        self.failed += other.failed
        self.unknown += other.unknown
        self.bytes_sent += other.bytes_sent
        self.bytes_received += other.bytes_received
        self.payload += other.payload
        self.redirects_to = self.redirects_to or other.redirects_to
        self.first_reply = self.first_reply or other.first_reply
        for status, times in other.statuses.items():
            self.statuses[status] = self.statuses.get(status, 0) + times
        for code, times in other.codes.items():
            self.codes[code] = self.codes.get(code, 0) + times
        for error, more in other.errors.items():
            count = self.errors.setdefault(error, ErrorCount(0, more.message, more.example))
            count.count += more.count
        for name, counts in other.clocks.items():
            self.clock(name).merge(counts)


@dataclass(slots=True)
class Recording:
    """The sums of all request names (by name id), connections, and the delay that the generator added itself.

    `opening` holds Histogram of the phases of an opening, `connect` and `tls`, where they are timed. `transactions` are
    the sums of journeys, groups and calls, each from its first request's sending to its last one's end, and of checks;
    `metrics` those of a script's own values; `parts` those of parts of requests, which are in `tallies` as well.
    `names` are those that are new since the worker's last recording,
    `log` lines of its log of requests, of which `log_lost` are missing; both are a frame's alone, and not merged.
    `slowest` are the slowest requests of each name, where they are kept.
    """

    tallies: dict[int, Tally] = field(default_factory=dict)
    connections: ConnectionCounts = field(default_factory=ConnectionCounts)
    loop_lag: Histogram = field(default_factory=Histogram)
    opening: dict[str, Histogram] = field(default_factory=dict)
    transactions: dict[int, Tally] = field(default_factory=dict)
    metrics: dict[int, MetricSums] = field(default_factory=dict)
    names: list[Name] = field(default_factory=list)
    log: str = ""
    log_lost: int = 0
    slowest: dict[int, list[Exemplar]] = field(default_factory=dict)
    parts: dict[int, Tally] = field(default_factory=dict)

    def tally(self, name_id: int) -> Tally:
        """The sums of one request name, made when first asked for."""
        tally = self.tallies.get(name_id)
        if tally is None:
            tally = self.tallies[name_id] = Tally()
        return tally

    def transaction(self, name_id: int) -> Tally:
        """The sums of one journey's, group's, call's or check's name, made when first asked for."""
        return self.transactions.setdefault(name_id, Tally())

    def metric(self, name_id: int, form: Form, unit: str) -> MetricSums:
        """The sums of one metric, made when first asked for."""
        return self.metrics.setdefault(name_id, MetricSums(form, unit))

    def renumber(self, numbers: Sequence[int]) -> None:
        """Give every name id `n` the number `numbers[n]` instead."""
        self.tallies = {numbers[name_id]: tally for name_id, tally in self.tallies.items()}
        self.transactions = {numbers[name_id]: tally for name_id, tally in self.transactions.items()}
        self.metrics = {numbers[name_id]: sums for name_id, sums in self.metrics.items()}
        self.parts = {numbers[name_id]: tally for name_id, tally in self.parts.items()}
        self.slowest = {numbers[name_id]: rows for name_id, rows in self.slowest.items()}

    def add_up_parts(self, wholes: Mapping[int, int]) -> None:
        """Put the sums of parts, which were written as if they were of requests, where they belong: beside those of the
        requests that they are of, and into them.
        """
        for number in wholes.keys() & self.tallies.keys():
            self.parts[number] = part = self.tallies.pop(number)
            self.tally(wholes[number]).merge(part)
        for number in wholes.keys() & self.slowest.keys():
            rows = self.slowest.pop(number)
            self.slowest[wholes[number]] = slowest_of([*self.slowest.get(wholes[number], ()), *rows])

    def merge(self, other: "Recording") -> None:
        """Add another's sums; both have the same numbers."""
        for name_id, tally in other.tallies.items():
            self.tally(name_id).merge(tally)
        for name_id, tally in other.transactions.items():
            self.transaction(name_id).merge(tally)
        for name_id, tally in other.parts.items():
            self.parts.setdefault(name_id, Tally()).merge(tally)
        for name_id, sums in other.metrics.items():
            self.metric(name_id, sums.form, sums.unit).merge(sums)
        for name_id, rows in other.slowest.items():
            self.slowest[name_id] = slowest_of([*self.slowest.get(name_id, ()), *rows])
        self.merge_connections(other)
        self.loop_lag.merge(other.loop_lag)

    def merge_connections(self, other: "Recording") -> None:
        self.connections.move_from(replace(other.connections))
        for phase, counts in other.opening.items():
            self.opening.setdefault(phase, Histogram()).merge(counts)

    def total(self) -> Tally:
        """All request names added up; to be read only, since the sums of a single name are returned as they are."""
        if len(self.tallies) == 1:
            return next(iter(self.tallies.values()))
        total = Tally()
        for tally in self.tallies.values():
            total.merge(tally)
        return total


@dataclass(frozen=True, slots=True)
class Usage:
    """What a worker cost: its CPU time in the window, and the figures of its process so far.

    `longest_stall_ns` is how much later than asked its loop woke up, at the worst: suspended, or without a core.
    `stalled_in` is where code of the user's own held it up the longest, as `shop.py:12 in buy`.
    `core_wait_ns` is how long its thread was ready to run and had none. Of `quota_periods` of the container's CPU quota
    `throttled_periods` used it up, and all in it stood still for `throttled_ns`. `process` is the number of its
    process, 0 for the coordinator's own: workers with the same number share its figures.
    """

    cpu_ns: int
    peak_rss_kb: int
    context_switches: int
    threads: int
    gc_pause_ns: int = 0
    longest_stall_ns: int = 0
    core_wait_ns: int = 0
    quota_periods: int = 0
    throttled_periods: int = 0
    throttled_ns: int = 0
    process: int = 0
    stalled_in: str = ""


@dataclass(slots=True)
class Frame:
    """What one worker saw since its last frame.

    `second` is the one in which the frame began and `elapsed_ns` when it was taken, both from the opening of the
    measured window. `window` says where in the run that was; only `measured` and `drain` (requests sent in the window
    that end after it) are measured. A worker's last frame has its `usage`. One that has `hung` says where code
    of the user's own is that did not come back, and has what was recorded up to there. One that is `refused` says why
    its process cannot do what was asked, and is the only one.
    """

    worker: int
    second: int
    elapsed_ns: int
    recording: Recording
    window: Window = "measured"
    usage: Usage | None = None
    hung: str | None = None
    refused: str | None = None
