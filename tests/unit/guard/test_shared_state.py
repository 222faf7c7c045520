import os
import resource

import pytest

from loadgen.base.errors import UsageError
from loadgen.guard.shared_state import CUT, DRAIN, GO, STOP, Cause, SharedState, Slot, Snapshot, State


@pytest.fixture
def control():
    control = SharedState.create(3)
    yield control
    control.close()


@pytest.fixture
def other(control):
    """The same memory as a child process sees it: through an inherited descriptor."""
    other = SharedState(os.dup(control.descriptor), 3)
    yield other
    other.close()


def test_a_new_control_lets_everybody_go_and_has_counted_nothing(control):
    assert (control.stop, control.cause, control.stopped_at_ns, control.gate_at_ns) == (GO, Cause.COMPLETED, 0, 0)
    assert [control.total(slot) for slot in Slot] == [0] * len(Slot)
    assert control.least(Slot.STATE) == State.NEW


def test_two_boards_on_the_same_descriptor_see_each_other(control, other):
    other.put(1, Slot.SENT, 7)
    control.put(2, Slot.SENT, 5)
    control.open_gate(123)
    assert (control.get(1, Slot.SENT), other.get(2, Slot.SENT)) == (7, 5)
    assert control.total(Slot.SENT) == other.total(Slot.SENT) == 12
    assert other.gate_at_ns == 123
    assert other.trip(Cause.SIGNAL, 99)
    assert (control.stop, control.cause, control.stopped_at_ns) == (DRAIN, Cause.SIGNAL, 99)
    control.cut()
    assert other.values[STOP] == CUT


def test_the_first_cause_is_kept(control, other):
    assert control.trip(Cause.FAIL_FAST, 1)
    assert not other.trip(Cause.SIGNAL, 2)
    assert not control.trip(Cause.ERROR, 3)
    assert (control.cause, control.stopped_at_ns, control.stop) == (Cause.FAIL_FAST, 1, DRAIN)


def test_after_a_cut_nothing_trips_and_nothing_drains_again(control):
    control.cut()
    assert not control.trip(Cause.SIGNAL, 1)
    assert (control.stop, control.cause) == (CUT, Cause.COMPLETED)


def test_every_word_of_every_slot_has_a_place_of_its_own(control):
    for worker in range(3):
        for slot in Slot:
            control.put(worker, slot, 100 * worker + slot + 1)
    for worker in range(3):
        for slot in Slot:
            assert control.get(worker, slot) == 100 * worker + slot + 1
    for slot in Slot:
        assert control.total(slot) == 300 + 3 * (slot + 1)
        assert control.least(slot) == slot + 1
    assert control.stop == GO


def test_words_hold_any_instant(control):
    control.open_gate(2**64 - 1)
    assert control.gate_at_ns == 2**64 - 1


def test_the_descriptor_is_passed_on_to_a_child_only_on_request(control):
    assert not os.get_inheritable(control.descriptor)


def test_a_closed_control_frees_its_descriptor():
    control = SharedState.create(1)
    descriptor = control.descriptor
    control.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_limit_on_files_is_named():
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(UsageError, match="a file of 192 bytes: File too large; see `ulimit -f`"):
            SharedState.create(1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_snapshot_stays_as_it_was_when_its_state_goes_on_and_is_closed():
    control = SharedState.create(2)
    control.put(1, Slot.SENT, 7)
    control.trip(Cause.SIGNAL, 5)
    last = Snapshot(control)
    control.put(1, Slot.SENT, 8)
    control.close()
    assert (last.total(Slot.SENT), last.cause, last.stopped_at_ns) == (7, Cause.SIGNAL, 5)
    last.put(0, Slot.SENT, 1)
    assert last.sum_of(range(1), Slot.SENT) == 1
