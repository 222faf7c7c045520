"""A run under way as a sink: what of its report there is so far, and in the end the whole, as HTML."""

from collections.abc import Callable
from dataclasses import replace

from loadgen.measure.histogram import Histogram
from loadgen.measure.names import Kind
from loadgen.measure.recording import Tally
from loadgen.observe.export.events import Began, Ended, Interval, State
from loadgen.observe.export.sinks.base import Sink
from loadgen.observe.so_far import SoFar, add_to, result_of
from loadgen.report.run.html import run_html
from loadgen.report.run.live_html import distribution, live_body
from loadgen.report.run.run_report import RunReport
from loadgen.results.result import Rate, Result, ThresholdRow
from loadgen.results.summary import clocks_of, encoded, latencies
from loadgen.session.blocks import Blocks, add_to_blocks, course_of
from loadgen.session.windows import slice_of

DRAWN_EVERY = 10
"""Seconds from one drawing of the distribution to the next."""


class LiveBody(Sink):
    """`show` is given the HTML of each new state."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._so_far = _RunSoFar(Began())
        self._state = State()

    def began(self, run: Began) -> None:
        self._so_far, self._state = _RunSoFar(run), State()
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


class _RunSoFar:
    """A run under way, as the parts of a Result that a page can show."""

    def __init__(self, run: Began) -> None:
        self.title = run.name if run.target in run.name else f"{run.name}: {run.target}"
        self._thresholds: list[ThresholdRow] = run.thresholds
        self._so_far = SoFar()
        self._journeys: dict[str, Tally] = {}
        self._courses: dict[str, Blocks] = {}
        self._distribution = ""
        self._drawn_at = 1 - DRAWN_EVERY

    def add(self, interval: Interval) -> None:
        """One more; the rest is in no second."""
        self._thresholds = interval.thresholds or self._thresholds
        requests = {name: tally for (group, name), tally in interval.tallies.items() if group == "request"}
        journeys = interval.of_kind(Kind.JOURNEY)
        add_to(self._journeys, journeys)
        for name, tally in journeys.items() if not interval.rest else ():
            add_to_blocks(self._courses, name, slice_of(int(interval.t_s), tally))
        if interval.rest:
            self._so_far.add(requests)
        else:
            self._so_far.add_second(interval.t_s, interval.users, requests)

    def result(self) -> Result:
        """What there is so far."""
        tallies, seconds = self._so_far.tallies, self._so_far.seconds
        result = result_of(tallies, tallies)
        duration_s = seconds[-1].t_s + 1 if seconds else 0.0
        ledger = result.ledger
        journeys = result_of(self._journeys, self._journeys).requests
        return replace(
            result,
            transactions={
                name: replace(part, kind="journey", course=course_of(self._courses.get(name)))
                for name, part in journeys.items()
            },
            duration_s=duration_s,
            rate=Rate(0.0, ledger.sent / duration_s, ledger.ok / duration_s) if duration_s else Rate(),
            latency_ms=latencies(self._clocks()),
            thresholds=self._thresholds,
            timeline=list(seconds),
        )

    def distribution(self) -> str:
        """How response times are spread, as HTML: as it was a moment ago, since to draw it takes some 20 ms."""
        seconds = len(self._so_far.seconds)
        if seconds >= self._drawn_at + DRAWN_EVERY:
            self._drawn_at = seconds
            clocks = self._clocks()
            self._distribution = distribution(
                Result(duration_s=seconds, latency_ms=latencies(clocks), histograms=encoded(clocks))
            )
        return self._distribution

    def whole(self, result: Result) -> Result:
        """The Result of the end, with the seconds that were seen."""
        return replace(result, timeline=result.timeline or list(self._so_far.seconds))

    def _clocks(self) -> dict[str, Histogram]:
        total = Tally()
        for tally in self._so_far.tallies.values():
            total.merge(tally)
        return clocks_of(total)
