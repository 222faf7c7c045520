import os
import time
from collections.abc import Iterator

import pytest

from loadgen.observe.feed import Feed

BIG = b"x" * (3 << 20) + b"\n"


@pytest.fixture
def pipe() -> Iterator[tuple[Feed, int]]:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    feed = Feed(writer)
    yield feed, reader
    feed.close()
    os.close(reader)


def read_all(reader: int) -> bytes:
    pieces = []
    while True:
        try:
            piece = os.read(reader, 1 << 20)
        except BlockingIOError:
            break
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces)


def test_what_does_not_fit_is_written_on_and_what_comes_until_then_is_dropped(pipe: tuple[Feed, int]) -> None:
    feed, reader = pipe
    assert feed.write(BIG)
    assert not feed.write(b"dropped\n")
    read = b""
    while len(read) < len(BIG):
        read += read_all(reader)
        feed.go_on()
    assert feed.write(b"taken\n")
    assert read + read_all(reader) == BIG + b"taken\n"


def test_a_reader_that_has_gone_is_no_error() -> None:
    reader, writer = os.pipe()
    feed = Feed(writer)
    os.close(reader)
    assert not feed.write(b"x\n")
    assert feed.gone
    feed.close()
    feed.close()


def test_the_last_line_waits_no_longer_than_it_may(pipe: tuple[Feed, int]) -> None:
    feed, _ = pipe
    assert not feed.write_last(BIG, time.monotonic())
