"""Transactions: what takes several requests, or none: journeys, groups, calls; and what scripts say themselves."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from operator import add
from typing import TypeVar

from loadgen.base.clock import now_ns
from loadgen.base.error_class import ErrorClass
from loadgen.measure.metric_sums import Form, MetricValues
from loadgen.measure.names import Kind, Names
from loadgen.measure.recording import CENSORED, ErrorCount, Recording, Tally
from loadgen.plan.jobs.http import RequestPart

T = TypeVar("T")
MOST_EXAMPLE = 2000
"""Characters of an example: the end of a traceback says more than its beginning."""


class TransactionSamples:
    """Good ones of one name, in nanoseconds. A lag, where send lag is measured, is appended before its sample."""

    __slots__ = ("lags", "number", "samples")

    def __init__(self, number: int) -> None:
        self.number = number
        self.samples: list[int] = []
        self.lags: list[int] = []


class Transactions:
    """Those of one worker, by the numbers of their names. Any thread may write, and one folds.

    `paced`: send lag is measured. `redact` cleans the text of errors.
    """

    def __init__(
        self,
        clock: Callable[[], int] = now_ns,
        *,
        names: Names | None = None,
        redact: Callable[[bytes], str] = bytes.decode,
        paced: bool = False,
    ) -> None:
        self._clock = clock
        self._redact = redact
        self._paced = paced
        self._known: dict[tuple[int, int], TransactionSamples] = {}
        self._samples: list[TransactionSamples] = []
        self._lost: list[tuple[int, ErrorClass, int, int, str, str]] = []
        self._waits: list[tuple[int, int]] = []
        self._checks: list[tuple[int, bool]] = []
        self._metrics: dict[int, MetricValues] = {}
        self._names = names or Names([(Kind.GROUP, "")])
        self._own = next(iter(self._names.of(Kind.GROUP).values()), 0)
        self._begun = 0
        self._open: dict[int, tuple[int, int | None]] = {}
        self._ended: list[tuple[ErrorClass | None, int, int, int | None]] = []

    def number(self, kind: Kind, name: str) -> int:
        """That of a name, for good. Raises TooManyNamesError."""
        return self._names.number(kind, name)

    def samples(self, number: int) -> TransactionSamples:
        """Where the calling thread writes good ones; keep it."""
        key = (number, threading.get_ident())
        samples = self._known.get(key)
        if samples is None:
            samples = self._known[key] = TransactionSamples(number)
            self._samples.append(samples)
        return samples

    def fail(
        self, number: int, error: ErrorClass, took_ns: int, lag_ns: int = 0, detail: str = "", example: str = ""
    ) -> None:
        """One that failed. The first `detail`, on one line, and the first `example` of each error are kept."""
        self._lost.append((number, error, took_ns, lag_ns, detail, example))

    def unfinished(self, number: int, so_far_ns: int, lag_ns: int = 0) -> None:
        """One that was under way at the end: neither good nor failed."""
        self._lost.append((number, ErrorClass.CUT, so_far_ns, lag_ns, "", ""))

    def never_started(self, number: int, waited_ns: int) -> None:
        """One that was due and never started."""
        self._waits.append((number, waited_ns))

    def check(self, number: int, good: bool) -> None:
        """A check of the script's own held, or not."""
        self._checks.append((number, good))

    def metric(self, number: int, form: Form = "trend", unit: str = "") -> MetricValues:
        """Where values of a metric go; keep it."""
        return self._metrics.setdefault(number, MetricValues(number, form, unit))

    # What begins in one place and ends in another, of the one name that the job has.

    def begin(self, part: int | None = None) -> int:
        """Another one, whose first request is sent now. It counts as of that `part`, too: the number of its name."""
        self._begun += 1
        self._open[self._begun] = self._clock(), part
        return self._begun

    def end(self, begun: int, error: ErrorClass | None, payload: int = 0) -> None:
        """It is done, and has moved `payload` bytes of the application's data; or it has failed, for the first time.

        One whose request was cut off has neither been done nor failed.
        """
        if error is ErrorClass.CUT:
            return
        began_ns, part = self._open.pop(begun, (None, None))
        if began_ns is not None:
            self._ended.append((error, self._clock() - began_ns, payload, part))

    def numbers(self, parts: Mapping[int, RequestPart]) -> dict[int, int]:
        """Those of the names of parts. Raises TooManyNamesError."""
        return {each: self._names.number(Kind.PART, part.name) for each, part in parts.items()}

    # The reader.

    def fold(self, recording: Recording) -> None:
        """Move the good ones into `recording`."""
        for samples in self._samples[:]:
            if samples.samples:
                self._take_samples(recording, samples)

    def take(self, recording: Recording, *, last: bool = False) -> None:
        """Move all that came since the last time into `recording`. `last`: nobody writes any more; what was begun and
        has not ended is unknown, and its time so far a lower bound.
        """
        self.fold(recording)
        for lost in _taken(self._lost):
            self._take_lost(recording, *lost)
        for number, waited_ns in _taken(self._waits):
            for clock in ("response", "send_lag"):
                recording.transaction(number).clock(clock + CENSORED).add(waited_ns // 1000)
        for (number, good), times in Counter(_taken(self._checks)).items():
            tally = recording.transaction(number)
            tally.ok, tally.failed = (tally.ok + times, tally.failed) if good else (tally.ok, tally.failed + times)
        for metric in list(self._metrics.values()):
            if values := _taken(metric.values):
                recording.metric(metric.number, metric.form, metric.unit).add(values)
        for error, took_ns, payload, part in _taken(self._ended):
            for tally in self._own_tallies(recording, part):
                if error is None:
                    tally.ok += 1
                    tally.payload += payload
                else:
                    tally.failed += 1
                tally.clock("service" if error is None else "failed").add(took_ns // 1000)
        if last:
            now = self._clock()
            for began_ns, part in self._open.values():
                for tally in self._own_tallies(recording, part):
                    tally.unknown += 1
                    tally.clock("service" + CENSORED).add((now - began_ns) // 1000)
            self._open.clear()

    def _own_tallies(self, recording: Recording, part: int | None) -> list[Tally]:
        own = recording.transaction(self._own)
        return [own] if part is None else [own, recording.parts.setdefault(part, Tally())]

    @staticmethod
    def _take_samples(recording: Recording, samples: TransactionSamples) -> None:
        tally = recording.transaction(samples.number)
        taken = _taken(samples.samples)
        tally.ok += len(taken)
        tally.clock("service").add_ns(taken)
        if samples.lags:
            lags = samples.lags[: len(taken)]
            del samples.lags[: len(taken)]
            tally.clock("send_lag").add_ns(lags)
            tally.clock("response").add_ns(list(map(add, taken, lags)))

    def _take_lost(
        self, recording: Recording, number: int, error: ErrorClass, took_ns: int, lag_ns: int, detail: str, example: str
    ) -> None:
        tally = recording.transaction(number)
        if error is ErrorClass.CUT:
            tally.unknown += 1
            tally.clock("service" + CENSORED).add(took_ns // 1000)
            if self._paced:
                tally.clock("response" + CENSORED).add((took_ns + lag_ns) // 1000)
                tally.clock("send_lag").add(lag_ns // 1000)
            return
        tally.failed += 1
        tally.clock("failed").add(took_ns // 1000)
        if error not in tally.errors:
            message, shown = (self._redact(text.encode("utf-8", "replace")) for text in (detail, example))
            tally.errors[error] = ErrorCount(0, message or error.text, shown[-MOST_EXAMPLE:])
        tally.errors[error].count += 1


def _taken(items: list[T]) -> list[T]:
    taken = items[: len(items)]
    del items[: len(taken)]
    return taken
