"""The coordinator in virtual time: every way in which a run begins and ends, with a ledger that balances."""

import asyncio
import signal
import threading
from typing import Any

import pytest

from loadgen.base.clock import NS_PER_S
from loadgen.base.errors import UsageError
from loadgen.executors.places.base import WorkersLostError
from loadgen.guard.shared_state import Slot
from loadgen.judge.exit_code import ExitCode, exit_code
from loadgen.measure.recording import Frame, Recording, Tally
from loadgen.plan.condition import parse_condition
from loadgen.plan.jobs.scenario import Journey, ScenarioJob
from loadgen.plan.plan import Plan, StopRules
from loadgen.results.requests import Ledger
from tests.support.command import balanced
from tests.support.fakes import make_plan, thresholds
from tests.support.places import Coordinated, FakeWorker

OPENED_S = 0.04
"""Users connect in 10 ms, the coordinator looks every 5 ms, and the gate opens 20 ms later."""


def plan_of(workers: int = 2, **changes: Any) -> Plan:
    return make_plan(**{"processes": workers, "users": workers, "duration_s": 3.0, "grace_s": 1.0, **changes})


def hung(worker: FakeWorker) -> Frame:
    """What the watch of a worker says, with 30 requests that were done since the last frame."""
    for slot in (Slot.SENT, Slot.OK):
        worker.control.put(worker.shard.index, slot, worker.control.get(worker.shard.index, slot) + 30)
    recording = Recording({0: Tally(ok=30)})
    return Frame(worker.shard.index, 1, NS_PER_S, recording, hung="shop.py:12 in buy")


def stalls(after_s: float, service_s: float = 60.0) -> Any:
    """A worker whose requests are not answered from an instant on."""

    async def work(worker: FakeWorker) -> None:
        await worker.connect()
        await worker.gate()
        await worker.load(after_s)
        worker.service_s = service_s
        await worker.load()
        worker.leave()

    return work


def fails_at(after_s: float, error: BaseException) -> Any:
    """A worker from which an exception comes."""

    async def work(worker: FakeWorker) -> None:
        await worker.connect()
        await worker.gate()
        await worker.load(after_s)
        raise error

    return work


async def never_comes_back(worker: FakeWorker) -> None:
    await worker.connect()
    await worker.gate()
    await worker.load(1.0)
    await asyncio.Event().wait()


def test_the_gate_opens_when_everybody_is_connected_and_the_run_lasts_as_planned() -> None:
    async def late(worker: FakeWorker) -> None:
        await worker.connect(after_s=2.0)
        await worker.gate()
        await worker.load()
        worker.leave()

    run = Coordinated(plan_of(), late)
    result = run.run()
    assert (result.ended_by, result.ended_at_s, exit_code(result)) == ("completed", 3.0, ExitCode.OK)
    assert result.opening_s == pytest.approx(2.03, abs=0.01)
    assert result.ledger == Ledger(600, 600, 0, 600)
    assert run.took_s == pytest.approx(5.03, abs=0.1)
    phases = [snapshot.phase for snapshot in run.watcher.snapshots]
    assert list(dict.fromkeys(phases)) == ["opening", "running"]
    assert len(phases) == pytest.approx(51, abs=1), "ten times a second"


def test_observers_see_every_second_of_all_workers_together() -> None:
    run = Coordinated(plan_of())
    result = run.run()
    seen = [(second.t_s, second.users, second.requests["GET /"].ok) for second in run.watcher.seconds]
    assert seen == [(row.t_s, 2, row.ok) for row in result.timeline]
    assert [row.t_s for row in result.timeline] == [0, 1, 2]
    assert sum(row.ok for row in result.timeline) == pytest.approx(600, abs=2), "one of each may end in the drain"
    assert run.watcher.snapshots[-1].p99_ms == pytest.approx(10.0, rel=0.001)


def test_the_warm_up_is_under_load_and_not_measured() -> None:
    run = Coordinated(plan_of(warmup_s=2.0))
    result = run.run()
    assert result.ledger.ok == result.ledger.sent == pytest.approx(600, abs=2)
    assert result.duration_s == 3.0
    assert run.took_s == pytest.approx(OPENED_S + 5.0, abs=0.1)
    assert run.watcher.snapshots[-1].done == pytest.approx(1000, abs=5)


def test_what_is_in_flight_at_the_end_has_the_grace_to_come_back() -> None:
    result = Coordinated(plan_of(), stalls(2.9, service_s=0.5)).run()
    assert (result.ended_by, result.drain_s) == ("completed", pytest.approx(0.4, abs=0.01))
    assert result.ledger == Ledger(591, 591, 0, 591)


def test_a_last_frame_one_turn_of_the_loop_behind_its_workers_end_is_taken() -> None:
    """As where a worker on the coordinator's own loop ends in the turn in which the coordinator's timer rings."""

    async def work(worker: FakeWorker) -> None:
        await worker.connect()
        await worker.gate()
        await worker.load()
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, worker.leave)

    assert Coordinated(plan_of(1), work).run().ledger == Ledger(300, 300, 0, 300)


def test_requests_of_the_warm_up_are_none_of_those_that_are_planned() -> None:
    run = Coordinated(plan_of(warmup_s=1.0, requests_limit=600))
    result = run.run()
    running = [snapshot for snapshot in run.watcher.snapshots if snapshot.phase == "running"]
    assert [snapshot.planned_requests for snapshot in running if snapshot.elapsed_s < 1.0] == [None] * 10
    assert {snapshot.planned_requests for snapshot in running if snapshot.elapsed_s > 1.0} == {600}
    assert result.ledger.sent - 40 <= running[-1].done <= result.ledger.sent


def test_of_planned_journeys_it_is_told_how_many_have_begun() -> None:
    async def work(worker: FakeWorker) -> None:
        await worker.connect()
        await worker.gate()
        worker.control.put(worker.shard.index, Slot.JOURNEYS, 21)
        await worker.load()
        worker.leave()

    run = Coordinated(plan_of(1, job=ScenarioJob((Journey("buy"),)), requests_limit=100), work)
    result = run.run()
    running = [snapshot for snapshot in run.watcher.snapshots if snapshot.phase == "running"]
    assert {(snapshot.planned_requests, snapshot.done) for snapshot in running} == {(100, 21)}
    assert (result.journeys.started, result.journeys.not_started, result.ledger.not_sent) == (21, 79, 0)


def test_after_the_grace_it_is_cut_and_unknown() -> None:
    run = Coordinated(plan_of(), stalls(2.5))
    result = run.run()
    assert (result.ended_by, exit_code(result)) == ("completed", ExitCode.OK)
    assert result.ledger == Ledger(551, 551, 0, 550, 0, 1)
    assert run.took_s == pytest.approx(OPENED_S + 3.0 + 1.0, abs=0.2)
    assert run.watcher.snapshots[-1].phase == "draining"


def test_the_first_failure_of_a_future_stops_the_run_and_the_others_are_awaited() -> None:
    run = Coordinated(plan_of(3), fails_at(1.0, ZeroDivisionError("boom")), stalls(0.5, service_s=1.2))
    result = run.run()
    assert [type(error) for error in run.crashes] == [ZeroDivisionError]
    assert (result.ended_by, result.ended_because) == (
        "error",
        "a worker failed in tests.unit.session.test_run (ZeroDivisionError: boom)",
    )
    assert exit_code(result) == ExitCode.INTERNAL
    assert result.ledger.unknown == 0, "the request of 1.2 s came back in the grace"
    assert run.took_s == pytest.approx(OPENED_S + 1.7, abs=0.1)


def test_what_this_host_cannot_do_is_the_callers_error_and_ends_the_others() -> None:
    run = Coordinated(plan_of(), fails_at(0.5, UsageError("no descriptors left")), stalls(0.1))
    with pytest.raises(UsageError, match="no descriptors left"):
        run.run()
    assert run.took_s < 3.0


def test_a_lost_worker_ends_nothing_and_the_counters_keep_its_ledger() -> None:
    run = Coordinated(plan_of(), fails_at(1.5, WorkersLostError("worker process 7 was killed by signal 9")))
    result = run.run()
    assert (result.ended_by, result.ended_because) == ("error", "worker process 7 was killed by signal 9")
    assert result.duration_s == 3.0
    assert (result.ledger.ok, run.crashes) == (450, [])
    assert 50 <= result.samples_lost <= 52, "what it did since its last frame"
    assert [second.t_s for second in run.watcher.seconds] == [0, 1, 2]


def test_a_worker_that_never_comes_back_does_not_keep_the_run_from_its_result() -> None:
    run = Coordinated(plan_of(), never_comes_back)
    result = run.run()
    assert (result.ended_by, exit_code(result)) == ("error", ExitCode.INTERNAL)
    assert result.ended_because == "1 of 2 workers did not come back within 5 s of the cut"
    assert run.abandoned
    assert run.took_s == pytest.approx(OPENED_S + 3.0 + 1.0 + 5.0, abs=0.4)
    assert result.ledger.ok == 400
    assert run.watcher.seconds[-1].t_s == 2


def test_code_of_a_scenarios_own_that_never_comes_back_is_named_and_ends_the_run_sooner() -> None:
    async def hangs(worker: FakeWorker) -> None:
        await worker.connect()
        await worker.gate()
        await worker.load(1.0)
        worker.deliver(hung(worker))
        await asyncio.Event().wait()

    run = Coordinated(plan_of(), hangs)
    result = run.run()
    assert (result.ended_by, exit_code(result)) == ("script", ExitCode.SCRIPT)
    assert result.ended_because == "the scenario's own code did not come back (shop.py:12 in buy)"
    assert run.abandoned
    assert run.took_s == pytest.approx(OPENED_S + 3.0 + 1.0 + 2.0, abs=0.4)
    assert result.generator.verdict == "invalid"
    assert result.ledger.ok == 430
    assert result.requests["GET /"].ledger.ok + result.samples_lost == 430
    assert result.samples_lost <= 1, "what the worker says with it is there"


def test_a_loop_that_does_not_turn_any_more_is_left_with_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The coordinator's own, that is: what hangs is told by another thread."""
    monkeypatch.setattr("loadgen.session.run.ALIVE_S", 0.0)

    async def hangs(worker: FakeWorker) -> None:
        await worker.connect()
        await worker.gate()
        await worker.load(1.0)
        watch = threading.Thread(target=worker.deliver, args=(hung(worker),))
        watch.start()
        watch.join()
        worker.leave()

    run = Coordinated(plan_of(), hangs)
    run.run()
    (left,) = run.emergencies
    assert (left.ended_by, exit_code(left)) == ("script", ExitCode.SCRIPT)
    assert "shop.py:12 in buy" in left.ended_because
    assert left.ledger.ok == pytest.approx(230, abs=4)


def test_fail_fast_stops_at_the_failure_that_is_one_too_many() -> None:
    async def failing(worker: FakeWorker) -> None:
        await worker.connect()
        await worker.gate()
        await worker.load(fails=lambda number: number % 10 == 0)
        worker.leave()

    result = Coordinated(plan_of(stop=StopRules(max_errors=7)), failing, failing).run()
    assert (result.ended_by, result.ended_because) == ("fail_fast", "7 failures (--max-errors 7)")
    assert exit_code(result) == ExitCode.FAIL_FAST
    assert result.ledger.failed in (7, 8), "both workers have one in flight at the crossing"
    assert result.ended_at_s == pytest.approx(0.4, abs=0.01)


def test_what_fails_at_this_machine_is_an_error_of_the_live_line_too() -> None:
    async def failing(worker: FakeWorker) -> None:
        worker.is_at_fault = True
        await worker.connect()
        await worker.gate()
        await worker.load(fails=lambda _: True)
        worker.leave()

    run = Coordinated(plan_of(stop=StopRules(max_errors=1)), failing, failing)
    result = run.run()
    assert (result.ended_by, result.ledger.failed) == ("completed", 600)
    assert run.watcher.snapshots[-1].errors == pytest.approx(400, abs=4), "all but those of the last second"


def test_a_condition_to_abort_is_judged_ten_times_a_second() -> None:
    async def failing(worker: FakeWorker) -> None:
        await worker.connect()
        await worker.gate()
        await worker.load(fails=lambda number: number > 100)
        worker.leave()

    condition = parse_condition("error_rate > 20% over 1s", use="abort-if")
    run = Coordinated(plan_of(stop=StopRules(abort_if=(condition,))), failing, failing)
    result = run.run()
    assert (result.ended_by, exit_code(result)) == ("fail_fast", ExitCode.FAIL_FAST)
    assert result.ended_because.startswith("error_rate > 20% over 1s (observed 2")
    assert result.ended_at_s == pytest.approx(1.25, abs=0.1)


def test_a_threshold_that_is_lost_ends_the_run() -> None:
    result = Coordinated(plan_of(thresholds=thresholds("p99 < 5ms abort"), duration_s=60.0)).run()
    assert (result.ended_by, exit_code(result)) == ("threshold", ExitCode.THRESHOLD)
    assert result.duration_s < 10


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_drains(number: signal.Signals) -> None:
    run = Coordinated(plan_of(), stalls(1.0, 0.5), at={1.2: lambda session: session.interrupt(number)})
    result = run.run()
    assert (result.ended_by, result.ended_because) == ("signal", f"{number.name} received")
    assert exit_code(result) == ExitCode.SIGNAL
    assert result.ledger.unknown == 0
    assert run.emergencies == []
    assert run.took_s == pytest.approx(OPENED_S + 1.5, abs=0.1)


def test_a_second_signal_gives_what_there_is_at_once() -> None:
    def interrupt(session: Any) -> None:
        session.interrupt(signal.SIGINT)

    run = Coordinated(plan_of(), stalls(1.0), at={1.2: interrupt, 1.5: interrupt})
    result = run.run()
    (at_once,) = map(balanced, run.emergencies)
    assert (at_once.ended_by, at_once.ended_at_s) == ("signal", pytest.approx(1.17, abs=0.02))
    assert at_once.ledger.unknown >= 1
    assert at_once.ledger.sent == result.ledger.sent, "the counters know what was sent, whatever the frames say"


def test_what_workers_send_while_two_signals_come_is_counted() -> None:
    known: list[Any] = []

    def interrupt_twice(session: Any) -> None:
        control = session._control
        known.append((control, control.get(0, Slot.SENT)))
        control.put(0, Slot.SENT, known[0][1] - 7)  # as before the end of a batch
        session.interrupt(signal.SIGINT)
        session.interrupt(signal.SIGTERM)

    def sleep(seconds: float) -> None:
        assert seconds == pytest.approx(0.05)
        control, sent = known[0]
        control.put(0, Slot.SENT, sent)

    run = Coordinated(plan_of(), stalls(1.0), at={1.2: interrupt_twice}, sleep=sleep)
    result = run.run()
    (at_once,) = map(balanced, run.emergencies)
    assert at_once.ledger.sent == result.ledger.sent


def test_a_signal_while_users_connect_ends_the_run_before_it_begins() -> None:
    async def slow(worker: FakeWorker) -> None:
        await worker.connect(after_s=30.0)
        assert not await worker.gate()

    run = Coordinated(plan_of(), slow, slow, at={0.5: lambda session: session.interrupt(signal.SIGTERM)})
    result = run.run()
    assert (result.ended_by, result.ledger) == ("signal", Ledger())
    assert (result.users.started, result.users.skipped) == (0, 2)


def test_a_worker_that_never_gets_ready_does_not_keep_everybody_waiting() -> None:
    async def hangs(_worker: FakeWorker) -> None:
        await asyncio.Event().wait()

    run = Coordinated(plan_of(connect_timeout_s=2.0), hangs)
    result = run.run()
    assert (result.ended_by, result.ended_because) == (
        "error",
        "1 of 2 workers did not come back within 5 s of the cut",
    )
    assert (result.ledger, exit_code(result)) == (Ledger(), ExitCode.INTERNAL)
    assert run.took_s == pytest.approx(30.0 + 2.0 + 5.0, abs=0.3)


def test_connections_that_come_one_by_one_have_the_time_they_need() -> None:
    async def slow(worker: FakeWorker) -> None:
        for connected in range(4):
            worker.control.put(worker.shard.index, Slot.CONNECTED, connected)
            await asyncio.sleep(20.0)
        await worker.connect()
        await worker.gate()
        await worker.load()
        worker.leave()

    assert Coordinated(plan_of(), slow).run().ended_by == "completed"


def test_workers_that_are_gone_before_the_gate_are_not_waited_for() -> None:
    async def gone(_worker: FakeWorker) -> None:
        raise WorkersLostError("machine a is gone")

    run = Coordinated(plan_of(), gone, gone)
    result = run.run()
    assert (result.ended_by, result.ended_because) == ("error", "machine a is gone; machine a is gone")
    assert run.took_s < 0.3
    assert run.gate_at_ns == 0
