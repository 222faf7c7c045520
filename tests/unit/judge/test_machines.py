from dataclasses import replace

import pytest

from loadgen.judge.machines import judge_machine
from loadgen.judge.validity import judge_validity
from loadgen.results.result import Generator, MachineRow, Machines, Result, WorkerRow

ROW = MachineRow("machine 1 (a)", clock_bound_ms=0.1, gate_early_ms=290.0)
GOOD = Result(duration_s=10.0, generator=Generator(workers=[WorkerRow(cpu_s=1.0)]))
BUSY = replace(GOOD, generator=Generator(workers=[WorkerRow(cpu_s=9.9)]))


def test_a_machine_that_is_well_is_valid():
    assert (judge_machine(ROW, GOOD).verdict, judge_machine(ROW, GOOD).reasons) == ("valid", [])


@pytest.mark.parametrize(
    ("change", "own", "text"),
    [
        ({}, BUSY, "a worker used 99% of a core"),
        ({"gate_early_ms": -11.0}, GOOD, "it learned of the start 11 ms after it"),
        ({"clock_bound_ms": 51.0}, GOOD, "its clock is known to 51 ms only"),
    ],
)
def test_what_is_its_own_doing_limits_it(change, own, text):
    judged = judge_machine(replace(ROW, **change), own)
    assert judged.verdict == "limited"
    assert [reason.startswith(text) for reason in judged.reasons] == [True]


@pytest.mark.parametrize("change", [{"gate_early_ms": -10.0}, {"gate_early_ms": None}, {"clock_bound_ms": 50.0}])
def test_what_a_local_network_does_is_let_pass(change):
    assert judge_machine(replace(ROW, **change), GOOD).verdict == "valid"


def test_a_lost_machine_is_invalid_whatever_it_did():
    judged = judge_machine(replace(ROW, lost="its connection ended"), BUSY)
    assert (judged.verdict, judged.reasons) == ("invalid", ["it was lost: its connection ended"])


def test_the_whole_says_which_machines_and_says_once_what_is_the_same():
    other = replace(ROW, name="machine 2 (b)", gate_early_ms=-20.0)
    rows = [judge_machine(ROW, BUSY), judge_machine(other, BUSY)]
    verdict, reasons = judge_validity(BUSY, machines=Machines(rows))
    assert verdict == "limited"
    assert [reason[:45] for reason in reasons] == [
        "machine 1 (a) and machine 2 (b): a worker use", "machine 2 (b): it learned of the start 20 ms "
    ]  # fmt: skip


def test_of_many_machines_a_few_are_named():
    rows = [judge_machine(replace(ROW, name=f"m{number}"), BUSY) for number in range(9)]
    (reason,) = judge_validity(BUSY, machines=Machines(rows))[1]
    assert reason.startswith("m0, m1, m2 and 6 more: a worker use")
    (reason,) = judge_validity(BUSY, machines=Machines(rows[:4]))[1]
    assert reason.startswith("m0, m1, m2 and m3: a worker use")


def test_a_machine_that_is_far_from_the_target_is_said():
    rows = [replace(ROW, service_p50_ms=ms) for ms in (2.0, 2.2, 4.5)]
    judged = [judge_machine(row, GOOD, rows) for row in rows]
    assert [row.verdict for row in judged] == ["valid", "valid", "limited"]
    assert judged[2].reasons[0].startswith("its service time is 4.5 ms at p50, and 2.2 ms on the machine in the middle")


@pytest.mark.parametrize("times", [(0.1, 0.1, 0.9), (2.0, 4.5), (2.0, 2.0, None)])
def test_what_may_be_or_cannot_be_told_is_let_pass(times):
    rows = [replace(ROW, service_p50_ms=ms) for ms in times]
    assert {judge_machine(row, GOOD, rows).verdict for row in rows} == {"valid"}
