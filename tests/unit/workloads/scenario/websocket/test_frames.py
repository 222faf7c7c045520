"""Frames of WebSocket: RFC 6455's own examples, whatever the cut, and what is not allowed."""

import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.workloads.scenario.websocket.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    MOST_BYTES,
    PING,
    TEXT,
    BrokenFramesError,
    FrameReader,
    FrameWriter,
    Message,
    closing,
    masked,
)


def plain(kind, data, *, last=True, bits=0):
    """A frame as servers send them."""
    first = kind | bits | (0x80 if last else 0)
    size = len(data)
    if size < 126:
        return bytes((first, size)) + data
    if size < 65536:
        return bytes((first, 126)) + size.to_bytes(2, "big") + data
    return bytes((first, 127)) + size.to_bytes(8, "big") + data


def read(data, **options):
    return [*FrameReader(**options).feed(data)]


def test_the_examples_of_the_rfc():
    assert masked(b"Hello", bytes.fromhex("37fa213d")) == bytes.fromhex("7f9f4d5158")
    assert read(bytes.fromhex("810548656c6c6f")) == [Message(TEXT, b"Hello")]
    assert read(bytes.fromhex("010348656c80026c6f")) == [Message(TEXT, b"Hello")]
    assert read(bytes.fromhex("890548656c6c6f")) == [Message(PING, b"Hello")]
    assert read(bytes.fromhex("c107f248cdc9c90700"), deflate=True) == [Message(TEXT, b"Hello")]


@given(st.lists(st.binary(max_size=300), max_size=6), st.lists(st.integers(0, 2000), max_size=8))
def test_messages_are_the_same_wherever_the_bytes_are_cut(texts, places):
    body, at, found, reader = b"".join(plain(BINARY, text) for text in texts), 0, [], FrameReader()
    for place in [*sorted({place % (len(body) + 1) for place in places}), len(body)]:
        found += reader.feed(body[at:place])
        at = place
    assert [message.data for message in found] == texts


@given(st.binary(max_size=70000), st.booleans(), st.booleans())
def test_what_is_written_can_be_unmasked(data, deflate, keeps):
    writer = FrameWriter(deflate=deflate, keeps=keeps)
    decompressor = zlib.decompressobj(wbits=-15)
    for _ in range(2):
        frame = writer.frame(BINARY, data)
        size = frame[1] & 0x7F
        at = 2 + {126: 2, 127: 8}.get(size, 0)
        said = masked(frame[at + 4 :], frame[at : at + 4])
        if deflate:
            assert frame[0] == 0xC2
            said = (decompressor if keeps else zlib.decompressobj(wbits=-15)).decompress(said + b"\0\0\xff\xff")
        assert said == data


@given(st.lists(st.text(max_size=70), min_size=1, max_size=6), st.booleans())
def test_texts_are_written_as_any_other_message_also_the_same_one_again(texts, deflate):
    writer = FrameWriter(deflate=deflate)
    decompressor = zlib.decompressobj(wbits=-15)
    for text in [text for one in texts for text in (one, one)]:
        frame = writer.text(text)
        size = frame[1] & 0x7F
        at = 2 + {126: 2}.get(size, 0)
        said = masked(frame[at + 4 :], frame[at : at + 4])
        assert frame[0] == (0xC1 if deflate else 0x81)
        assert len(frame) == at + 4 + (size if at == 2 else int.from_bytes(frame[2:4]))
        assert (decompressor.decompress(said + b"\0\0\xff\xff") if deflate else said) == text.encode()


def test_the_same_bytes_again_are_no_text_where_another_message_has_begun():
    reader = FrameReader()
    assert reader.text(plain(TEXT, b"hello")) == reader.last_text == "hello"
    assert reader.last == plain(TEXT, b"hello")
    assert [*reader.feed(plain(TEXT, b"he", last=False))] == []
    assert reader.last is None


@pytest.mark.parametrize(
    ("received", "problem"),
    [
        (bytes.fromhex("818537fa213d7f9f4d5158"), "masks"),
        (plain(TEXT, b"\xff"), "not UTF-8"),
        (plain(TEXT, b"a", bits=0x40), "reserved bit"),
        (plain(TEXT, b"a", bits=0x10), "reserved bit"),
        (plain(CONTINUATION, b"a"), "piece of no message"),
        (plain(TEXT, b"a", last=False) + plain(TEXT, b"b"), "within another"),
        (plain(3, b"a"), "a frame of kind 3"),
        (plain(PING, b"a", last=False), "control frame"),
        (plain(PING, b"a" * 126), "control frame"),
        (plain(11, b"a"), "control frame"),
        (plain(CLOSE, b"a"), "close code of one byte"),
        (plain(CLOSE, closing(1005)), "close code of 1005"),
        (plain(CLOSE, closing(999)), "close code of 999"),
        (plain(CLOSE, closing(1000) + b"\xff"), "not UTF-8"),
        (b"\x82\x7f" + (MOST_BYTES + 1).to_bytes(8, "big"), "a frame of 16,777,217 bytes"),
    ],
)
def test_what_a_server_must_not_send(received, problem):
    with pytest.raises(BrokenFramesError, match=problem):
        read(received)


def test_a_message_that_inflates_without_end_is_refused():
    compressor = zlib.compressobj(wbits=-15)
    bomb = compressor.compress(bytes(MOST_BYTES + 10)) + compressor.flush(zlib.Z_SYNC_FLUSH)
    with pytest.raises(BrokenFramesError, match="more than 16 MiB"):
        read(plain(BINARY, bomb.removesuffix(b"\0\0\xff\xff"), bits=0x40), deflate=True)
    with pytest.raises(BrokenFramesError, match="not deflated"):
        read(plain(BINARY, b"\xff\xff\xff", bits=0x40), deflate=True)


@given(st.binary(max_size=60))
def test_whatever_comes_is_read_or_refused(data):
    for deflate in (False, True):
        with suppress(BrokenFramesError):
            read(data, deflate=deflate)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x81\x05hello", "hello"),
        (b"\x81\x00", ""),
        (b"\x81\x05hell", None),  # not whole
        (b"\x81\x05hello\x81\x00", None),  # and one more
        (b"\x82\x05hello", None),  # bytes
        (b"\x01\x05hello", None),  # a piece
        (b"\xc1\x05hello", None),  # compressed
        (b"\x89\x00", None),  # a PING
        (b"\x81", None),
    ],
)
def test_one_short_text_is_taken_at_once_and_nothing_else(data: bytes, text: str | None) -> None:
    assert FrameReader().text(data) == text


def test_one_short_text_that_is_not_utf8_is_broken() -> None:
    with pytest.raises(BrokenFramesError, match="not UTF-8"):
        FrameReader().text(b"\x81\x01\xff")


def test_a_short_text_within_another_message_is_not_taken_at_once() -> None:
    reader = FrameReader()
    list(reader.feed(b"\x01\x02he"))

    assert reader.text(b"\x81\x05hello") is None


def test_each_frame_has_a_mask_of_its_own() -> None:
    writer = FrameWriter()

    masks = [writer.frame(TEXT, b"")[2:6] for _ in range(200)]

    assert len(set(masks)) > 190
    assert {len(mask) for mask in masks} == {4}
