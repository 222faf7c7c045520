import os

import pytest

from loadgen.guard.board import CUT, DRAIN, GO, STOP, Board, Cause, Slot, State


@pytest.fixture
def board():
    board = Board.create(3)
    yield board
    board.close()


@pytest.fixture
def other(board):
    """The same memory as a child process sees it: through an inherited descriptor."""
    other = Board(os.dup(board.descriptor), 3)
    yield other
    other.close()


def test_a_new_board_lets_everybody_go_and_has_counted_nothing(board):
    assert (board.stop, board.cause, board.stopped_at_ns, board.gate_at_ns) == (GO, Cause.COMPLETED, 0, 0)
    assert [board.total(slot) for slot in Slot] == [0] * len(Slot)
    assert board.least(Slot.STATE) == State.NEW


def test_two_boards_on_the_same_descriptor_see_each_other(board, other):
    other.put(1, Slot.SENT, 7)
    board.put(2, Slot.SENT, 5)
    board.open_gate(123)
    assert (board.get(1, Slot.SENT), other.get(2, Slot.SENT)) == (7, 5)
    assert board.total(Slot.SENT) == other.total(Slot.SENT) == 12
    assert other.gate_at_ns == 123
    assert other.trip(Cause.SIGNAL, 99)
    assert (board.stop, board.cause, board.stopped_at_ns) == (DRAIN, Cause.SIGNAL, 99)
    board.cut()
    assert other.words[STOP] == CUT


def test_the_first_cause_is_kept(board, other):
    assert board.trip(Cause.FAIL_FAST, 1)
    assert not other.trip(Cause.SIGNAL, 2)
    assert not board.trip(Cause.ERROR, 3)
    assert (board.cause, board.stopped_at_ns, board.stop) == (Cause.FAIL_FAST, 1, DRAIN)


def test_after_a_cut_nothing_trips_and_nothing_drains_again(board):
    board.cut()
    assert not board.trip(Cause.SIGNAL, 1)
    assert (board.stop, board.cause) == (CUT, Cause.COMPLETED)


def test_every_word_of_every_slot_has_a_place_of_its_own(board):
    for worker in range(3):
        for slot in Slot:
            board.put(worker, slot, 100 * worker + slot + 1)
    for worker in range(3):
        for slot in Slot:
            assert board.get(worker, slot) == 100 * worker + slot + 1
    for slot in Slot:
        assert board.total(slot) == 300 + 3 * (slot + 1)
        assert board.least(slot) == slot + 1
    assert board.stop == GO


def test_words_hold_any_instant(board):
    board.open_gate(2**64 - 1)
    assert board.gate_at_ns == 2**64 - 1


def test_the_descriptor_is_passed_on_to_a_child_only_on_request(board):
    assert not os.get_inheritable(board.descriptor)


def test_a_closed_board_frees_its_descriptor():
    board = Board.create(1)
    descriptor = board.descriptor
    board.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
