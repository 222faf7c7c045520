"""Messages over real pipes, which are full, closed, or no pipes at all."""

import asyncio
import os
import socket
import threading
from contextlib import closing
from pathlib import Path

import pytest

from loadgen.executors.places.machines.links.messages import GREETING, LONGEST_NOISE, Message, encode_message
from loadgen.executors.places.machines.links.pipe_ends import PipeReader, PipeWriter

LARGE = Message("frames", {"number": 1}, bytes(range(256)) * 4096)
SMALL = [Message("slots", {"number": number}) for number in range(2, 5)]


def a_pipe():
    source, sink = os.pipe()
    return os.fdopen(source, "rb", buffering=0), os.fdopen(sink, "wb", buffering=0)


def a_connection():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        return os.fdopen(os.dup(ours.fileno()), "rb", buffering=0), os.fdopen(
            os.dup(theirs.fileno()), "wb", buffering=0
        )


async def heard_from(reader, *, count=None):
    """What comes, until the end of all or so many."""
    heard = asyncio.Queue()
    reader.listen(heard.put_nowait)
    said = []
    async with asyncio.timeout(20):
        while (count is None or len(said) < count) and (not said or said[-1] is not None):
            said.append(await heard.get())
    reader.listen(None)
    return said


@pytest.mark.parametrize("make", [a_pipe, a_connection])
def test_a_writer_does_not_wait_for_who_reads(make):
    source, sink = make()
    writer = PipeWriter(sink)
    for message in (LARGE, *SMALL):
        writer.send(encode_message(message))  # before anybody reads
    writer.close()
    with closing(PipeReader(source)) as reader:
        assert asyncio.run(heard_from(reader)) == [LARGE, *SMALL, None]
    writer.wait(20)
    assert sink.closed


def test_a_pipe_with_room_is_written_to_at_once_and_by_no_thread():
    source, sink = a_pipe()
    before = threading.active_count()
    writer = PipeWriter(sink)
    for message in SMALL:
        writer.send(encode_message(message))
    assert os.read(source.fileno(), 1 << 16) == b"".join(map(encode_message, SMALL))
    assert threading.active_count() == before
    writer.close()
    assert sink.closed
    source.close()


def test_it_is_so_again_when_a_thread_has_written_what_was_too_much():
    source, sink = a_pipe()
    before = threading.active_count()
    writer = PipeWriter(sink)
    writer.send(encode_message(LARGE))
    with closing(PipeReader(source)) as reader:
        assert asyncio.run(heard_from(reader, count=1)) == [LARGE]
        writer.wait(20)
        writer.send(encode_message(SMALL[0]))
        assert threading.active_count() == before
        writer.close()
        assert asyncio.run(heard_from(reader)) == [SMALL[0], None]


@pytest.mark.parametrize("message", [LARGE, SMALL[0]])
def test_where_nobody_reads_any_more_nothing_happens(message):
    source, sink = a_pipe()
    writer = PipeWriter(sink)
    source.close()
    writer.send(encode_message(message))
    writer.close()
    writer.send(encode_message(message))
    writer.wait(20)
    assert sink.closed


def test_what_can_not_be_written_is_left_without_a_word():
    with Path("/dev/full").open("wb", buffering=0) as full:
        writer = PipeWriter(full)
        for message in (LARGE, SMALL[0]):
            writer.send(encode_message(message))
        writer.close()
        writer.wait(20)  # its thread ended in order, or this test failed


def test_a_pipe_that_another_process_has_set_not_to_wait_takes_all():
    source, sink = a_pipe()
    os.set_blocking(sink.fileno(), False)
    writer = PipeWriter(sink)
    for message in (LARGE, *SMALL):
        writer.send(encode_message(message))
    writer.close()
    with closing(PipeReader(source)) as reader:
        assert asyncio.run(heard_from(reader)) == [LARGE, *SMALL, None]


def test_what_nobody_listened_to_comes_to_the_next_one_on_another_loop():
    source, sink = a_pipe()
    with closing(PipeReader(source, greeting=True)) as reader:
        with sink:
            sink.write(b"Welcome!\n" + GREETING + b"".join(map(encode_message, SMALL)))
            heard = []

            async def one():
                async with asyncio.timeout(20):
                    came = asyncio.Event()

                    def take(message):
                        heard.append(message)
                        reader.listen(None)
                        came.set()

                    reader.listen(take)
                    await came.wait()

            asyncio.run(one())
            assert heard == SMALL[:1]
        assert asyncio.run(heard_from(reader)) == [*SMALL[1:], None]


def test_a_file_is_read_to_its_end():
    with closing(PipeReader(Path(os.devnull).open("rb", buffering=0))) as reader:
        assert asyncio.run(heard_from(reader)) == [None]


@pytest.mark.parametrize("head", [b"printed by somebody", b"[]", b"{}", b'{"kind":1}', b"\xff"])
def test_what_is_no_message_is_the_end(head):
    source, sink = a_pipe()
    with sink:
        sink.write(GREETING + encode_message(SMALL[0]))
        with closing(PipeReader(source, greeting=True)) as reader:
            assert asyncio.run(heard_from(reader, count=1)) == SMALL[:1]
            sink.write(len(head).to_bytes(4, "big") + bytes(4) + head)
            assert (asyncio.run(heard_from(reader)), reader.is_noise) == ([None], True)


def test_noise_without_an_end_is_the_end():
    source, sink = a_pipe()
    writer = PipeWriter(sink)
    writer.send(b"x" * LONGEST_NOISE)
    with closing(PipeReader(source, greeting=True)) as reader:
        assert asyncio.run(heard_from(reader)) == [None]
    writer.close()
    writer.wait(20)
