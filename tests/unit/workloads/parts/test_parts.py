"""Replies in parts: where they are cut, and what their instants come to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.clock import NS_PER_MS
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields, Request
from loadgen.base.reply import Expect, Reply
from loadgen.clients.http1.exchange import Exchange
from loadgen.plan.jobs.parts import PartsSpec
from loadgen.workloads.parts.reader import PartsReader, PartsRules, in_parts, reader_of
from loadgen.workloads.parts.splitter import MOST_PART_BYTES, Part, Splitter

ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
TEXT = st.binary(max_size=12).map(lambda text: text.replace(b"\n", b"").replace(b"\r", b""))


def cut(text, places):
    at = 0
    for place in sorted({place % (len(text) + 1) for place in places}):
        yield text[at:place]
        at = place
    yield text[at:]


@given(st.lists(TEXT, max_size=8), st.sampled_from([b"\n", b"\r\n"]), st.lists(st.integers(0, 999), max_size=12))
def test_events_are_the_same_wherever_the_bytes_are_cut(texts, end, places):
    body = b"".join(b"data: " + text + end + end for text in texts)
    splitter = Splitter("sse")
    parts = [part for piece in cut(body, places) for part in splitter.feed(piece)]
    assert [part.data for part in parts] == texts


@given(st.lists(TEXT.filter(bytes.strip), max_size=8), ENDS, st.lists(st.integers(0, 999), max_size=12))
def test_lines_are_the_same_wherever_the_bytes_are_cut(texts, end, places):
    splitter = Splitter("lines")
    parts = [part for piece in cut(end.join(texts), places) for part in splitter.feed(piece)] + [*splitter.end()]
    assert [part.data for part in parts] == texts


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (b"data: a\n\n", [Part(b"a")]),
        (b"data:a\n\n", [Part(b"a")]),
        (b"data: a\ndata: b\n\n", [Part(b"a\nb")]),
        (b"event: error\ndata: no\n\n", [Part(b"no", b"error")]),
        (b": a comment\n\ndata: a\n\n", [Part(b"a")]),
        (b"id: 1\nretry: 5\n\n", []),
        (b"data\n\n", [Part(b"")]),
        (b"data: a\n\ndata: without an end", [Part(b"a")]),
        (b"data: a\r\rdata: b\r\r", [Part(b"a"), Part(b"b")]),
    ],
)
def test_what_an_event_is(body, parts):
    assert [*Splitter("sse").feed(body)] == parts


def test_a_part_has_a_bound():
    with pytest.raises(ValueError, match="longer than 1 MiB"):
        [*Splitter("sse").feed(b"data: " + bytes(MOST_PART_BYTES))]


class Clock:
    now = 0

    def __call__(self):
        return self.now


def begin(**spec):
    clock = Clock()
    model = Request(0, "GET", "/", Fields(()), expect=Expect())
    request = in_parts(model, PartsRules(PartsSpec(**{"kind": "sse"} | spec)), 500 * NS_PER_MS, clock)
    reader = reader_of(request)
    assert isinstance(reader, PartsReader)

    def take(at_ms, text):
        clock.now = at_ms * NS_PER_MS
        reader(text)

    return request, reader, take


def verdict(request, status=200):
    return request.expect.judge(Reply(status, 0, 0))


def test_first_and_gaps():
    request, reader, take = begin(first="$.choices[0].text", until_match=b"[DONE]")
    take(10, b'data: {"choices": [{"text": ""}]}\n\n')  # a role-only event is not the first
    take(30, b'data: {"choices": [{"text": "a"}]}\n\ndata: {"choices": [{"te')
    take(45, b'xt": "b"}]}\n\n')
    take(70, b"data: c\n\ndata: d\n\n")
    assert not reader.enough
    take(80, b"data: [DONE]\n\n")
    assert reader.enough
    assert reader.first_ns == 30 * NS_PER_MS
    assert reader.gaps_ns == [15 * NS_PER_MS, 25 * NS_PER_MS, 0]
    assert reader.parts == 4
    assert verdict(request) is None


def test_the_timeout_is_for_the_next_part():
    request, _, take = begin()
    assert request.timeout_ns == 500 * NS_PER_MS
    take(400, b"data: a\n\n")
    assert request.timeout_ns == 900 * NS_PER_MS


@pytest.mark.parametrize(
    ("spec", "texts", "problem"),
    [
        ({"until_match": b"[DONE]"}, [b"data: a\n\n"], "ended early, after 1 part"),
        ({"until_parts": 3}, [b"data: a\n\ndata: b\n\n"], "ended early, after 2 parts"),
        ({}, [b"event: error\ndata: overloaded\n\n"], "an error event: overloaded"),
        ({"first": "text"}, [b"data: a\n\n"], "no part of the reply counts as the first"),
        ({}, [b""], "no part of the reply counts as the first"),
        ({}, [b"data: " + bytes(MOST_PART_BYTES)], "longer than"),
    ],
)
def test_what_does_not_come_to_its_end(spec, texts, problem):
    request, _, take = begin(**spec)
    for text in texts:
        take(1, text)
    assert verdict(request) is ErrorClass.STREAM_BROKEN
    assert problem in request.expect.describe(200, "")


@pytest.mark.parametrize("spec", [{"until_parts": 2}, {"until_s": 0.02}, {"until_match": b"b"}, {}])
def test_its_end_is_a_success(spec):
    request, reader, take = begin(**spec)
    take(10, b"data: a\n\n")
    take(20, b"data: b\n\n")
    assert reader.enough == bool(spec)
    assert verdict(request) is None


PIECES = [
    b"data: a\n\n", b"data:\n\n", b"data: {}\n\n", b"event: m\ndata: a\n\n", b"event: errors\ndata: a\n\n", b": no\n\n",
    b"data: a\ndata: b\n\n", b"data: a\n\ndata: b\n\n", b"data\n\n", b"data: a\r\rdata: b\n\n", b"id: 1\n\n", b"\n",
    b"data: a\rid: 1\n\n", b"data: half", b"{} \n{}\n", b"{}\r{}\n", b"event: error\ndata: a\n\n", b"data: [DONE]\n\n",
    b"data: a\r\n\r\n", b"event: error\n", b"{", b"data: a\n", b'{"a": 1}\n', b"9\r\ndata: a\n\n\r\n", b"data: a\n\n\n",
]  # fmt: skip
SPECS = [{}, {"until_match": b"[DONE]"}, {"until_match": b"data"}, {"until_parts": 4}, {"until_s": 0.003}]
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
HEADS = {
    "length": b"Content-Length: N\r\n\r\n",
    "close": b"Connection: close\r\n\r\n",
    "one chunk": CHUNKED + b"X\r\n",
    "chunks": CHUNKED,
    "odd chunks": CHUNKED,
    "wrong chunks": CHUNKED,
}
CHUNKS = {"chunks": b"%x\r\n%b\r\n", "odd chunks": b"0%X;a=1\r\n%b\r\n", "wrong chunks": b"1%x\r\n%b\r\n"}


def read_reply(pieces, framing, spec, *, passes_on, keep=0, keeps=False):
    """What is known of a reply whose pieces come a millisecond apart: passed on where they can be, or byte by byte."""
    request, reader, _ = begin(**spec)
    request.keep, reader.keeps = keep, keeps
    exchange, length = Exchange(request), sum(map(len, pieces))
    exchange.take(b"HTTP/1.1 200 OK\r\n" + HEADS[framing].replace(b"N", b"%d" % length).replace(b"X", b"%x" % length))
    passed, reply = 0, None
    for at, piece in enumerate(pieces):
        reader._clock.now = at * NS_PER_MS
        whole = CHUNKS[framing] % (len(piece), piece) if framing in CHUNKS else piece
        for data in [whole] if passes_on else [bytes([byte]) for byte in whole]:
            if reply is None and exchange.stop() is None and not exchange.problem:
                between = exchange.between if passes_on else None
                taken = between is not None and between.take(data)
                passed += taken
                reply = None if taken else exchange.take(data)
    if "chunk" in framing and exchange.stop() is None and not exchange.problem:
        reply = exchange.take(b"\r\n0\r\n\r\n" if framing == "one chunk" else b"0\r\n\r\n")
    problem = "" if reader.enough else exchange.problem
    came = None if reader.enough or problem else (exchange.received, reply and (reply.body_length, reply.kept))
    broken = reader.broken or reader.problem()
    return passed, (reader.first_ns, reader.gaps_ns, reader.enough, broken, problem, came)


@pytest.mark.parametrize("spec", SPECS, ids=str)
@pytest.mark.parametrize(("kind", "plain"), [("sse", b"data: a\n\n"), ("lines", b"{}\n")])
def test_parts_that_are_passed_on_are_what_they_are_byte_by_byte(kind, plain, spec):
    for piece in PIECES:
        for framing in HEADS:
            pieces, rules = [plain, plain, piece, plain, plain], {"kind": kind} | spec
            passed, byte_by_byte = (
                read_reply(pieces, framing, rules, passes_on=way, keep=len(piece))[1] for way in (True, False)
            )
            assert passed == byte_by_byte, (piece, framing)


@pytest.mark.parametrize(
    ("framing", "keeps", "passed"), [("length", False, 7), ("chunks", False, 7), ("chunks", True, 0)]
)
def test_parts_that_come_one_by_one_are_passed_on_from_the_second_to_the_end(framing, keeps, passed):
    pieces = [b"data: a\n\n"] * 8 + [b"data: [DONE]\n\n"]
    spec = {"until_match": b"[DONE]"}
    assert read_reply(pieces, framing, spec, passes_on=True, keeps=keeps)[0] == passed


def test_another_status_is_what_it_is():
    request, _, _ = begin()
    assert verdict(request, 503) is ErrorClass.UNEXPECTED_STATUS
    assert request.expect.describe(503, "") == "status 503"


def test_each_request_has_a_reader_of_its_own():
    model = Request(0, "GET", "/", Fields(()))
    rules = PartsRules(PartsSpec("lines"))
    first, second = (in_parts(model, rules, 1) for _ in range(2))
    assert first.sink is not second.sink
    assert model.sink is None
    assert reader_of(model) is None


@given(st.lists(st.binary(max_size=20), max_size=6), st.lists(st.integers(0, 999), max_size=12))
def test_messages_of_grpc_are_the_same_wherever_the_bytes_are_cut(texts, places):
    body = b"".join(b"\0" + len(text).to_bytes(4, "big") + text for text in texts)
    splitter = Splitter("grpc")
    assert [part.data for piece in cut(body, places) for part in splitter.feed(piece)] == texts


def test_a_message_of_grpc_has_a_bound():
    with pytest.raises(ValueError, match="longer than 1 MiB"):
        [*Splitter("grpc").feed(b"\0" + (1 << 30).to_bytes(4, "big"))]
