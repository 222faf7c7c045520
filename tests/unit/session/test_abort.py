from dataclasses import replace

import pytest

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.guard.shared_state import SharedState, Slot
from loadgen.measure.histogram import Histogram
from loadgen.measure.names import Kind, names_of
from loadgen.measure.recording import Recording, Tally
from loadgen.plan.condition import parse_condition
from loadgen.plan.jobs.http import RequestSpec
from loadgen.plan.jobs.scenario import Journey, ScenarioJob
from loadgen.plan.plan import StopRules
from loadgen.session.abort import AbortWatch, ThresholdWatch
from tests.support.fakes import BOOTED_NS, make_plan, thresholds

TWO = (RequestSpec("browse", "GET", "/"), RequestSpec("buy", "POST", "/"))


class Watch:
    """An AbortWatch on a control and a clock that the test turns. What does not fail is a good reply."""

    def __init__(self, *conditions):
        self.control = SharedState.create(1)
        stop = StopRules(abort_if=tuple(parse_condition(text, use="abort") for text in conditions))
        plan = make_plan(requests=TWO, stop=stop)
        self.watch = AbortWatch(plan, self.control, names_of(plan.job))
        self.now = BOOTED_NS
        self.sent = self.failed = 0

    def check(self, sent=0, failed=0, after_s=0.1):
        """So many more requests and failures, then a look."""
        self.now += round(after_s * NS_PER_S)
        self.sent += sent
        self.failed += failed
        self.control.put(0, Slot.SENT, self.sent)
        self.control.put(0, Slot.OK, self.sent - self.failed)
        self.control.put(0, Slot.FAILED_WITH_OK, self.failed)
        return self.watch.check(self.now)

    def frame(self, **tallies):
        """What a frame holds; `browse` and `buy` are Tallies."""
        recording = Recording()
        for index, name in enumerate(("browse", "buy")):
            if name in tallies:
                recording.tally(index).merge(tallies[name])
        self.watch.add(recording, self.now)


@pytest.fixture
def watching():
    made = []

    def make(*conditions):
        made.append(Watch(*conditions))
        return made[-1]

    yield make
    for watch in made:
        watch.control.close()


def test_without_conditions_nothing_is_kept_or_judged(watching):
    watch = watching()
    watch.frame(browse=Tally(failed=1000))
    assert watch.check(1000, 1000) is None


def test_an_error_rate_trips_when_it_is_above_the_limit_and_says_what_was_observed(watching):
    watch = watching("error_rate > 5% over 10s min 200")
    assert watch.check(1000, 50) is None  # 5 % is not more than 5 %
    assert watch.check(0, 1) == "error_rate > 5% over 10s min 200 (observed 5.1%)"


def test_an_error_rate_waits_for_its_minimum(watching):
    watch = watching("error_rate > 5% over 10s min 200")
    assert watch.check(199, 199) is None
    assert watch.check(1, 0) is not None


def test_only_the_last_seconds_count(watching):
    """100 failures in the first second; they leave the window when it is over for ten seconds."""
    watch = watching("failed >= 101 over 10s min 1")
    assert watch.check(100, 100, after_s=1) is None
    for _ in range(9):
        assert watch.check(10, 0, after_s=1) is None
    assert watch.check(10, 1, after_s=1) is None  # 11 s: the first hundred are out of it
    assert watch.check(100, 99, after_s=1) is None
    assert watch.check(10, 1, after_s=1) is not None


def test_conditions_with_different_windows_keep_to_their_own(watching):
    watch = watching("error_rate > 50% over 1s min 10", "error_rate > 20% over 60s min 10")
    for _ in range(30):
        assert watch.check(10, 1, after_s=1) is None
    assert "over 1s" in watch.check(10, 6, after_s=1)
    for _ in range(10):
        watch.check(10, 5, after_s=1)
    assert "over 60s" in watch.check(10, 5, after_s=1)


@pytest.mark.parametrize(
    "condition",
    ["rps < 100 over 5s min 1", "sent < 500 over 5s min 1", "ok_rps < 100 over 5s min 1", "ok <= 499 over 5s min 1"],
)
def test_too_little_is_not_judged_before_a_whole_window_has_passed(watching, condition):
    watch = watching(condition)
    for _ in range(50):
        watch.frame(browse=Tally(ok=10))
        assert watch.check(10) is None
    for _ in range(19):
        watch.frame(browse=Tally(ok=5))
        last = watch.check(5)
    assert condition in last


@pytest.mark.parametrize(
    "condition", ["rps > 100 over 5s min 1", "failed > 500 over 5s min 1", "unknown > 500 over 5s min 1"]
)
def test_too_much_is_seen_before_the_first_window_is_full(watching, condition):
    watch = watching(condition)
    watch.frame(browse=Tally(unknown=501))
    assert watch.check(501, 501) is not None


@pytest.mark.parametrize("metric", ["ok", "unknown", "ok_rps", "bytes_sent_per_s", "bytes_received_per_s"])
def test_sums_wait_for_their_minimum_too(watching, metric):
    value = "0/s" if metric.endswith("rps") else "0B/s" if metric.endswith("_per_s") else "0"
    watch = watching(f"{metric} >= {value} over 1s min 20")
    watch.frame(browse=Tally(ok=19))
    assert watch.check(19) is None
    watch.frame(browse=Tally(ok=1))
    assert watch.check(1) is not None


def test_a_condition_on_one_request_looks_at_that_request(watching):
    watch = watching("buy:error_rate > 10% over 10s min 20")
    watch.frame(browse=Tally(failed=100), buy=Tally(ok=19, failed=2))
    assert watch.check(121, 102) is None  # 2 of 21 are 9.5 %
    watch.frame(buy=Tally(failed=1))
    assert watch.check(1, 1) == "buy:error_rate > 10% over 10s min 20 (observed 13.6%)"


def test_a_condition_on_one_request_forgets_old_frames(watching):
    watch = watching("buy:failed > 10 over 2s min 1")
    for _ in range(10):
        watch.frame(buy=Tally(failed=5))
        assert watch.check(after_s=1) is None


def latency(*values_us):
    counts = Histogram()
    for value in values_us:
        counts.add(value)
    return counts


@pytest.mark.parametrize(
    ("condition", "observed"),
    [
        ("p99 > 2ms over 10s min 3", "4 ms"),
        ("p50 > 1ms over 10s min 3", "1.5 ms"),
        ("max >= 4ms over 10s min 3", "4 ms"),
        ("min < 2ms over 10s min 3", "1 ms"),
        ("mean > 2ms over 10s min 3", "2.17 ms"),
        ("browse:p99 > 1ms over 10s min 2", "1.5 ms"),
        ("service.p99 > 2ms over 10s min 3", "4 ms"),
    ],
)
def test_a_latency_is_judged_over_the_frames_of_the_window(watching, condition, observed):
    watch = watching(condition)
    assert watch.check() is None
    watch.frame(
        browse=Tally(ok=2, clocks={"service": latency(1000, 1500)}), buy=Tally(clocks={"service": latency(4000)})
    )
    assert watch.check() == f"{condition} (observed {observed})"


def test_a_latency_waits_for_its_minimum_and_forgets_old_frames(watching):
    watch = watching("p50 > 1ms over 3s min 4")
    for _ in range(8):  # never more than three frames are in the window
        watch.frame(browse=Tally(clocks={"service": latency(5000)}))
        assert watch.check(after_s=1.01) is None
    watch.frame(browse=Tally(clocks={"service": latency(5000, 5000)}))
    assert watch.check(after_s=0.1) is not None


def test_the_first_condition_that_holds_is_told(watching):
    watch = watching("failed > 100 over 1s min 1", "failed > 10 over 1s min 1", "failed > 5 over 1s min 1")
    assert watch.check(20, 20).startswith("failed > 10")


def test_a_clock_that_starts_anywhere_gives_the_same_verdict(watching):
    for start in (0, 1, NS_PER_MS, 1 << 60):
        watch = watching("error_rate > 5% over 10s min 200")
        watch.now = start
        assert watch.check(1000, 51) is not None


def threshold_watch(plan):
    return ThresholdWatch(plan, names_of(plan.job))


def measured(**tallies):
    recording = Recording()
    for index, name in enumerate(("browse", "buy")):
        if name in tallies:
            recording.tally(index).merge(tallies[name])
    return recording


def test_a_threshold_that_is_lost_is_told_with_what_was_observed():
    watch = threshold_watch(make_plan(requests=TWO, thresholds=thresholds("p99 < 1s", "failed < 10 abort")))
    assert watch.check(measured(browse=Tally(failed=9)), BOOTED_NS) is None
    assert watch.check(measured(browse=Tally(failed=12)), BOOTED_NS + NS_PER_S) == "failed < 10 abort (12 already)"


def test_thresholds_are_looked_at_once_a_second():
    watch = threshold_watch(make_plan(thresholds=thresholds("failed < 10 abort")))
    lost = measured(browse=Tally(failed=12))
    assert watch.check(Recording(), BOOTED_NS) is None
    assert watch.check(lost, BOOTED_NS + NS_PER_S - 1) is None
    assert watch.check(lost, BOOTED_NS + NS_PER_S) is not None


def test_a_threshold_of_one_request_looks_at_that_request():
    watch = threshold_watch(make_plan(requests=TWO, thresholds=thresholds("buy:failed < 10 abort")))
    assert watch.check(measured(browse=Tally(failed=50), buy=Tally(failed=9)), BOOTED_NS) is None
    assert watch.check(measured(buy=Tally(failed=10)), BOOTED_NS + NS_PER_S) is not None


def test_a_planned_number_of_requests_is_known_of_all_of_them_only():
    plan = make_plan(
        requests=TWO, requests_limit=1000, thresholds=thresholds("buy:error_rate < 1% abort", "error_rate < 50% abort")
    )
    watch = threshold_watch(plan)
    assert watch.check(measured(buy=Tally(failed=11)), BOOTED_NS) is None
    said = watch.check(measured(buy=Tally(failed=501)), BOOTED_NS + NS_PER_S)
    assert said.startswith("error_rate < 50% abort (501 of 501")


def test_without_thresholds_that_abort_nothing_is_looked_at():
    watch = threshold_watch(make_plan(thresholds=thresholds("failed < 10")))
    assert watch.check(measured(browse=Tally(failed=50)), BOOTED_NS) is None


def journeys_watch(*conditions):
    plan = make_plan(job=ScenarioJob((Journey("buy"), Journey("browse"))))
    names = names_of(plan.job, most=None)
    stop = StopRules(abort_if=tuple(parse_condition(text, use="abort") for text in conditions))
    return replace(plan, stop=stop), names


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("buy:error_rate > 50% over 10s min 5", "(observed 60.0%)"),
        ("journeys:error_rate > 20% over 10s min 5", "(observed 30.0%)"),
        ("pay:failed > 2 over 10s min 1", "(observed 3)"),
        ("total:ok_rate < 90% over 10s min 2", "(observed 75.0%)"),
        ("basket:mean > 20 over 10s min 2", "(observed 25)"),
        ("basket:max > 20 over 10s min 3", None),
        ("basket:mean > 20ms over 10s min 1", None),
        ("checkout:failed >= 0 over 10s min 1", None),
    ],
)
def test_names_that_come_in_the_run_are_watched_whatever_they_are_of(condition, said):
    plan, names = journeys_watch(condition)
    recording = Recording()
    for kind, name, tally in (
        (Kind.JOURNEY, "buy", Tally(ok=4, failed=6)),
        (Kind.JOURNEY, "browse", Tally(ok=10)),
        (Kind.CHECK, "total", Tally(ok=3, failed=1)),
    ):
        recording.transactions[names.number(kind, name)] = tally
    recording.tallies[names.number(Kind.REQUEST, "buy/pay")] = Tally(ok=7, failed=3)
    recording.metric(names.number(Kind.METRIC, "basket"), "trend", "EUR").add([20.0, 30.0])
    control = SharedState.create(1)
    try:
        watch = AbortWatch(plan, control, names)
        watch.add(recording, BOOTED_NS)
        found = watch.check(BOOTED_NS)
    finally:
        control.close()
    assert found is None if said is None else said in found


def test_of_planned_journeys_it_is_not_known_how_many_requests_there_will_be():
    plan = make_plan(
        job=ScenarioJob((Journey("buy"),)), requests_limit=100, thresholds=thresholds("error_rate < 10% abort")
    )
    watch = ThresholdWatch(plan, names_of(plan.job))
    recording = Recording({5: Tally(ok=80, failed=11)})
    assert watch.check(recording, BOOTED_NS) is None


def test_a_journeys_threshold_is_lost_with_its_own_failures():
    plan = make_plan(job=ScenarioJob((Journey("buy"),)), thresholds=thresholds("buy:failed < 5 abort"))
    watch = ThresholdWatch(plan, names_of(plan.job))
    found = watch.check(Recording(transactions={0: Tally(failed=6)}), BOOTED_NS)
    assert found == "buy:failed < 5 abort (6 already)"
