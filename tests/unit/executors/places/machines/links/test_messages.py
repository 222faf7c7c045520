import sys
from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.executors.places.machines.links.messages import (
    GREETING,
    LONGEST_NOISE,
    Message,
    MessageReader,
    encode_message,
    pack_values,
    unpack_values,
)

MESSAGES = [
    Message("lease", {"until": 1 << 62, "sent": 0}),
    Message("begin", {"shards": [0, 2]}, b"\xff\n\x00"),
    Message("over"),
]
ENCODED = b"".join(map(encode_message, MESSAGES))


def fed(reader, data, cuts):
    """What comes of these bytes, cut there."""
    edges = [0, *sorted(cuts), len(data)]
    return [message for begin, end in pairwise(edges) for message in reader.feed(data[begin:end])]


@given(st.sets(st.integers(0, len(ENCODED))))
def test_messages_come_as_they_were_sent_in_pieces_of_any_size(cuts):
    assert fed(MessageReader(), ENCODED, cuts) == MESSAGES


@pytest.mark.parametrize("cut", [1, 3, 12, 30])
def test_half_a_message_is_none(cut):
    assert MessageReader().feed(encode_message(MESSAGES[1])[:-cut]) == []


WELCOME = b"Welcome!\nloadgen machine \n" + GREETING


@given(st.sets(st.integers(0, len(WELCOME + ENCODED))))
def test_what_a_login_shell_writes_before_the_greeting_is_read_over(cuts):
    assert fed(MessageReader(greeting=True), WELCOME + ENCODED, cuts) == MESSAGES


@pytest.mark.parametrize("noise", [b"", b"no such command\n", b"x" * (LONGEST_NOISE - 1)])
def test_who_has_not_greeted_says_nothing(noise):
    reader = MessageReader(greeting=True)
    assert (reader.feed(noise), reader.is_noise) == ([], False)


@pytest.mark.parametrize("last", [b"", GREETING + ENCODED])
def test_who_says_too_much_before_it_is_no_machine(last):
    reader = MessageReader(greeting=True)
    assert (reader.feed(b"x" * LONGEST_NOISE + last), reader.is_noise) == ([], True)


@pytest.mark.parametrize("order", ["little", "big"])
def test_numbers_are_the_same_on_every_processor(order, monkeypatch):
    values = array("Q", [1, 1 << 40, (1 << 64) - 1])
    there = values[:]
    if order != sys.byteorder:
        there.byteswap()  # as they lie in its memory
    monkeypatch.setattr(sys, "byteorder", order)
    body = pack_values(memoryview(there))
    assert body == b"".join(value.to_bytes(8, "little") for value in values)
    assert unpack_values(body) == there


@pytest.mark.parametrize("text", [b"warning!\n", b"\n\n\n\n\n\n\n\n", bytes(8)])
def test_what_somebody_else_writes_is_known_by_its_first_bytes(text):
    with pytest.raises(ValueError, match=r"a head without an end|Expecting value"):
        MessageReader().feed(ENCODED + text)
