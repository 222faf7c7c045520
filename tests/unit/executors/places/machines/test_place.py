"""Many machines in virtual time: what is promised of a run, and of each way in which a part of it is lost."""

import asyncio

import pytest

from loadgen.base.clock import s_to_ns
from loadgen.base.errors import UsageError
from loadgen.executors.places.machines.clock import RemoteClock
from loadgen.executors.places.machines.description import Description
from loadgen.executors.places.machines.links.messages import Message
from loadgen.executors.places.machines.member import Member
from loadgen.executors.places.machines.place import LEASE_S, RENEW_S, Machines
from loadgen.measure.recording import Frame, Recording
from loadgen.measure.wire import pack_frames
from loadgen.plan.jobs.http import RequestSpec
from loadgen.plan.plan import StopRules
from tests.support.fakes import VirtualClock, make_plan
from tests.support.machines import DELAY_S, Lab

ORPHANED_S = LEASE_S + 0.1


def plan_of(processes=3, **changes):
    return make_plan(**{"processes": processes, "users": processes, "duration_s": 3.0, "grace_s": 1.0, **changes})


def test_a_run_on_three_machines_is_one_run():
    lab = Lab(plan_of(6))
    result = lab.run()
    assert (result.ended_by, result.generator.verdict) == ("completed", "valid")
    assert result.ledger.sent == result.ledger.ok == lab.sent
    assert result.latency_ms["service"].count == lab.sent
    assert [row.ledger.sent for row in result.machines.rows] == list(map(len, lab.sent_s))
    assert len(result.generator.workers) == 6
    assert [row.service_p50_ms for row in result.machines.rows] == [pytest.approx(10, rel=0.01)] * 3


def test_a_row_has_what_failed_by_the_machine_s_own_fault_too():
    async def fails_by_itself(worker):
        worker.is_at_fault = True
        await worker.connect()
        await worker.gate()
        await worker.load(fails=lambda number: number % 4 == 0)
        worker.leave()

    result = Lab(plan_of(), works=[fails_by_itself]).run()
    one = result.machines.rows[0].ledger
    assert (one.failed, one.unknown) == (one.sent // 4, 0)
    assert result.ledger.failed == one.failed


def test_all_machines_begin_together_though_each_has_a_clock_of_its_own():
    lab = Lab(plan_of())
    result = lab.run()
    firsts = [times[0] for times in lab.sent_s]
    assert max(firsts) - min(firsts) <= result.machines.start_spread_ms / 1000
    assert result.machines.start_spread_ms <= 1.0
    for number, row in enumerate(result.machines.rows):
        assert abs(row.clock_ahead_s - lab.ahead_ns(number) / 1e9) <= row.clock_bound_ms / 1000 + 1e-6
        assert row.gate_early_ms > 290


def starting(*delays):
    """A run whose gate is set after a second; `delays`: from when on a message to a machine takes how long."""

    async def slow(worker):
        await worker.connect(after_s=1.0)
        await worker.gate()
        await worker.load()
        worker.leave()

    def delay(machine, delay_s):
        return lambda lab: setattr(lab.wires[machine], "delay_s", delay_s)

    lab = Lab(plan_of(), works=[slow], at={at_s: delay(machine, delay_s) for at_s, machine, delay_s in delays})
    result = lab.run()
    return result, [times[0] for times in lab.sent_s]


def test_a_gate_that_one_machine_hears_of_late_is_set_again():
    result, firsts = starting((0.95, 1, 0.4), (1.3, 1, 0.001))
    assert max(firsts) - min(firsts) <= 0.001
    assert min(firsts) > 1.8
    assert [row.verdict for row in result.machines.rows] == ["valid"] * 3
    assert min(row.gate_early_ms for row in result.machines.rows) > 500
    assert result.duration_s == pytest.approx(3.0, abs=0.02)
    assert result.opening_s > 1.8


def test_who_is_told_to_open_it_late_begins_late_and_it_is_said():
    result, firsts = starting((1.005, 1, 0.7))
    assert firsts[0] == firsts[2] < firsts[1]
    row = result.machines.rows[1]
    assert row.gate_early_ms < -100
    assert (firsts[1] - firsts[0]) * 1000 == pytest.approx(-row.gate_early_ms, abs=5)
    assert "it learned of the start" in result.generator.reasons[0]
    assert result.machines.start_spread_ms >= -row.gate_early_ms


def test_one_that_is_always_late_holds_the_start_up_for_a_while_only():
    result, firsts = starting((0.95, 1, 0.8))
    assert 4.0 < min(firsts) < 7.0
    assert result.ledger.sent == result.ledger.ok


def test_the_first_failure_stops_all_machines_within_a_message():
    async def fails_once(worker):
        await worker.connect()
        await worker.gate()
        await worker.load(fails=lambda number: number == 50)
        worker.leave()

    lab = Lab(plan_of(stop=StopRules(max_errors=1)), works=[fails_once])
    result = lab.run()
    assert result.ended_by == "fail_fast"
    assert result.ledger.failed == 1
    tripped_s = lab.sent_s[0][-1] + 0.01  # its service time
    assert all(times[-1] < tripped_s + 0.02 for times in lab.sent_s[1:])
    assert 0 < result.machines.stop_spread_ms <= 20


def test_failures_of_all_machines_count_together():
    async def fails_now_and_then(worker):
        await worker.connect()
        await worker.gate()
        await worker.load(fails=lambda number: number % 10 == 0)
        worker.leave()

    result = Lab(plan_of(stop=StopRules(max_errors=6)), works=[fails_now_and_then] * 3).run()
    assert result.ended_by == "fail_fast"
    assert 6 <= result.ledger.failed <= 9  # each may have had one more on the way


def losing(how, on_lost="stop", at_s=2.0, **changes):
    lab = Lab(plan_of(**changes), at={at_s: how}, on_lost=on_lost)
    return lab, lab.run()


def assert_nothing_unsaid(lab, result):
    """What the target saw is in the ledger, or said to be unaccounted for; what has no sample is said, too."""
    assert result.ledger.sent <= lab.sent <= result.ledger.sent + result.machines.unaccounted_at_most
    assert result.latency_ms["service"].count + result.samples_lost == result.ledger.ok
    assert result.generator.verdict == "invalid"
    assert result.ended_by == "error"


@pytest.mark.parametrize("how", [lambda lab: lab.kill(1), lambda lab: lab.cut(1)], ids=["killed", "cut off"])
def test_a_machine_that_is_lost_stops_and_so_do_the_others(how):
    lab, result = losing(how)
    assert_nothing_unsaid(lab, result)
    assert "machine 2 was lost" in result.ended_because
    assert lab.sent_s[1][-1] <= 2.0 + ORPHANED_S
    assert max(lab.sent_s[0]) <= 2.0 + LEASE_S + 0.6
    assert result.machines.rows[1].lost
    assert result.machines.rows[1].verdict == "invalid"


def test_a_machine_that_hears_and_is_not_heard_has_stopped_when_it_is_called_lost():
    lab, result = losing(lambda lab: setattr(lab.wires[1], "is_mute", True), duration_s=9.0)
    assert_nothing_unsaid(lab, result)
    assert lab.sent_s[1][-1] <= 2.0 + ORPHANED_S
    assert result.machines.unaccounted_at_most < 400


def test_the_others_go_on_where_that_is_asked_for_and_the_result_is_invalid_all_the_same():
    lab, result = losing(lambda lab: lab.kill(1), "go-on", duration_s=8.0)
    assert_nothing_unsaid(lab, result)
    assert lab.sent_s[0][-1] > 8.0
    shown = list(dict.fromkeys(snapshot.machines for snapshot in lab.watcher.snapshots))
    assert shown == ["3 machines", "3 machines, 1 silent", "3 machines, 1 lost"]
    assert result.duration_s == pytest.approx(8.0, abs=0.1)


def test_a_machine_that_is_lost_before_the_gate_ends_the_run_and_nothing_is_sent():
    for how in (lambda lab: lab.kill(1), lambda lab: lab.cut(1)):

        async def slow(worker):
            await worker.connect(after_s=5.0)
            if await worker.gate():
                await worker.load()
                worker.leave()

        lab = Lab(plan_of(), works=[slow], at={0.2: how}, on_lost="go-on")
        result = lab.run()
        assert lab.sent == result.ledger.sent == 0
        assert result.ended_by == "error"
        assert "machine 2 was lost" in result.ended_because


def test_a_machine_whose_workers_cannot_do_what_was_asked_says_why_and_nothing_is_sent():
    async def cannot(_worker):
        raise UsageError("/tmp/x/loadgen-files-1/files/shop.py:3: no such module")

    lab = Lab(plan_of(), works=[cannot])
    with pytest.raises(UsageError, match=r"^machine 1: /shop\.py:3: no such module$"):
        lab.run()
    assert (lab.sent, lab.crashes) == (0, [])


def test_to_look_up_a_name_may_take_longer_than_a_lease():
    lab = Lab(plan_of(), look_up_s=LEASE_S + 3)
    result = lab.run()
    assert (result.ended_by, result.ledger.sent) == ("completed", lab.sent)
    assert lab.sent > 0


def test_machines_whose_coordinator_is_gone_stop_at_once():
    lab, result = losing(lambda lab: [wire.end() for wire in lab.wires])
    assert_nothing_unsaid(lab, result)
    assert max(max(times) for times in lab.sent_s) <= 2.05


def test_machines_that_nobody_is_heard_of_stop_with_their_lease():
    """As of a coordinator that is frozen, or of a scheduler in between that is killed."""
    lab, result = losing(lambda lab: [lab.cut(number) for number in range(3)])
    assert_nothing_unsaid(lab, result)
    assert 2.0 < max(max(times) for times in lab.sent_s) <= 2.0 + ORPHANED_S


def test_a_coordinator_that_stood_still_has_the_whole_result_and_says_why_it_ended():
    """It is thawed after the leases ran out: all that the machines did lies there unread."""

    def freeze(lab):
        for wire in lab.wires:
            wire.is_deaf = True

    lab = Lab(plan_of(duration_s=9.0), at={2.0: freeze})
    result = lab.run()
    assert result.ended_by == "error"
    assert "machine 1: its lease ran out, for nothing came from the coordinator" in result.ended_because
    assert result.ledger.sent == result.latency_ms["service"].count + result.ledger.unknown == lab.sent
    assert max(max(times) for times in lab.sent_s) <= 2.0 + ORPHANED_S


def test_a_silence_that_is_shorter_than_the_lease_changes_nothing():
    def mend(lab):
        lab.wires[1].is_cut = False

    lab = Lab(plan_of(duration_s=6.0), at={2.0: lambda lab: lab.cut(1), 3.7: mend})
    result = lab.run()
    assert result.machines.rows[1].silent_ms >= 1500
    assert not result.machines.rows[1].lost
    assert "of its messages did not come" in result.ended_because  # and so the result says what it lacks
    assert result.ledger.sent == lab.sent


def test_a_clock_is_known_as_well_by_a_lease_whose_answer_had_to_wait():
    lab = Lab(plan_of(duration_s=15.0))  # so long that nothing counts any more of what was asked before
    result = lab.run()
    for number, row in enumerate(result.machines.rows):
        assert row.clock_bound_ms == pytest.approx(1000 * DELAY_S, rel=0.1)  # half of there and back
        assert abs(row.clock_ahead_s - lab.ahead_ns(number) / 1e9) <= row.clock_bound_ms / 1000 + 1e-6


def test_leases_are_renewed_amid_the_frames_of_many_machines():
    clock, told = VirtualClock(), []

    class Link:
        name = "host"

        def send(self, message):
            told.append(message.kind)

        def listen(self, to):
            self.to = to

    link = Link()

    async def main():
        place = Machines(plan_of(1), [Member("one", link, Description(), RemoteClock(), range(1))], clock=clock)
        place.start((), lambda _: clock.advance(s_to_ns(RENEW_S)))
        await asyncio.sleep(0)
        for number in range(1, 4):
            link.to(Message("frames", {"number": number}, pack_frames([Frame(0, 0, 1, Recording())])))
        place.close()

    asyncio.run(main())
    assert told == ["begin", *["lease"] * 4, "over"]  # the first look, and after each message


def test_a_machine_that_says_what_is_not_understood_ends_the_run():
    lab = Lab(plan_of(), at={1.0: lambda lab: lab.wires[1].tell(Message("slots", {"number": 1}))})
    result = lab.run()
    assert (result.ended_by, [type(error) for error in lab.crashes]) == ("error", [KeyError])
    assert lab.took_s < 2.0


def test_a_plan_that_takes_long_on_its_way_loses_no_machine():
    lab = Lab(plan_of(requests=(RequestSpec("a", "POST", "/", body=bytes(1_000_000)),)))
    for wire in lab.wires:
        wire.bytes_per_s = 100_000.0
    result = lab.run()
    assert (result.ended_by, lab.took_s > 10) == ("completed", True)
