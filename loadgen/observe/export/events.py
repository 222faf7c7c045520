"""What happens in a run, for sinks: its beginning, its seconds, and its end."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Literal, TypeVar

from loadgen.base.dataclass import dataclass
from loadgen.measure.histogram import Histogram
from loadgen.measure.metric_sums import MetricSums
from loadgen.measure.names import Kind
from loadgen.measure.progress import RunSecond
from loadgen.measure.recording import CENSORED, Tally
from loadgen.results.encoded import decode_clocks
from loadgen.results.requests import RequestResult
from loadgen.results.result import Result, ThresholdRow
from loadgen.results.summary import clocks_of

Group = Literal["request", "transaction", "check"]
Key = tuple[Group, str]
"""A name, and whether it is of requests, of transactions (journeys, groups, calls), or of a check of a scenario's."""

MOST_NAMES = 200
"""Each name is a row a second, and in a database a series for each figure."""

OTHERS = "(other names)"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Began:
    """A run begins: which of several, from 1; of what, what it has to meet, and its labels. `at_s` are seconds of the
    epoch.
    """

    round: int = 1
    name: str = ""
    target: str = ""
    at_s: float = 0.0
    thresholds: list[ThresholdRow] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """How a run is at one moment. `elapsed_s` counts from the start gate, `done` are complete replies and errors."""

    elapsed_s: float = 0.0
    phase: str = "opening"
    done: int = 0


@dataclass(frozen=True, slots=True)
class Interval:
    """What ended in a second that begins `t_s` after the opening of the measured window, by name.

    The `rest` is what the whole run holds beyond the seconds that were told: what ended after the window, and what was
    dropped on the way. With it the intervals of a run add up to its Result. `thresholds` are as they stand after a
    second, `values` those of a scenario's own metrics, by name; `kinds` says what each transaction is.
    """

    t_s: float
    at_s: float
    users: int
    tallies: Mapping[Key, Tally]
    lag: Histogram = field(default_factory=Histogram)
    rest: bool = False
    thresholds: list[ThresholdRow] = field(default_factory=list)
    values: Mapping[str, MetricSums] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)

    def of_kind(self, kind: Kind) -> dict[str, Tally]:
        """The transactions of a kind, by name."""
        return {
            name: tally
            for (group, name), tally in self.tallies.items()
            if group == "transaction" and self.kinds.get(name) is kind
        }


@dataclass(frozen=True, slots=True)
class Ended:
    """A run is over. `dropped` are seconds that came too fast for this process."""

    result: Result
    at_s: float
    dropped: int = 0


class Capped:
    """The first names of a run, as many as are told one by one; the others count together."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self._most = most
        self._kept: set[Key] = set()
        self._others: set[Key] = set()

    @property
    def note(self) -> str:
        """What is to be said of it; empty where all names are told."""
        if not self._others:
            return ""
        return f"exporters tell {self._most} of {self._most + len(self._others):,} names; the others are {OTHERS!r}"

    def tallies(self, named: Iterator[tuple[Key, Tally]]) -> dict[Key, Tally]:
        """By the names that are told; a tally that is added to is a new one."""
        tallies: dict[Key, Tally] = {}
        for key, tally in named:
            known = self._key(key)
            if known == key:
                tallies[key] = tally
            else:
                tallies.setdefault(known, Tally()).merge(tally)
        return tallies

    def _key(self, key: Key) -> Key:
        if key in self._kept:
            return key
        if len(self._kept) < self._most:
            self._kept.add(key)
            return key
        self._others.add(key)
        return key[0], OTHERS


def named_in(second: RunSecond) -> Iterator[tuple[Key, Tally]]:
    """All that a second holds by name."""
    for name, tally in second.requests.items():
        yield ("request", name), tally
    for name, tally in second.transactions.items():
        yield ("transaction", name), tally
    for name, tally in second.checks.items():
        yield ("check", name), tally


def named_of(result: Result) -> Iterator[tuple[Key, Tally]]:
    """The same of a whole run. Raises UsageError for a damaged histogram."""
    for name, part in result.requests.items():
        yield ("request", name), _tally(part)
    for name, part in result.transactions.items():
        yield ("transaction", name), _tally(part)
    for name, check in result.checks.items():
        yield ("check", name), Tally(check.ok, check.failed)


def kinds_of(result: Result) -> dict[str, Kind]:
    """What each transaction of a whole run is."""
    return {name: Kind(part.kind) for name, part in result.transactions.items()}


def values_of(result: Result) -> dict[str, MetricSums]:
    """What a scenario's own metrics came to in a whole run."""
    return {name: metric.sums for name, metric in result.metrics.items()}


def _tally(part: RequestResult) -> Tally:
    tally = Tally(part.ledger.ok, part.ledger.failed, part.ledger.unknown, part.bytes.sent, part.bytes.received)
    tally.payload = part.payload_bytes
    tally.statuses = {int(status): times for status, times in part.status_codes.items()}
    tally.codes = dict(part.error_codes)
    tally.clocks = decode_clocks(part.histograms)
    return tally


class Sums:
    """What was told so far, by name."""

    def __init__(self) -> None:
        self.tallies: dict[Key, Tally] = {}
        self.values: dict[str, MetricSums] = {}

    def add(self, interval: Interval) -> None:
        """Add up; what is given stays as it is."""
        for key, tally in interval.tallies.items():
            self.tallies.setdefault(key, Tally()).merge(tally)
        for name, sums in interval.values.items():
            self.values.setdefault(name, MetricSums(sums.form, sums.unit)).merge(sums)

    def rest(self, whole: Mapping[Key, Tally]) -> dict[Key, Tally]:
        """What `whole` has beyond it, by the names that have something."""
        rests = {key: _rest(tally, self.tallies.get(key, Tally())) for key, tally in whole.items()}
        return {key: tally for key, tally in rests.items() if tally.sent or tally.clocks}

    def rest_of_values(self, whole: Mapping[str, MetricSums]) -> dict[str, MetricSums]:
        """The same of metrics; least and greatest are those of the whole."""
        rests = {name: _rest_of_values(sums, self.values.get(name, MetricSums())) for name, sums in whole.items()}
        return {name: sums for name, sums in rests.items() if sums.count}


def _implied(part: Tally) -> set[str]:
    """The clocks that a plain closed loop leaves out: to what was told without them, the rest adds none."""
    implied = {"response", "send_lag"} if "service" in part.clocks and "response" not in part.clocks else set()
    bounds = "response" + CENSORED
    return implied | ({bounds} if "service" + CENSORED in part.clocks and bounds not in part.clocks else set())


def _rest_of_values(whole: MetricSums, part: MetricSums) -> MetricSums:
    values = _minus(whole.values, part.values)
    count = whole.count - part.count
    return MetricSums(whole.form, whole.unit, count, whole.sum - part.sum, whole.min, whole.max, values)


def _rest(whole: Tally, part: Tally) -> Tally:
    rest = Tally(
        max(0, whole.ok - part.ok),
        max(0, whole.failed - part.failed),
        max(0, whole.unknown - part.unknown),
        max(0, whole.bytes_sent - part.bytes_sent),
        max(0, whole.bytes_received - part.bytes_received),
        max(0, whole.payload - part.payload),
    )
    rest.statuses = _minus(whole.statuses, part.statuses)
    rest.codes = _minus(whole.codes, part.codes)
    told = clocks_of(part)
    implied = _implied(part)
    for name, counts in clocks_of(whole).items():
        if name in implied:
            continue
        buckets = _minus(counts.buckets, told.get(name, Histogram()).buckets)
        if buckets:
            rest.clocks[name] = Histogram(buckets.items())
    return rest


def _minus(counts: Mapping[T, int], others: Mapping[T, int]) -> dict[T, int]:
    left = {key: count - others.get(key, 0) for key, count in counts.items()}
    return {key: count for key, count in left.items() if count > 0}
