from io import BytesIO

import pytest

from loadgen.executors.places.machines.messages import (
    GREETING,
    LONGEST_NOISE,
    Message,
    await_greeting,
    encode_message,
    read_message,
)

MESSAGES = [
    Message("lease", {"until": 1 << 62, "sent": 0}),
    Message("begin", {"shards": [0, 2]}, b"\xff\n\x00"),
    Message("over"),
]


def test_messages_come_as_they_were_sent():
    stream = BytesIO(b"".join(map(encode_message, MESSAGES)))
    assert [read_message(stream) for _ in MESSAGES] == MESSAGES
    assert read_message(stream) is None


@pytest.mark.parametrize("cut", [1, 3, 12, 30])
def test_half_a_message_is_none(cut):
    assert read_message(BytesIO(encode_message(MESSAGES[1])[:-cut])) is None


def test_what_a_login_shell_writes_before_the_greeting_is_read_over():
    stream = BytesIO(b"Welcome!\nloadgen machine \n" + GREETING + b"rest")
    assert await_greeting(stream)
    assert stream.read() == b"rest"


@pytest.mark.parametrize("noise", [b"", b"no such command\n", b"x" * (LONGEST_NOISE + 100)])
def test_who_does_not_greet_is_no_machine(noise):
    assert not await_greeting(BytesIO(noise))
