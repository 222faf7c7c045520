from dataclasses import replace

import pytest

from loadgen.judge.validity import judge_validity
from loadgen.results.result import ErrorRow, Generator, Latency, Ledger, Result, WorkerRow


def generator(*workers):
    return Generator(workers=[WorkerRow(cpu_s, {"p99": lag_ms} if lag_ms else {}) for cpu_s, lag_ms in workers])


NONE = Latency()
FAST = Latency(p99=1.0)
EMPTY = Ledger()


def judge(made, response=FAST, duration_s=10.0, lost=(), ledger=EMPTY, send_lag=NONE, own_faults=0):
    return judge_validity(run(made, response, duration_s, ledger, send_lag, own_faults), lost)


def run(made, response=FAST, duration_s=10.0, ledger=EMPTY, send_lag=NONE, own_faults=0):
    clocks = {"response": response, "send_lag": send_lag}
    errors = [ErrorRow("no_ports", "generator", "", own_faults), ErrorRow("timeout", "target", "", 999)]
    return Result(generator=made, latency_ms=clocks, duration_s=duration_s, ledger=ledger, errors=errors)


@pytest.mark.parametrize(
    ("workers", "p99_ms", "duration_s", "verdict"),
    [
        ([(5.0, 0.5)], 10.0, 10.0, "valid"),
        ([(9.5, 0.5)], 10.0, 10.0, "valid"),  # 95 % of a core is the last that will do
        ([(1.0, 0.5), (9.6, 0.5)], 10.0, 10.0, "limited"),  # one busy worker is enough
        ([(0.4, 0.5)], 10.0, 0.4, "valid"),  # too short to judge the processor
        ([(5.0, 2.5)], 10.0, 10.0, "valid"),  # a delay of a quarter of the p99
        ([(5.0, 2.6)], 10.0, 10.0, "limited"),
        ([(5.0, 1.0)], 0.1, 10.0, "valid"),  # a millisecond is always allowed
        ([(5.0, 1.1)], 0.1, 10.0, "limited"),
        ([(5.0, 50.0)], {"at_least": 10.0}, 10.0, "valid"),  # nothing exact to weigh the delay against
        ([(5.0, 50.0)], None, 10.0, "valid"),
        ([(5.0, 0.0)], 10.0, 10.0, "valid"),  # no delay measured
        ([], None, 0.0, "valid"),
    ],
)
def test_a_run_is_limited_where_the_generator_stood_in_the_way(workers, p99_ms, duration_s, verdict):
    found, reasons = judge(generator(*workers), Latency(p99=p99_ms), duration_s, ())
    assert found == verdict
    assert bool(reasons) == (verdict == "limited")


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
    ledger = Ledger(scheduled=10_000, sent=10_000 - not_sent, not_sent=not_sent)
    found, _ = judge(Generator(), ledger=ledger, send_lag=Latency(count=1, censored=not_sent))
    assert found == verdict


def test_requests_left_over_by_an_early_end_of_a_closed_loop_are_no_reason():
    assert judge(Generator(), ledger=Ledger(scheduled=100, sent=10, not_sent=90))[0] == "valid"


@pytest.mark.parametrize(("own_faults", "verdict"), [(0, "valid"), (1, "limited"), (10, "limited"), (11, "invalid")])
def test_failures_of_the_generator_bound_the_figures_or_spoil_them(own_faults, verdict):
    assert judge(Generator(), ledger=Ledger(sent=1000), own_faults=own_faults)[0] == verdict


def test_what_the_machine_was_calibrated_to_is_quoted():
    (reason,) = judge_validity(run(generator((9.8, 0.0))), ceiling_rps=123_456.0)[1]
    assert "98% of a core (calibrated: 123,456 requests/s at most): the target" in reason


@pytest.mark.parametrize(
    ("paused_ms", "duration_s", "verdict"), [(100, 10, "valid"), (101, 10, "limited"), (9, 0.4, "valid")]
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
