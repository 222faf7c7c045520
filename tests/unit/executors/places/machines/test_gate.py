"""The gate opens when all know of it: without that no machine begins."""

import pytest

from loadgen.base.clock import NS_PER_MS
from loadgen.executors.places.machines.clock import RemoteClock
from loadgen.executors.places.machines.description import Description
from loadgen.executors.places.machines.gate import AGAIN_AHEAD_NS, MOST_TIMES, Gate
from loadgen.executors.places.machines.member import Member
from loadgen.executors.places.machines.mirror import Mirror
from loadgen.guard.shared_state import Cause

DELAY_NS = 300 * NS_PER_MS
START_NS = 1_000 * NS_PER_MS
AHEAD_NS = 7 * NS_PER_MS
"""Of each machine's clock."""


class FakeLink:
    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append((message.kind, message.head["at"], message.head["open"]))


class Run:
    """Two machines; `answer` is what one of them says to the last that it was told."""

    def __init__(self):
        self.control = Mirror.create(2)
        clock = RemoteClock()
        clock.add(0, AHEAD_NS, 0)
        self.members = [Member(f"machine {n}", FakeLink(), Description(), clock, range(n, n + 1)) for n in range(2)]
        self.gate = Gate(self.members, self.control)
        self.control.changed = self.gate.tell
        self.control.open_gate(START_NS)

    def answer(self, member, early_ns=DELAY_NS):
        _, at, is_open = self.members[member].link.sent[-1]
        self.gate.hear(self.members[member], at, early_ns, is_open=is_open)

    def look(self, before_ns):
        """So long before the gate."""
        self.gate.look(self.control.gate_at_ns - before_ns, DELAY_NS)

    @property
    def told(self):
        return [member.link.sent for member in self.members]


@pytest.fixture
def run():
    run = Run()
    yield run
    run.control.close()


def test_it_opens_in_each_clock_when_all_know_of_it(run):
    first = ("gate", START_NS + AHEAD_NS, False)
    run.answer(0)
    run.look(DELAY_NS - 1)
    assert run.told == [[first], [first]]
    run.answer(1)
    run.look(DELAY_NS - 2)
    assert run.told == [[first, ("gate", START_NS + AHEAD_NS, True)]] * 2
    assert run.members[0].early_ns is None
    run.answer(0, early_ns=42)
    assert run.members[0].early_ns == 42
    run.look(1)
    assert len(run.told[0]) == 2


def test_where_one_has_not_answered_in_time_it_is_set_again_for_all(run):
    run.answer(0)
    run.look(DELAY_NS // 2 - 1)
    again_ns = START_NS - DELAY_NS // 2 + 1 + AGAIN_AHEAD_NS
    assert run.control.gate_at_ns == again_ns
    assert [told[-1] for told in run.told] == [("gate", again_ns + AHEAD_NS, False)] * 2
    run.gate.hear(run.members[1], START_NS + AHEAD_NS, 0, is_open=False)  # of the first one, at last
    run.answer(0)
    run.look(DELAY_NS)
    assert not run.told[1][-1][2]
    run.answer(1)
    run.look(DELAY_NS)
    assert [told[-1][2] for told in run.told] == [True, True]


def test_an_answer_that_comes_too_late_for_the_word_to_open_is_late_too(run):
    run.answer(0)
    run.answer(1)
    run.look(DELAY_NS // 2 - 1)
    assert [told[-1][2] for told in run.told] == [False, False]
    assert run.control.gate_at_ns > START_NS


def test_after_some_times_it_opens_all_the_same(run):
    for _ in range(MOST_TIMES):
        run.look(1)
        assert not run.told[0][-1][2]
    run.look(1)
    assert [told[-1][2] for told in run.told] == [True, True]


def test_nothing_opens_in_a_run_that_was_stopped(run):
    run.answer(0)
    run.answer(1)
    run.control.trip(Cause.ERROR, 1)
    run.look(DELAY_NS - 1)
    run.look(1)
    assert not any(is_open for told in run.told for _, _, is_open in told)
