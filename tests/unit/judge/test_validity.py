from dataclasses import replace

import pytest

from loadgen.judge.validity import judge_validity, meaning
from loadgen.results.requests import ErrorRow, Latency, Ledger
from loadgen.results.result import Generator, Rate, Result, Users, WorkerRow


def generator(*workers):
    return Generator(workers=[WorkerRow(cpu_s, {"p99": lag_ms} if lag_ms else {}) for cpu_s, lag_ms in workers])


NONE = Latency()
FAST = Latency(p99=1.0)
MANY = Ledger(10_000, 10_000, 0, 10_000)
OPEN = {"arrivals": {"kind": "constant"}}


def judge(made, response=FAST, duration_s=10.0, lost=(), ledger=MANY, send_lag=NONE, own_faults=0):
    return judge_validity(run(made, response, duration_s, ledger, send_lag, own_faults), lost)


def run(made, response=FAST, duration_s=10.0, ledger=MANY, send_lag=NONE, own_faults=0):
    clocks = {"response": response, "send_lag": send_lag}
    errors = [ErrorRow("no_ports", "generator", "", own_faults), ErrorRow("timeout", "target", "", 999)]
    codes = {"200": ledger.sent} if ledger.sent else {}
    return Result(
        generator=made, latency_ms=clocks, duration_s=duration_s, ledger=ledger, errors=errors, status_codes=codes
    )


@pytest.mark.parametrize(
    ("workers", "p99_ms", "duration_s", "verdict"),
    [
        ([(5.0, 0.5)], 10.0, 10.0, "valid"),
        ([(9.5, 0.5)], 10.0, 10.0, "valid"),  # 95 % of a core is the last that will do
        ([(1.0, 0.5), (9.6, 0.5)], 10.0, 10.0, "limited"),  # one busy worker is enough
        ([(0.4, 0.5)], 10.0, 0.4, "not_judged"),  # too short to judge the processor
        ([(5.0, 2.5)], 10.0, 10.0, "valid"),  # a delay of a quarter of the p99
        ([(5.0, 2.6)], 10.0, 10.0, "limited"),
        ([(5.0, 1.0)], 0.1, 10.0, "valid"),  # a millisecond is always allowed
        ([(5.0, 1.1)], 0.1, 10.0, "limited"),
        ([(5.0, 50.0)], {"at_least": 10.0}, 10.0, "valid"),  # nothing exact to weigh the delay against
        ([(5.0, 50.0)], None, 10.0, "valid"),
        ([(5.0, 0.0)], 10.0, 10.0, "valid"),  # no delay measured
        ([], None, 0.0, "not_judged"),
    ],
)
def test_a_run_is_limited_where_the_generator_stood_in_the_way(workers, p99_ms, duration_s, verdict):
    found, reasons = judge(generator(*workers), Latency(p99=p99_ms), duration_s, ())
    assert found == verdict
    assert bool(reasons) == (verdict != "valid")


def test_reasons_say_what_was_seen_and_what_to_do():
    _, (busy, late) = judge(generator((9.8, 4.0)), Latency(p99=8.0), 10.0, ())
    assert "98% of a core" in busy
    assert "--processes" in busy
    assert "4.0 ms at p99" in late
    assert "8.0 ms" in late


@pytest.mark.parametrize(
    ("workers", "processes", "advice"),
    [(4, 1, "use --processes with one worker each"), (2, 2, "use fewer connections, or a less busy machine")],
)
def test_the_remedy_for_a_late_generator_is_not_what_it_does_already(workers, processes, advice):
    made = replace(generator(*[(5.0, 4.0)] * workers), processes=processes)
    assert judge(made, Latency(p99=8.0))[1][0].endswith(advice)


def test_a_lost_worker_makes_the_run_invalid():
    verdict, reasons = judge(generator((9.9, 4.0)), Latency(p99=8.0), 10.0, ("worker process 7 was killed",))
    assert verdict == "invalid"
    assert reasons == ["worker process 7 was killed: its share of the load is missing"]


@pytest.mark.parametrize(
    ("cpu_s", "core_wait_s", "stall_ms", "verdict", "says"),
    [
        (4.0, 1.0, 100.0, "valid", ""),
        (4.0, 1.1, 0.0, "limited", "without a core for 11% of the time:"),
        (0.4, 0.3, 0.0, "limited", "without a core for 43% of the time that it wanted one"),
        (0.8, 0.3, 0.0, "valid", ""),
        (0.1, 0.2, 0.0, "valid", ""),  # one in fifty of all the time
        (1.0, 0.0, 101.0, "limited", "stood still for 101 ms"),
        (1.0, 0.0, 2600.0, "invalid", "stood still for 2600 ms"),  # more than a quarter of the run
    ],
)
def test_a_generator_that_was_held_up_says_so(cpu_s, core_wait_s, stall_ms, verdict, says):
    made = Generator(workers=[WorkerRow(cpu_s, core_wait_s=core_wait_s)], longest_stall_ms=stall_ms)
    found, reasons = judge(made)
    assert found == verdict
    assert [says in reason for reason in reasons] == [True] * bool(says)


def test_code_that_holds_up_a_loop_is_named():
    made = Generator(workers=[WorkerRow(0.1)], longest_stall_ms=500.0, stalled_in="shop.py:12 in buy")
    assert "stood still for 500 ms in shop.py:12 in buy, code of the scenario's own" in judge(made)[1][0]


def test_the_worker_that_waited_for_most_of_its_work_counts_whatever_others_did():
    rows = [WorkerRow(8.0, core_wait_s=0.9), WorkerRow(0.4, core_wait_s=0.3)]
    assert "without a core for 43% of the time that it wanted one" in judge(Generator(workers=rows))[1][0]


@pytest.mark.parametrize(("not_sent", "verdict"), [(0, "valid"), (10, "valid"), (11, "limited")])
def test_arrivals_that_were_never_sent_bound_the_figures(not_sent, verdict):
    ledger = Ledger(scheduled=10_000, sent=10_000 - not_sent, not_sent=not_sent, ok=10_000 - not_sent)
    found, _ = judge(Generator(), ledger=ledger, send_lag=Latency(count=1, censored=not_sent))
    assert found == verdict


def test_requests_left_over_by_an_early_end_of_a_closed_loop_are_no_reason():
    assert judge(Generator(), ledger=Ledger(scheduled=1000, sent=100, not_sent=900, ok=100))[0] == "valid"


@pytest.mark.parametrize(("own_faults", "verdict"), [(0, "valid"), (1, "limited"), (10, "limited"), (11, "invalid")])
def test_failures_of_the_generator_bound_the_figures_or_spoil_them(own_faults, verdict):
    assert judge(Generator(), ledger=Ledger(sent=1000, ok=900), own_faults=own_faults)[0] == verdict


def test_what_the_machine_was_calibrated_to_is_quoted():
    (reason,) = judge_validity(run(generator((9.8, 0.0))), ceiling_rps=123_456.0)[1]
    assert "98% of a core (calibrated: 123,456 requests/s at most): the target" in reason


@pytest.mark.parametrize(
    ("paused_ms", "duration_s", "verdict"), [(100, 10, "valid"), (101, 10, "limited"), (9, 0.4, "not_judged")]
)
def test_a_garbage_collector_that_took_its_time_bounds_the_figures(paused_ms, duration_s, verdict):
    assert judge(Generator(gc_pause_ms=paused_ms), duration_s=duration_s)[0] == verdict


@pytest.mark.parametrize(("throttled", "verdict"), [(1, "valid"), (2, "limited")])
def test_a_quota_that_stopped_the_generator_is_named_instead_of_another_program(throttled, verdict):
    rows = [WorkerRow(4.0, core_wait_s=0.0 if verdict == "valid" else 3.0)]
    made = Generator(workers=rows, quota_periods=100, throttled_periods=throttled, throttled_ms=2100.0)
    found, reasons = judge(made)
    assert found == verdict
    if reasons:
        assert reasons[0].startswith(
            "this container's CPU quota was used up in 2 of 100 periods, and the generator stood"
        )
        assert "2.1 s" in reasons[0]
        assert not any("another program" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("sent", "duration_s", "verdict", "says"),
    [
        (1, 10.0, "not_judged", "1 request is too few to tell whether the generator kept up: it takes 100"),
        (99, 10.0, "not_judged", "99 requests are too few to tell whether the generator kept up: it takes 100"),
        (100, 10.0, "valid", ""),
        (5000, 0.499, "not_judged", "499ms is too short to tell whether the generator kept up: it takes 500ms"),
        (5000, 0.5, "valid", ""),
    ],
)
def test_a_run_that_is_too_short_is_not_judged(sent, duration_s, verdict, says):
    found, reasons = judge(generator((0.1, 0.5)), duration_s=duration_s, ledger=Ledger(sent, sent, 0, sent))
    assert (found, "".join(reasons)) == (verdict, says)


def test_few_requests_amid_a_busy_machine_are_neither_limited_nor_invalid():
    rows = [WorkerRow(0.01, {"p99": 9.0}, core_wait_s=0.01)]
    made = Generator(workers=rows, longest_stall_ms=8.0)
    assert judge(made, duration_s=0.012, ledger=Ledger(5, 5, 0, 5))[0] == "not_judged"


@pytest.mark.parametrize(("stall_ms", "verdict"), [(100.0, "not_judged"), (300.0, "limited"), (3000.0, "invalid")])
def test_a_stall_counts_however_few_requests_there_were(stall_ms, verdict):
    assert judge(Generator(longest_stall_ms=stall_ms), ledger=Ledger(50, 50, 0, 50))[0] == verdict


def test_what_failed_here_counts_however_short_the_run():
    assert judge(Generator(), ledger=Ledger(5, 5, 0, 3, 2), duration_s=0.01, own_faults=2)[0] == "invalid"


def test_without_a_reply_nothing_is_said_of_the_generator():
    nothing = replace(run(Generator(longest_stall_ms=20.0), ledger=Ledger(500, 500, 0, 0, 500)), status_codes={})
    assert judge_validity(nothing) == ("not_judged", [])
    assert judge_validity(replace(nothing, status_codes={"500": 500}))[0] == "valid"


def held_up(core_wait_s=0.0, cpu_s=4.0, lag_ms=0.0, stall_ms=0.0, p50=1.0, p99=16.0, rate=None, sent=10_000):
    """Ten seconds; with a `rate` of the open model how much of it was sent."""
    made = Generator(workers=[WorkerRow(cpu_s, {"p99": lag_ms}, core_wait_s=core_wait_s)], longest_stall_ms=stall_ms)
    result = run(made, Latency(p50=p50, p99=p99), ledger=Ledger(sent, sent, 0, sent))
    if rate is None:
        return replace(result, users=Users(50, 50, 0))
    return replace(result, plan=OPEN, rate=Rate(1000.0, 1000.0 * rate, 1000.0 * rate))


WEIGHED = {
    "a core that is wanted, and waits that are nothing beside the p99": (held_up(0.9, 1.0, 0.5, 1.5), ""),
    "the same waits, and a p99 that they are a part of": (held_up(0.9, 1.0, 0.5, 1.7), "p99 is an upper bound"),
    "a part of the time": (held_up(2.0, stall_ms=1.5), "throughput is a lower bound; p50 and p99 stand"),
    "most of the time": (
        held_up(4.0, stall_ms=9.0),
        "throughput is a lower bound; p50 and p99 are upper bounds",
    ),
    "an open model that came up to its rate": (held_up(2.0, stall_ms=1.5, rate=1.0), ""),
    "an open model that came up to its rate late": (held_up(2.0, lag_ms=1.7, rate=1.0), "p99 is an upper bound"),
    "an open model that did not": (
        held_up(2.0, stall_ms=1.5, rate=0.98),
        "throughput is a lower bound; p50 and p99 stand",
    ),
    "a whole core": (held_up(cpu_s=9.8), "throughput is a lower bound; p50 and p99 stand"),
    "a whole core that came up to its rate": (held_up(cpu_s=9.8, rate=1.0), ""),
    "a loop that is late": (held_up(lag_ms=4.1), "p99 is an upper bound; throughput and p50 stand"),
    "a stall in a closed loop": (
        held_up(stall_ms=300.0),
        "the slowest replies are the generator's own; throughput, p50 and p99 stand",
    ),
    "a stall in an open model": (held_up(stall_ms=300.0, rate=1.0), "p99 is an upper bound; throughput and p50 stand"),
}


@pytest.mark.parametrize(("result", "means"), WEIGHED.values(), ids=WEIGHED)
def test_what_is_found_is_weighed_against_the_figures(result, means):
    verdict, reasons = judge_validity(result)
    assert (verdict, bool(reasons)) == (("limited", True) if means else ("valid", False))
    assert means in meaning(result)
    assert bool(meaning(result)) == bool(means)
