"""What a run has come to so far, from its seconds: as the parts of a Result that a report can show."""

from collections import deque

from loadgen.base.dataclass import dataclass
from loadgen.measure.histogram import Histogram
from loadgen.measure.progress import RunSecond
from loadgen.measure.recording import CENSORED, Tally
from loadgen.observe.standing import Standing
from loadgen.plan.plan import Plan
from loadgen.results.result import ErrorRow, Latency, Ledger, RequestResult, Result
from loadgen.results.summary import clocks_of, summarise, to_ms

LAST_S = 10
"""Seconds of the shorter of the two windows of the table."""

COURSE_S = 60
"""Seconds that are kept for the charts."""


@dataclass(frozen=True, slots=True)
class CourseSecond:
    """One second of all requests, for the charts; milliseconds, None without a reply."""

    t_s: int
    sent: int = 0
    failed: int = 0
    p50_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None


class SoFar:
    """Adds up the seconds of a run."""

    def __init__(self, plan: Plan) -> None:
        self.standing = Standing(plan.thresholds)
        self.course: deque[CourseSecond] = deque(maxlen=COURSE_S)
        self.lag_ms: float | None = None
        self._seconds = 0
        self._whole: dict[str, Tally] = {}
        self._last: deque[RunSecond] = deque(maxlen=LAST_S)

    def add(self, second: RunSecond) -> None:
        """One more; what it holds stays as it is."""
        self.standing.add(second)
        self._seconds = second.t_s + 1
        for name, tally in second.requests.items():
            self._whole.setdefault(name, Tally()).merge(tally)
        self._last.append(second)
        self.course.append(_course(second))
        if second.loop_lag.buckets:
            self.lag_ms = to_ms(second.loop_lag.quantiles_us([0.99])[0])

    def result(self, most_names: int, *, last: bool) -> Result:
        """The whole so far, or with `last` its last seconds: names that failed most, then those that are most
        frequent; errors, status codes, and thresholds, which are always of the whole.
        """
        tallies = self._of_last() if last else self._whole
        total = Ledger()
        statuses: dict[int, int] = {}
        errors: dict[str, ErrorRow] = {}
        for tally in tallies.values():
            total = _plus(total, tally)
            for status, times in tally.statuses.items():
                statuses[status] = statuses.get(status, 0) + times
            for error, count in tally.errors.items():
                known = errors.get(error.value, ErrorRow(error.value, error.fault, count.message or error.text))
                times, example = known.count + count.count, known.example or count.example
                errors[error.value] = ErrorRow(error.value, error.fault, known.message, times, example)
        shown = sorted(tallies, key=lambda name: (-tallies[name].failed, -tallies[name].sent, name))[:most_names]
        return Result(
            duration_s=float(min(LAST_S, self._seconds) if last else self._seconds),
            ledger=total,
            status_codes={str(status): times for status, times in sorted(statuses.items())},
            errors=sorted(errors.values(), key=lambda row: (-row.count, row.error_class)),
            requests={name: _part(tallies[name]) for name in shown},
            thresholds=self.standing.rows(),
        )

    @property
    def names(self) -> int:
        """How many request names have been seen."""
        return len(self._whole)

    def _of_last(self) -> dict[str, Tally]:
        tallies: dict[str, Tally] = {}
        for second in self._last:
            if second.t_s > self._seconds - 1 - LAST_S:
                for name, tally in second.requests.items():
                    tallies.setdefault(name, Tally()).merge(tally)
        return tallies


def _course(second: RunSecond) -> CourseSecond:
    response = Histogram()
    sent = failed = 0
    for tally in second.requests.values():
        sent += tally.sent
        failed += tally.failed
        response.merge(clocks_of(tally).get("response", Histogram()))
    if not response.buckets:
        return CourseSecond(second.t_s, sent, failed)
    p50, p99, highest = map(to_ms, response.quantiles_us((0.5, 0.99, 1.0)))
    return CourseSecond(second.t_s, sent, failed, p50, p99, highest)


def _plus(ledger: Ledger, tally: Tally) -> Ledger:
    sent = ledger.sent + tally.sent
    return Ledger(sent, sent, 0, ledger.ok + tally.ok, ledger.failed + tally.failed, ledger.unknown + tally.unknown)


def _part(tally: Tally) -> RequestResult:
    clocks = clocks_of(tally)
    values, bounds = clocks.get("response", Histogram()), clocks.get("response" + CENSORED)
    if bounds is not None or not values.buckets:
        response = summarise(values, bounds)
    else:  # what is shown of it alone: this is done for each name once a second
        p50, p99, highest = map(to_ms, values.quantiles_us((0.5, 0.99, 1.0)))
        response = Latency(values.total, p50=p50, p99=p99, max=highest)
    return RequestResult(_plus(Ledger(), tally), latency_ms={"response": response})
