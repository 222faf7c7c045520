from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from math import inf

import pytest

from loadgen.base.clock import NS_PER_S
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import ConnectionCounts
from loadgen.guard.shared_state import SharedState, Slot
from loadgen.measure.histogram import HIGHEST_US, Histogram
from loadgen.measure.metric_sums import MetricSums
from loadgen.measure.names import Kind, names_of
from loadgen.measure.recording import ErrorCount, Frame, Recording, Tally, Usage
from loadgen.plan.jobs.http import RequestSpec
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import Journey, ScenarioJob
from loadgen.plan.plan import Arrivals, Stage
from loadgen.report.run.journeys import journeys_table
from loadgen.results.documents import from_json, to_json
from loadgen.results.encoded import decode_histogram
from loadgen.results.journeys import CheckResult, Journeys
from loadgen.results.requests import ErrorRow, Ledger
from loadgen.results.result import Connections, Rate, Users
from loadgen.session.assemble import Ending, assemble
from loadgen.session.collector import Collector
from tests.support.fakes import make_plan

STARTED = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=1)))
WHOLE = Ending("completed", "", 10.0, (), whole=True)
CUT_SHORT = replace(WHOLE, whole=False)
USAGE = Usage(
    2_000_000_000, 1024, 7, 3, gc_pause_ns=1_500_000, longest_stall_ns=2_000_000, core_wait_ns=10**8, process=1
)
OPEN = Arrivals((Stage(10.0, 100.0, 100.0),))


class Run:
    """What a run left behind: a control and the frames of its workers."""

    def __init__(self, workers=1, **plan):
        self.plan = make_plan(processes=workers, users=2 * workers, **plan)
        self.control = SharedState.create(workers)
        self.collected = Collector(workers, names=names_of(self.plan.job))

    def worker(self, index=0, *, measured=None, drain=None, warmup=None, usage=USAGE, **slots):
        """One worker's frames and its slot; with a drain the last frame is that of the drain."""
        for part, tally, elapsed_s in (("warmup", warmup, 0), ("measured", measured, 10), ("drain", drain, 11)):
            if tally is not None:
                last = usage if part == ("drain" if drain else "measured") else None
                recording = Recording({0: tally}, ConnectionCounts(opened=2, used=2))
                self.collected.add(Frame(index, 0, elapsed_s * NS_PER_S, recording, part, last))
        for name, value in slots.items():
            self.control.put(index, Slot[name.upper()], value)
        return self

    def result(self, end=WHOLE):
        try:
            return assemble(self.plan, self.control, self.collected, STARTED, 0.25, end)
        finally:
            self.control.close()


def good(ok, **sums):
    return Tally(ok=ok, statuses={200: ok}, clocks={"service": Histogram([(1000, ok)])}, **sums)


@pytest.mark.parametrize(
    ("plan", "parts", "slots", "end", "ledger", "lost"),
    [
        pytest.param({}, {"measured": good(100)}, {"sent": 100}, WHOLE, Ledger(100, 100, 0, 100), 0, id="complete"),
        pytest.param(
            {},
            {"measured": good(90, failed=5), "drain": good(3, unknown=2)},
            {"sent": 100},
            WHOLE,
            Ledger(100, 100, 0, 93, 5, 2),
            0,
            id="cut at the end of the grace",
        ),
        pytest.param(
            {"requests_limit": 150},
            {"measured": good(100)},
            {"sent": 100},
            WHOLE,
            Ledger(150, 100, 50, 100),
            0,
            id="stopped before the budget was spent",
        ),
        pytest.param(
            {"requests_limit": 100}, {"measured": good(100)}, {"sent": 100}, WHOLE, Ledger(100, 100, 0, 100), 0, id="-n"
        ),
        pytest.param(
            {"warmup_s": 1.0},
            {"warmup": good(40), "measured": good(100)},
            {"sent": 140},
            WHOLE,
            Ledger(100, 100, 0, 100),
            0,
            id="the warm-up is not counted",
        ),
        pytest.param(
            {"arrivals": OPEN},
            {"measured": good(100)},
            {"sent": 100, "not_sent": 20},
            WHOLE,
            Ledger(120, 100, 20, 100),
            0,
            id="arrivals that were never sent",
        ),
        pytest.param(
            {},
            {"measured": good(60, failed=1)},
            {"sent": 100, "ok": 80, "failed": 4},
            CUT_SHORT,
            Ledger(100, 100, 0, 80, 4, 16),  # 100 sent, of which the slots know 84
            20,
            id="a lost worker's slot says more than its frames",
        ),
        pytest.param(
            {},
            {"measured": good(60, failed=9)},
            {"sent": 50, "ok": 50, "failed": 2},
            CUT_SHORT,
            Ledger(69, 69, 0, 60, 9),
            0,
            id="frames say more than a slot",
        ),
        pytest.param(
            {"requests_limit": 200},
            {"measured": good(60)},
            {"sent": 100, "ok": 60},
            CUT_SHORT,
            Ledger(200, 100, 100, 60, 0, 40),
            0,
            id="-n with a lost worker",
        ),
        pytest.param({}, {}, {}, CUT_SHORT, Ledger(), 0, id="stopped before the start"),
        pytest.param({"requests_limit": 9}, {}, {}, WHOLE, Ledger(9, 0, 9), 0, id="-n and stopped before the start"),
    ],
)
def test_the_ledger_balances(plan, parts, slots, end, ledger, lost):
    result = Run(**plan).worker(**parts, **slots).result(end)
    assert result.ledger == ledger
    assert result.ledger.balanced
    assert result.samples_lost == lost


def test_a_ledger_that_does_not_balance_is_a_bug_and_says_so():
    with pytest.raises(AssertionError, match="the ledger does not balance"):
        Run().worker(measured=good(100), sent=101).result()


def test_users_are_started_or_skipped():
    result = Run(2).worker(0, started=2).worker(1, started=1).result(CUT_SHORT)
    assert result.users == Users(4, 3, 1)


def test_rates_are_of_the_measured_window_alone():
    run = Run().worker(measured=good(90, failed=10), drain=good(50), sent=150)
    result = run.result()
    assert (result.duration_s, result.drain_s, result.opening_s) == (10.0, 1.0, 0.25)
    assert result.rate == Rate(offered_rps=10.0, sent_rps=10.0, ok_rps=9.0)


@pytest.mark.parametrize(("unsent", "not_sent"), [(2900, 800), (300, 300), (0, 0)])
def test_arrivals_that_were_due_before_or_after_the_window_are_not_in_its_ledger(unsent, not_sent):
    arrivals = Arrivals((Stage(30.0, 100.0, 100.0),))
    run = Run(arrivals=arrivals, warmup_s=10.0, cool_down_s=10.0)
    run.worker(warmup=good(50), measured=good(200), sent=250, not_sent=unsent)
    result = run.result()
    assert (result.ledger.sent, result.ledger.not_sent) == (200, not_sent)
    assert result.rate.offered_rps == (200 + not_sent) / 10


def test_the_offered_rate_of_the_open_model_counts_arrivals_never_sent():
    result = Run(arrivals=OPEN).worker(measured=good(100), sent=100, not_sent=50).result()
    assert result.rate == Rate(offered_rps=15.0, sent_rps=10.0, ok_rps=10.0)


@pytest.mark.parametrize(("number", "asked_rps"), [(1, 0.05), (20, 1.9), (50, 4.9)])
def test_few_arrivals_have_the_rate_that_was_asked_for(number, asked_rps):
    run = Run(arrivals=Arrivals((Stage(inf, asked_rps, asked_rps),)))
    result = run.worker(measured=good(number), sent=number).result()
    assert result.duration_s == 10.0
    assert result.rate == Rate(asked_rps, asked_rps, asked_rps)


def test_arrivals_that_happen_to_come_fast_are_not_stretched_to_what_was_asked_for():
    result = Run(arrivals=OPEN).worker(measured=good(1100), sent=1100).result()
    assert result.rate.sent_rps == pytest.approx(110, rel=0.002)


def test_a_run_that_never_began_has_no_rates():
    assert Run().result(CUT_SHORT).rate == Rate()


@pytest.mark.parametrize(
    ("sent", "counts", "reused"),
    [
        (100, ConnectionCounts(opened=2, used=2), 98),
        (100, ConnectionCounts(opened=100, used=100), 0),
        (5, ConnectionCounts(opened=2, used=2, failed=3), 0),
        (0, ConnectionCounts(opened=2), 0),
    ],
)
def test_what_did_not_go_out_on_a_new_connection_was_reused(sent, counts, reused):
    run = Run()
    ok = sent - counts.failed
    run.collected.add(Frame(0, 0, NS_PER_S, Recording({0: good(ok, failed=counts.failed)}, counts), usage=USAGE))
    run.control.put(0, Slot.SENT, sent)
    connections = run.result().connections
    unused = counts.opened - counts.used
    assert connections == Connections(counts.opened, reused=reused, failed=counts.failed, unused=unused)


def test_errors_come_by_count_with_their_fault_and_their_example():
    errors = {
        ErrorClass.TIMEOUT: ErrorCount(2, "", ""),
        ErrorClass.UNEXPECTED_STATUS: ErrorCount(5, "status 500", "HTTP/1.1 500"),
        ErrorClass.NO_PORTS: ErrorCount(2, "no ports", ""),
        ErrorClass.TLS: ErrorCount(0, "never counted", ""),
    }
    result = Run().worker(measured=Tally(failed=9, errors=errors, statuses={500: 5}), sent=9).result()
    assert result.errors == [
        ErrorRow("unexpected_status", "target", "status 500", 5, "HTTP/1.1 500"),
        ErrorRow("no_ports", "generator", "no ports", 2, ""),
        ErrorRow("timeout", "target", "no complete reply within --timeout", 2, ""),
    ]
    assert result.status_codes == {"500": 5}


def test_every_request_name_has_its_part_also_without_a_request():
    run = Run(requests=(RequestSpec("a", "GET", "/a"), RequestSpec("b", "GET", "/b")))
    result = run.worker(measured=good(7, bytes_sent=70, bytes_received=700), sent=7).result()
    assert list(result.requests) == ["a", "b"]
    assert result.requests["a"].ledger == Ledger(7, 7, 0, 7)
    assert (result.requests["a"].bytes, result.bytes) == (result.bytes, result.requests["a"].bytes)
    assert result.requests["a"].status_codes == {"200": 7}
    assert result.requests["b"].ledger == Ledger()
    assert decode_histogram(result.requests["a"].histograms["response"]) == Histogram([(1000, 7)])


def test_values_out_of_range_are_counted_once_though_two_clocks_show_them():
    tally = Tally(ok=1, statuses={200: 1})
    tally.clock("service").add(HIGHEST_US + 1)
    assert Run().worker(measured=tally, sent=1).result().out_of_range == 1


def test_the_generator_is_the_sum_of_its_workers():
    run = Run(2).worker(0, measured=good(500), sent=500)
    run.worker(
        1, measured=good(500), usage=replace(USAGE, process=2, cpu_ns=10**9, longest_stall_ns=5_000_000), sent=500
    )
    generator = run.result().generator
    assert [row.cpu_s for row in generator.workers] == [2.0, 1.0]
    assert [row.core_wait_s for row in generator.workers] == [0.1, 0.1]
    assert generator.cpu_us_per_request == 3000.0
    assert (generator.gc_pause_ms, generator.longest_stall_ms) == (3.0, 5.0)
    assert (generator.processes, generator.mode, generator.verdict) == (2, "pool", "valid")


def test_pauses_and_stalls_are_those_of_the_workers_also_in_this_process():
    """Two workers of one process see the same garbage collections, but each has stalls of its own."""
    usage = replace(USAGE, process=0, gc_pause_ns=4_000_000, longest_stall_ns=150_000_000)
    run = Run(2).worker(0, measured=good(5), sent=5, usage=usage)
    run.worker(1, measured=good(5), sent=5, usage=replace(usage, longest_stall_ns=1_000_000))
    generator = run.result().generator
    assert (generator.gc_pause_ms, generator.longest_stall_ms) == (4.0, 150.0)
    assert generator.verdict == "limited"


def test_a_worker_without_its_last_frame_is_lost_and_the_run_invalid():
    run = Run(2).worker(0, measured=good(10), sent=10).worker(1, measured=good(10), usage=None, sent=12, ok=10)
    result = run.result(
        Ending("error", "worker process 9 was killed", 5.0, ("worker process 9 was killed",), whole=False)
    )
    assert [row.lost for row in result.generator.workers] == [False, True]
    assert result.generator.verdict == "invalid"
    assert (result.ended_by, result.ended_because) == ("error", "worker process 9 was killed")
    assert result.ledger == Ledger(22, 22, 0, 20, 0, 2)


def test_the_timeline_and_the_blocks_come_from_the_window():
    result = Run().worker(measured=good(10, failed=1), drain=good(5), sent=16).result()
    (second,) = result.timeline
    assert (second.t_s, second.sent, second.ok, second.failed, second.response_p50_ms) == (0, 11, 10, 1, 1.0)
    (block,) = result.blocks
    assert (block.ok, block.failed, decode_histogram(block.response).total) == (10, 1, 10)


def test_a_result_names_its_start_in_utc_and_survives_its_file():
    result = Run().worker(measured=good(10), sent=10).result()
    assert (
        result.started_at
        == STARTED.astimezone(UTC).isoformat(timespec="milliseconds")
        == "2026-01-02T02:04:05.678+00:00"
    )
    assert from_json(to_json(result)) == result


def test_a_job_of_several_requests_an_object_has_its_transactions_by_their_name():
    run = Run(job=S3Job("multipart", "photos"))
    tally = Tally(ok=1, unknown=1, payload=9, clocks={"service": Histogram([(7000, 1)])})
    recording = Recording({0: good(5)}, transactions={run.collected.names.number(Kind.GROUP, "upload"): tally})
    run.collected.add(Frame(0, 0, 10 * NS_PER_S, recording, "measured", USAGE))
    run.control.put(0, Slot.SENT, 5)
    upload = run.result().transactions["upload"]
    assert (upload.ledger, upload.payload_bytes) == (Ledger(2, 2, 0, 1, 0, 1), 9)
    assert (upload.latency_ms["response"].max, upload.histograms.keys()) == (7.003, {"response", "send_lag", "service"})


def test_other_runs_have_no_transactions():
    assert Run().worker(measured=good(5), sent=5).result().transactions == {}


def test_heads_with_lf_alone_are_noted_once():
    run = Run().worker(measured=good(3), sent=3, ok=3)
    assert run.result().notes == []
    run = Run().worker(measured=good(3), sent=3, ok=3)
    run.collected.total.connections.bare_lf = 3
    (note,) = run.result().notes
    assert note.startswith("3 replies ended lines of their head with LF alone")


def test_why_a_run_ended_shows_no_secret():
    run = Run(1, secrets=("s3cret-header",)).worker(0, measured=good(1), sent=1)
    ending = Ending("error", "ValueError: cannot send 's3cret-header'", 5.0, (), whole=False)
    assert run.result(ending).ended_because == "ValueError: cannot send '[redacted]'"


SHOP = ScenarioJob((Journey("browse"), Journey("buy")))


class Shop(Run):
    """A run of journeys; what its recordings hold is given by kind and name."""

    def __init__(self, **plan):
        super().__init__(**{"job": SHOP} | plan)

    def frame(self, of, metrics=(), window="measured", last=True):
        names, recording = self.collected.names, Recording()
        for (kind, name), tally in of.items():
            table = recording.tallies if kind in (Kind.REQUEST, Kind.SETUP) else recording.transactions
            table[names.number(kind, name)] = tally
        recording.metrics = {names.number(Kind.METRIC, name): sums for name, sums in metrics}
        elapsed_ns = 10 * NS_PER_S if window == "measured" else 0
        self.collected.add(Frame(0, 0, elapsed_ns, recording, window, USAGE if last else None))
        return self


def test_journeys_have_a_ledger_and_rates_of_their_own():
    run = Shop(requests_limit=10, duration_s=None)
    run.frame({(Kind.JOURNEY, "buy"): good(3)}, window="warmup", last=False)
    run.frame(
        {
            (Kind.REQUEST, "buy/pay"): good(6, unknown=1),
            (Kind.JOURNEY, "browse"): good(4),
            (Kind.JOURNEY, "buy"): good(1, failed=2, unknown=1),
            (Kind.GROUP, "buy/checkout"): good(1),
        }
    )
    run.control.put(0, Slot.SENT, 7)
    run.control.put(0, Slot.JOURNEYS, 11)
    result = run.result()
    assert result.journeys == Journeys(10, 8, 2, 5, 2, 1)
    assert result.journey_rate == Rate(0.7, 0.7, 0.5)
    assert (result.ledger.scheduled, result.ledger.not_sent) == (7, 0)
    assert {name: part.kind for name, part in result.transactions.items()} == {
        "browse": "journey",
        "buy": "journey",
        "buy/checkout": "group",
    }


def test_arrivals_that_no_journey_was_started_for_limit_the_verdict():
    run = Shop(arrivals=OPEN)
    run.frame({(Kind.REQUEST, "home"): good(4), (Kind.JOURNEY, "buy"): good(4)})
    run.control.put(0, Slot.SENT, 4)
    run.control.put(0, Slot.NOT_SENT, 6)
    result = run.result()
    assert result.journeys == Journeys(10, 4, 6, 4, 0, 0)
    assert result.journey_rate == Rate(1.0, 0.4, 0.4)
    assert (result.ledger.scheduled, result.generator.verdict) == (4, "limited")
    assert result.generator.reasons[0].startswith("6 of 10 journeys were never started")


def test_of_users_beside_arrivals_the_verdict_is_on_the_arrivals():
    job = ScenarioJob((Journey("browse", users=1), Journey("buy")))
    run = Shop(job=job, arrivals=OPEN, closed_users=1)
    run.frame(
        {
            (Kind.REQUEST, "home"): good(904),
            (Kind.JOURNEY, "browse"): good(900),
            (Kind.JOURNEY, "buy"): good(3, failed=1),
        }
    )
    run.control.put(0, Slot.SENT, 904)
    run.control.put(0, Slot.NOT_SENT, 6)
    result = run.result()
    assert result.arrivals == Journeys(10, 4, 6, 3, 1, 0)
    assert result.journeys == Journeys(910, 904, 6, 903, 1, 0)
    assert result.asked == Rate(1.0, 0.4, 0.3)
    assert result.generator.reasons[0].startswith("6 of 10 journeys were never started")


def test_few_arrivals_do_not_stretch_the_time_of_users_beside_them():
    job = ScenarioJob((Journey("browse", users=1), Journey("buy")))
    run = Shop(job=job, arrivals=Arrivals((Stage(inf, 0.15, 0.15),)), closed_users=1)
    run.frame({(Kind.REQUEST, "home"): good(902), (Kind.JOURNEY, "browse"): good(900), (Kind.JOURNEY, "buy"): good(2)})
    run.control.put(0, Slot.SENT, 902)
    assert run.result().rate.sent_rps == 90.2


def test_journeys_of_a_lost_worker_are_unfinished():
    run = Shop()
    run.frame({(Kind.JOURNEY, "buy"): good(4)}, last=False)
    run.control.put(0, Slot.JOURNEYS, 6)
    result = run.result(replace(CUT_SHORT, lost=("worker 0 was killed",)))
    assert result.journeys == Journeys(6, 6, 0, 4, 0, 2)
    assert {name: part.ledger.sent for name, part in result.transactions.items()} == {"browse": 0, "buy": 4}
    (note,) = journeys_table(result, 80)[-1:]
    assert note.text.strip() == "... and 2 that had begun and never said which they were"


def test_journeys_of_a_lost_worker_are_in_the_row_of_the_only_journey_that_there_is():
    run = Shop(job=ScenarioJob((Journey("buy"),)))
    run.frame({(Kind.JOURNEY, "buy"): good(4, failed=1)}, last=False)
    run.control.put(0, Slot.JOURNEYS, 7)
    result = run.result(replace(CUT_SHORT, lost=("worker 0 was killed",)))
    assert result.transactions["buy"].ledger == Ledger(7, 7, 0, 4, 1, 2)
    assert journeys_table(result, 80)[-1].text.split()[:2] == ["buy", "7"]


def test_of_a_lost_worker_failed_journeys_are_no_failed_requests():
    run = Shop()
    run.frame({(Kind.JOURNEY, "buy"): good(4)}, last=False)
    for slot, value in ((Slot.SENT, 10), (Slot.OK, 6), (Slot.FAILED, 4), (Slot.FAILED_WITH_OK, 2)):
        run.control.put(0, slot, value)
    assert run.result(replace(CUT_SHORT, lost=("worker 0 was killed",))).ledger == Ledger(10, 10, 0, 6, 2, 2)


def test_exceptions_of_a_scenario_limit_the_verdict_and_are_told_with_their_journey():
    error = ErrorCount(2, "KeyError: 'price'", "Traceback")
    run = Shop()
    run.frame({(Kind.JOURNEY, "buy"): good(8, failed=2, errors={ErrorClass.SCRIPT_ERROR: error})})
    result = run.result()
    assert result.transactions["buy"].errors == [
        ErrorRow("script_error", "generator", "KeyError: 'price'", 2, "Traceback")
    ]
    assert (result.errors, result.generator.verdict) == ([], "limited")
    assert result.generator.reasons[0].startswith("2 exceptions of the scenario's own code")


def test_checks_and_metrics_are_there_by_their_names():
    run = Shop()
    sums = MetricSums("trend", "EUR")
    sums.add([20.0])
    run.frame({(Kind.CHECK, "total"): Tally(ok=3, failed=1)}, [("basket", sums)])
    result = run.result()
    assert result.checks == {"total": CheckResult(3, 1)}
    assert (result.metrics["basket"].unit, result.metrics["basket"].mean) == ("EUR", 20.0)


def test_a_name_of_two_kinds_has_two_rows():
    run = Shop()
    run.frame({(Kind.GROUP, "buy/x"): good(1), (Kind.CALL, "buy/x"): good(2)})
    result = run.result()
    assert {name: part.ledger.ok for name, part in result.transactions.items() if "/" in name} == {
        "buy/x": 1,
        "buy/x (call)": 2,
    }


def test_requests_that_prepare_are_told_apart_and_in_no_other_figure():
    run = Shop()
    login = good(2, failed=1, errors={ErrorClass.TIMEOUT: ErrorCount(1)})
    run.frame({(Kind.SETUP, "POST /login"): login, (Kind.REQUEST, "home"): good(4), (Kind.JOURNEY, "buy"): good(4)})
    run.control.put(0, Slot.SENT, 7)
    run.control.put(0, Slot.OK, 4)
    result = run.result()
    assert result.setup["POST /login"].ledger == Ledger(3, 3, 0, 2, 1, 0)
    assert result.ledger == Ledger(4, 4, 0, 4)
    assert (list(result.requests), result.errors) == (["home"], [])
    assert result.latency_ms["response"].count == 4
    assert run.collected.failed == 1


def test_a_second_has_what_was_due_and_its_highest():
    run = Run(arrivals=Arrivals((Stage(3.0, 100.0, 100.0),)))
    (second,) = run.worker(measured=good(10), sent=10).result().timeline
    assert (second.offered, second.response_p90_ms, second.response_max_ms) == (100.0, 1.0, 1.0)
    assert Run().worker(measured=good(10), sent=10).result().timeline[0].offered is None
