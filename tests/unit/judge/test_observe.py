"""One definition of the error rate, whoever asks: -T, abort, --abort-if, gate, compare, OpenMetrics and Markdown."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from loadgen.base.clock import NS_PER_S
from loadgen.base.error_class import ErrorClass
from loadgen.guard.shared_state import SharedState, Slot
from loadgen.judge.comparison import summary
from loadgen.judge.figures import Figures
from loadgen.judge.foresight import Foresight
from loadgen.judge.gate import Baseline, judge_gate, parse_margins
from loadgen.judge.observe import Sums, observe, stretch_of
from loadgen.judge.thresholds import judge_thresholds
from loadgen.measure.names import names_of
from loadgen.measure.recorder import Recorder
from loadgen.measure.recording import Frame, Recording, Usage
from loadgen.plan.condition import parse_condition
from loadgen.plan.metrics import metric_named
from loadgen.plan.plan import Plan, StopRules
from loadgen.report.files.markdown import render_markdown
from loadgen.report.files.openmetrics import render_openmetrics
from loadgen.results.result import Result
from loadgen.session.abort import AbortWatch
from loadgen.session.assemble import Ending, assemble
from loadgen.session.collector import Collector
from tests.support.fakes import BOOTED_NS, make_plan, thresholds

ERROR_RATE = metric_named("error_rate")


def plan() -> Plan:
    return make_plan(
        stop=StopRules(abort_if=(parse_condition("error_rate > 0% min 1", use="abort"),)),
        thresholds=thresholds("error_rate < 100%"),
    )


@dataclass
class Run:
    """One second of a run: 180 good replies, 15 bad ones and 5 that never came, and what is nobody's failure."""

    recording: Recording
    control: SharedState

    @property
    def result(self) -> Result:
        collected = Collector(1, names=names_of(plan().job))
        collected.add(Frame(0, 0, NS_PER_S, self.recording, usage=Usage(0, 0, 0, 0, process=1)))
        ending = Ending("completed", "", 1.0, (), whole=True)
        return assemble(plan(), self.control, collected, datetime.now(UTC), 0.0, ending)


@contextmanager
def ran(own: int, unknown: int, in_flight: int = 7) -> Iterator[Run]:
    recorder = Recorder(str, paced=False)
    for status, error, times in ((200, None, 180), (500, ErrorClass.UNEXPECTED_STATUS, 15)):
        for _ in range(times):
            recorder.replies(0, status, error).add(1000, 10)
    for error, times in ((ErrorClass.TIMEOUT, 5), (ErrorClass.NO_PORTS, own), (ErrorClass.CUT, unknown)):
        for _ in range(times):
            recorder.lose(0, error, 2000, 0, "", b"")
    control = SharedState.create(1)
    ok, failed = recorder.judged
    control.put(0, Slot.OK, ok)
    control.put(0, Slot.FAILED_WITH_OK, failed)
    control.put(0, Slot.SENT, 200 + own + unknown + in_flight)
    watch = AbortWatch(plan(), control, names_of(plan().job))
    assert watch.check(BOOTED_NS) == "error_rate > 0% min 1 (observed 10.0%)"
    control.put(0, Slot.SENT, 200 + own + unknown)  # what was in flight belongs to another second
    try:
        yield Run(recorder.take(), control)
    finally:
        control.close()


@pytest.mark.parametrize(("own", "unknown"), [(0, 0), (100, 0), (0, 50), (100, 50)])
def test_the_error_rate_is_the_same_whoever_asks(own: int, unknown: int) -> None:
    """Failures of the target over what ended in a reply or in such a failure: 20 of 200, whatever else came."""
    with ran(own, unknown) as run:
        result, tally = run.result, run.recording.total()
    live = observe(ERROR_RATE, stretch_of(tally, 1.0))
    saved = Figures(result).observe(ERROR_RATE)
    assert live is not None
    assert saved is not None
    assert (live.low, live.high, live.samples) == (saved.low, saved.high, saved.samples) == (0.1, 0.1, 200)

    (row,) = judge_thresholds(result, plan().thresholds)
    assert (row.verdict, row.observed) == ("pass", 0.1)
    certain = Foresight(parse_condition("error_rate <= 0% abort", use="threshold"))
    assert certain.look(tally) == "20 of 200 requests failed: 10.00%, where 0% may"

    compared = summary([result])["error_rate"]
    assert compared is not None
    assert (compared.low, compared.high) == pytest.approx((0.1, 0.1))
    if not own:  # a run with so many faults of its own is invalid, and no baseline
        before = Baseline("main", (result,), tuple(parse_margins("error_rate: 1%", ())), anyway=True)
        gate = judge_gate([result], baseline=before)
        change = gate.regressions[0].change
        assert (change.before, change.after) == pytest.approx((0.1, 0.1))
    (judged,) = judge_gate([result], thresholds=["error_rate <= 10%"]).result.thresholds
    assert (judged.verdict, judged.observed) == ("pass", 0.1)

    assert "\nloadgen_error_ratio 0.1\n" in render_openmetrics(result)
    assert re.search(r"\| 20 \(10(\.0+)?%\) \|", render_markdown(result, []))


def test_rounds_of_which_one_had_faults_of_its_own_are_still_one_error_rate() -> None:
    results = []
    for own in (0, 100):
        with ran(own, 0) as run:
            results.append(run.result)
    (judged,) = judge_gate(results, thresholds=["error_rate <= 10%"]).result.thresholds
    assert (judged.verdict, judged.observed) == ("pass", 0.1)


def test_what_lies_between_is_an_interval_of_both_ends() -> None:
    """Of 8 failures up to 5 are the generator's, it is not known which: 3 of 5 to 8 of 10."""
    window = stretch_of(Recording().total())
    assert observe(ERROR_RATE, window) is None
    sums = Sums(ok=2, failed=8, sent=10, own=5)
    low_high = observe(ERROR_RATE, type(window)(sums, 1.0))
    assert low_high is not None
    assert (low_high.low, low_high.high, low_high.is_exact) == (0.6, 0.8, False)
