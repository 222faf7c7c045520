"""A run under way as a sink: what of its report there is so far, and in the end the whole, as HTML."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import CENSORED, Tally
from loadgen.observe.export.sinks.base import Sink
from loadgen.observe.export.told import Began, Ended, Interval, State, Sums
from loadgen.report.run.html import run_html
from loadgen.report.run.live_html import distribution, live_body
from loadgen.report.run.run_report import RunReport
from loadgen.results.result import ErrorRow, Ledger, Rate, RequestResult, Result, Second, ThresholdRow
from loadgen.results.summary import clocks_of, encoded, latencies, summarise, to_ms

DRAWN_EVERY = 10
"""Seconds from one drawing of the distribution to the next."""


class LivePart(Sink):
    """`show` is given the HTML of each new state."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._so_far = _SoFar(Began())
        self._state = State()

    def began(self, run: Began) -> None:
        self._so_far, self._state = _SoFar(run), State()
        self._show_so_far("starting")

    def state(self, state: State) -> None:
        self._state = state
        if state.phase != "running":
            self._show_so_far(state.phase)

    def interval(self, interval: Interval) -> None:
        self._so_far.add(interval)
        if not interval.rest:
            self._show_so_far(f"running, {self._state.elapsed_s:.0f} s")

    def ended(self, end: Ended) -> None:
        page = run_html(RunReport((self._so_far.whole(end.result),)))
        self._show(page.partition("<body>\n")[2].rpartition("\n</body>")[0])

    def _show_so_far(self, state: str) -> None:
        so_far = self._so_far
        self._show(live_body(so_far.title, state, so_far.result(), so_far.distribution()))


class _SoFar:
    """What was told of a run, as the parts of a Result that a page can show."""

    def __init__(self, run: Began) -> None:
        self.title = run.name if run.target in run.name else f"{run.name}: {run.target}"
        self._thresholds: list[ThresholdRow] = run.thresholds
        self._sums = Sums()
        self._seconds: list[Second] = []
        self._distribution = ""
        self._drawn_at = 1 - DRAWN_EVERY

    def add(self, interval: Interval) -> None:
        """One more; the rest is in no second."""
        self._sums.add(interval)
        self._thresholds = interval.thresholds or self._thresholds
        if interval.rest:
            return
        total, response = _total(tally for (group, _), tally in interval.parts.items() if group == "request")
        figures = response.quantiles_us((0.5, 0.99, 0.9, 1.0)) if response.buckets else [None] * 4
        p50, p99, p90, highest = (None if value is None else to_ms(value) for value in figures)
        self._seconds.append(
            Second(
                interval.t_s, total.sent, total.ok, total.failed, p50, p99, total.payload, p90, highest,
                users=interval.users,
            )
        )  # fmt: skip

    def result(self) -> Result:
        """What there is so far."""
        named = {key: tally for key, tally in self._sums.parts.items() if key[0] == "request"}
        total, _ = _total(named.values())
        clocks = clocks_of(total)
        duration_s = self._seconds[-1].t_s + 1 if self._seconds else 0.0
        rate = Rate(0.0, total.sent / duration_s, total.ok / duration_s) if duration_s else Rate()
        errors = [
            ErrorRow(error.value, error.fault, count.message or error.text, count.count, count.example)
            for error, count in total.errors.items()
        ]
        return Result(
            duration_s=duration_s,
            ledger=_ledger(total),
            rate=rate,
            latency_ms=latencies(clocks),
            errors=errors,
            status_codes={str(status): times for status, times in sorted(total.statuses.items())},
            requests={name: _part(tally) for (_, name), tally in named.items()},
            thresholds=self._thresholds,
            timeline=self._seconds,
        )

    def distribution(self) -> str:
        """How response times are spread, as HTML: as it was a moment ago, since to draw it takes some 20 ms."""
        if len(self._seconds) >= self._drawn_at + DRAWN_EVERY:
            self._drawn_at = len(self._seconds)
            named = (tally for key, tally in self._sums.parts.items() if key[0] == "request")
            clocks = clocks_of(_total(named)[0])
            self._distribution = distribution(
                Result(duration_s=self._drawn_at, latency_ms=latencies(clocks), histograms=encoded(clocks))
            )
        return self._distribution

    def whole(self, result: Result) -> Result:
        """The Result of the end, with the seconds that were told."""
        return replace(result, timeline=result.timeline or self._seconds)


def _total(tallies: Iterable[Tally]) -> tuple[Tally, Histogram]:
    total = Tally()
    for tally in tallies:
        total.merge(tally)
    return total, clocks_of(total).get("response", Histogram())


def _ledger(tally: Tally) -> Ledger:
    return Ledger(tally.sent, tally.sent, 0, tally.ok, tally.failed, tally.unknown)


def _part(tally: Tally) -> RequestResult:
    clocks = clocks_of(tally)
    response = summarise(clocks.get("response", Histogram()), clocks.get("response" + CENSORED))
    return RequestResult(_ledger(tally), latency_ms={"response": response})
