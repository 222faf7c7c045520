"""The machines of merged runs: none is dropped, and what was said of one is said of the whole."""

from dataclasses import replace

from loadgen.results.merge import merge_results
from loadgen.results.requests import Ledger
from loadgen.results.result import Generator, MachineRow, Machines, Result, WorkerRow

ONE = MachineRow("machine 1 (ssh a)", 2, 0, 2, Ledger(100, 100, 0, 99, 1), clock_bound_ms=0.5, gate_early_ms=290.0)
OTHER = MachineRow("machine 2 (ssh b)", 1, 2, 1, Ledger(50, 50, 0, 50), clock_bound_ms=0.1, service_p50_ms=3.0)
TWO = Machines([ONE, OTHER], start_spread_ms=0.6, stop_spread_ms=5.0)
RUN = Result(
    plan={"target": "http://h", "requests": [{"name": "a", "path": "/a"}]},
    started_at="2026-01-01T00:00:00.000+00:00",
    duration_s=10.0,
    generator=Generator(workers=[WorkerRow()] * 3),
    machines=TWO,
)


def in_turn(*machines):
    """Rounds, a minute apart."""
    rounds = (
        replace(RUN, machines=found, started_at=f"2026-01-01T00:0{number}:00.000+00:00")
        for number, found in enumerate(machines)
    )
    return merge_results({f"round {number}": result for number, result in enumerate(rounds)}).machines


def test_in_rounds_each_machine_is_there_once_with_its_sums_and_the_worst_that_was_said():
    worse = replace(
        ONE, ledger=Ledger(60, 60, 0, 60), clock_bound_ms=0.7, gate_early_ms=-20.0, silent_ms=900.0,
        verdict="limited", reasons=["too busy"],
    )  # fmt: skip
    lost = replace(OTHER, lost="its connection ended", unaccounted_at_most=7, verdict="invalid", service_p50_ms=4.0)
    merged = in_turn(TWO, Machines([worse, lost], 0.8, None, 7))
    one, other = merged.rows
    assert (one.name, one.ledger, one.workers) == (ONE.name, Ledger(160, 160, 0, 159, 1), 2)
    assert (one.clock_bound_ms, one.gate_early_ms, one.silent_ms) == (0.7, -20.0, 900.0)
    assert (one.verdict, one.reasons) == ("limited", ["too busy"])
    assert (other.lost, other.unaccounted_at_most, other.service_p50_ms) == ("in round 2: its connection ended", 7, 4.0)
    assert (merged.start_spread_ms, merged.stop_spread_ms, merged.unaccounted_at_most) == (0.8, 5.0, 7)


def test_machines_of_runs_at_the_same_time_stand_behind_each_other_as_their_workers_do():
    alone = replace(RUN, machines=None, generator=Generator(workers=[WorkerRow()] * 4))
    merged = merge_results({"a": RUN, "b": alone, "c": RUN})
    assert [row.first_worker for row in merged.machines.rows] == [0, 2, 7, 9]
    assert len(merged.generator.workers) == 10


def test_runs_on_one_machine_have_none():
    assert in_turn(None, None) is None
    assert merge_results({"a": replace(RUN, machines=None), "b": replace(RUN, machines=None)}).machines is None
