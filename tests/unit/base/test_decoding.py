"""What is expected of a reply is looked for in what its Content-Encoding hides. More of decoding: test_reply.py."""

import gzip

import pytest

from loadgen.base.decoding import MOST_DECODED_BYTES, accepted_codings, decoded_body
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields, Request
from loadgen.base.reply import Expect, Reply

brotli = pytest.importorskip("brotli", reason="the extra `compress` is not installed")
zstandard = pytest.importorskip("zstandard", reason="the extra `compress` is not installed")

TEXT = b"hello world" * 100


def reply(body, coding="gzip", length=None):
    head = f"HTTP/1.1 200 OK\r\ncontent-Encoding:  {coding} \r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return Reply(200, length or len(body), len(head) + len(body), body, (head + body)[:4096])


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("br", brotli.compress(TEXT)),
        ("zstd", zstandard.compress(TEXT)),
        ("identity", TEXT),
    ],
    ids=["gzip", "br", "zstd", "identity"],
)
def test_text_and_length_are_those_of_the_decoded_body(coding, body):
    expect = Expect(body_contains=b"world", length=len(TEXT), decoded=True)
    assert expect.judge(reply(body, coding)) is None
    assert Expect(body_contains=b"nowhere", decoded=True).judge(reply(body, coding)) is ErrorClass.UNEXPECTED_BODY
    assert Expect(length=5, decoded=True).judge(reply(body, coding)) is ErrorClass.UNEXPECTED_LENGTH


def test_without_it_the_body_is_as_it_came():
    body = gzip.compress(TEXT)
    assert Expect(length=len(body)).judge(reply(body)) is None
    assert Expect(body_contains=b"world").judge(reply(body)) is ErrorClass.UNEXPECTED_BODY


def test_what_is_broken_or_too_large_is_an_error_of_its_own():
    expect = Expect(body_contains=b"world", decoded=True)
    assert expect.judge(reply(b"no gzip")) is ErrorClass.UNDECODABLE
    bomb = gzip.compress(bytes(MOST_DECODED_BYTES + 1), 1)
    assert expect.judge(reply(bomb)) is ErrorClass.UNDECODABLE


def test_a_body_that_is_cut_is_decoded_as_far_as_it_goes():
    body = gzip.compress(TEXT)
    assert decoded_body(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", body[:-4]) == TEXT
    assert decoded_body(b"HTTP/1.1 200 OK\r\n\r\nContent-Encoding: gzip\r\n", body) == body


def test_a_body_is_kept_where_it_is_looked_at():
    assert Request(0, "GET", "/", Fields(()), expect=Expect(length=5)).keep == 0
    assert Request(0, "GET", "/", Fields(()), expect=Expect(length=5, decoded=True)).keep == 1 << 20
    assert Expect(length=5, decoded=True).reads_body
    assert not Expect(length=5).reads_body


def test_what_is_accepted_is_what_can_be_decoded():
    assert accepted_codings() == "gzip, br, zstd"
