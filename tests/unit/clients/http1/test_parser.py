import gc
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.error_class import ErrorClass
from loadgen.clients.http1.framing import MAX_HEAD_BYTES, Framing, read_short, remember
from loadgen.clients.http1.parser import ReplyReader
from tests.support import replies
from tests.support.replies import WireReply

COMPLETE = replies.WHOLE + replies.CLOSING + replies.SURPLUS
BAD = replies.MALFORMED_REPLIES + replies.TRUNCATED
KEEP = 1 << 20
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
LENGTH = OK + b"Content-Length: 2\r\n\r\nok"


def named(*tables):
    """One test for each row of these tables of WireReply."""
    return pytest.mark.parametrize("case", [case for table in tables for case in table], ids=lambda case: case.name)


def read(pieces, method="GET", closes=False, keep=KEEP, sink=None):
    """Feed pieces until the reply is complete or malformed, as a client does."""
    reader = ReplyReader(method, keep, sink)
    for piece in pieces:
        reader.feed(piece)
        if reader.problem or reader.reply:
            return reader
    if closes:
        reader.eof()
    return reader


def verdict(reader):
    """All that a client goes by."""
    if reader.problem or reader.reply is None:
        return "malformed" if reader.problem else "incomplete"
    reply = reader.reply
    return reply.status, reply.body_length, reply.kept, reply.keep_alive


def expected(case: WireReply):
    if case.error is None:
        return case.status, len(case.body), case.body, case.keep_alive
    return "malformed" if case.error is ErrorClass.MALFORMED_REPLY else "incomplete"


def pieces_of(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


@named(COMPLETE, BAD)
def test_a_reply_in_one_piece(case):
    reader = read([case.data] if case.data else [], case.method, case.closes)
    assert verdict(reader) == expected(case)
    assert reader.surplus is case.surplus or reader.problem


@named([case for case in (*COMPLETE, *BAD) if len(case.data) < 5000])
def test_a_reply_byte_by_byte(case):
    found = verdict(read(pieces_of(case.data, 1), case.method, case.closes))
    if case.surplus:  # the reader is done before the bytes that follow
        assert found == (*expected(case)[:3], True)
    else:
        assert found == expected(case)


@named(COMPLETE, BAD)
def test_a_reply_in_two_pieces_means_the_same_wherever_it_is_cut(case):
    """Only bytes behind its end may be seen or not, so that the connection is kept or not."""
    cuts = range(1, len(case.data)) if len(case.data) < 600 else range(1, len(case.data), len(case.data) // 50)
    for at in cuts:
        found = verdict(read([case.data[:at], case.data[at:]], case.method, case.closes))
        if case.surplus:
            assert found[:3] == expected(case)[:3]
        else:
            assert found == expected(case), f"cut at {at}"


@named(COMPLETE)
def test_the_wire_length_is_that_of_all_bytes_fed(case):
    reader = read(pieces_of(case.data, 1000), case.method, case.closes)
    assert reader.reply.wire_length == reader.received
    if not case.surplus:
        assert reader.received == len(case.data)
    assert reader.head == case.data[:200]
    head = reader.reply.head
    assert int(head.split()[1]) == case.status, "that of an interim reply"
    assert case.data[case.data.index(head) :].startswith(head[:4096])
    assert len(head) >= min(200, len(case.data) - case.data.index(head))


@pytest.mark.parametrize(
    "reply", [LENGTH, CHUNKED, OK + b"Content-Length: 0\r\n\r\n"], ids=["length", "chunked", "empty"]
)
@pytest.mark.parametrize(
    "tail",
    [
        b"x",
        b"H",  # the beginning of a reply, or of anything
        b"HTTP/1.1 500",
        b"HTTP/1.1 500 Oops\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nbad",
        LENGTH,
        CHUNKED,
    ],
)
def test_bytes_behind_a_reply_end_the_connection_and_change_nothing_else(reply, tail):
    whole, plain = read([reply + tail]), read([reply])
    assert whole.surplus
    assert not plain.surplus
    assert verdict(whole)[:3] == verdict(plain)[:3]
    assert (whole.reply.keep_alive, plain.reply.keep_alive) == (False, True)
    assert whole.framing() is None


@pytest.mark.parametrize("tail", [b"x", b"hello", b"0\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
@pytest.mark.parametrize("field", [b"Content-Length: 5", b"Transfer-Encoding: chunked"])
def test_any_byte_behind_a_reply_to_head_is_too_many(field, tail):
    reader = read([OK + field + b"\r\n\r\n" + tail], "HEAD")
    assert (reader.reply.status, reader.reply.body_length) == (200, 0)
    assert reader.surplus


@pytest.mark.parametrize("coding", [b"gzip", b"xchunked", b"chunked, gzip", b"x-chunked"])
def test_a_coding_that_is_not_chunked_ends_with_the_connection(coding):
    reader = read([OK + b"Transfer-Encoding: %b\r\n\r\nxx" % coding, b"yy"], closes=True)
    assert verdict(reader) == (200, 4, b"xxyy", False)


def test_trailers_change_nothing():
    trailers = b"Transfer-Encoding: gzip\r\nX-Content-Length: 99\r\n"
    reader = read([OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" + trailers + b"\r\n"])
    assert verdict(reader) == (200, 2, b"ok", True)


def test_an_upgrade_is_the_end_of_http_on_this_connection():
    reader = read([b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nwhatever comes"])
    assert verdict(reader) == (101, 0, b"", False)


@pytest.mark.parametrize(("keep", "kept"), [(0, b""), (3, b"hel"), (5, b"hello"), (9, b"hello")])
@pytest.mark.parametrize("size", [1, 2, 100])
def test_as_much_of_the_body_is_kept_as_was_asked_for(keep, kept, size):
    assert read(pieces_of(OK + b"Content-Length: 5\r\n\r\nhello", size), keep=keep).reply.kept == kept


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_sink_gets_the_whole_body_and_nothing_else(size):
    got = []
    reader = read(
        pieces_of(CHUNKED + b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad", size), keep=0, sink=got.append
    )
    assert b"".join(got) == b"ok"
    assert reader.reply.kept == b""


def test_a_head_may_be_long_but_not_endless():
    reader = ReplyReader("GET")
    reader.feed(OK)
    for _ in range(MAX_HEAD_BYTES // 1000):
        reader.feed(b"X-Field: " + b"x" * 989 + b"\r\n")
        assert not reader.problem
    reader.feed(b"X-Field: " + b"x" * 989 + b"\r\n")
    assert "longer than 65536 bytes" in reader.problem


ENDLESS = {
    "a head": (OK + b"X: ", b"x", "the head is longer than 65536 bytes"),
    "interim replies": (b"", b"HTTP/1.1 103 Early\r\n\r\n", "the head is longer than 65536 bytes"),
    "a chunk's line": (CHUNKED[:-12] + b"1;", b"x", "a chunk's line is longer than 65536 bytes"),
    "a trailer": (CHUNKED[:-2] + b"X: ", b"x", "the trailers are longer than 65536 bytes"),
    "trailers": (CHUNKED[:-2], b"X: 1\r\n", "the trailers are longer than 65536 bytes"),
}


@pytest.mark.parametrize("size", [1000, 60_000, 1 << 20])
@pytest.mark.parametrize(("start", "more", "problem"), ENDLESS.values(), ids=ENDLESS)
def test_what_does_not_end_is_given_up_wherever_it_is_cut(start, more, problem, size):
    reader = ReplyReader("GET")
    data = start + more * (size // len(more))
    while not reader.problem and reader.received < 1 << 20:
        for piece in pieces_of(data, size):
            reader.feed(piece)
        data = more * (size // len(more))
    assert reader.problem == problem
    assert reader.reply is None


def test_the_framing_of_many_short_chunks_is_not_limited_in_all():
    chunk = b"1;" + b"x" * 990 + b"\r\na\r\n"
    reader = read([OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 1000 + b"0\r\n\r\n"])
    assert reader.reply.body_length == 1000


def test_lines_that_end_in_lf_alone_are_known():
    assert read([OK.replace(b"\r", b"") + b"Content-Length: 0\r\n\r\n"]).bare_lf
    assert not read([LENGTH]).bare_lf


def test_a_reader_knows_whether_anything_has_come():
    reader = ReplyReader("GET")
    assert not reader.begun
    assert not reader.eof()
    reader.feed(b"H")
    assert reader.begun


def test_random_bytes_never_raise():
    random = Random(5)
    starts = [b"", OK, LENGTH[:-1], CHUNKED[:-7], b"HTTP/1.1 100 C\r\n\r\n"]
    for _ in range(600):
        data = random.choice(starts) + random.randbytes(random.randrange(1, 60))
        reader = read(pieces_of(data, random.randrange(1, 70)), random.choice(["GET", "HEAD"]), closes=True)
        assert isinstance(reader.problem, str)


@settings(max_examples=100)
@given(
    st.lists(
        st.sampled_from([b"HTTP/1.1 ", b"200 OK\r\n", b"\r\n", b"Content-Length: 1", b"x"]) | st.binary(min_size=1)
    )
)
def test_whatever_comes_is_a_reply_or_a_problem_or_unfinished(pieces):
    reader = read(pieces, closes=True)
    if reader.reply is not None:
        assert reader.reply.wire_length == reader.received
        assert not reader.problem


@settings(max_examples=200)
@given(st.binary(max_size=80).map(lambda tail: OK + tail), st.integers(1, 80))
def test_where_bytes_are_cut_changes_no_verdict(data, at):
    """But for `keep_alive`: bytes behind the end may be seen or not."""
    pieces = [piece for piece in (data[:at], data[at:]) if piece]
    assert verdict(read(pieces, closes=True))[:3] == verdict(read([data], closes=True))[:3]


# The short path.


@named(replies.WHOLE, replies.CLOSING)
def test_the_short_path_says_what_the_full_parser_says(case):
    reader = read([case.data], case.method, case.closes)
    framing, heads = reader.framing(), {}
    if framing is None:
        return
    remember(heads, reader.start, framing)
    known, head_length = read_short(case.data, case.method, heads)
    assert known == Framing(case.status, len(case.body), case.keep_alive)
    assert case.data[head_length:] == case.data[head_length : head_length + known.length] == case.body


@named(replies.WHOLE, replies.CLOSING, replies.SURPLUS)
def test_a_plain_head_needs_no_parser_and_says_the_same(case):
    short = read_short(case.data, case.method, None)
    if short is None:
        return
    framing, head_length = short
    reader = read([case.data], case.method, case.closes)
    assert (framing.status, framing.length) == (reader.reply.status, reader.reply.body_length)
    assert framing.keep_alive is (reader.reply.keep_alive or case.surplus)
    assert case.data[head_length : head_length + framing.length] == case.body


@named(BAD)
def test_what_is_wrong_in_a_head_is_left_to_the_parser(case):
    short = read_short(case.data, case.method, None)
    if short is not None:  # the head is in order, and what follows it is too short
        assert len(case.data) < short[1] + short[0].length
        assert case.error is ErrorClass.EARLY_CLOSE


PLAIN = LENGTH.replace(b"Content", b"Server: x\r\nContent")


@pytest.mark.parametrize(
    ("data", "method"),
    [
        (PLAIN, "HEAD"),
        (PLAIN.replace(b"200 OK", b"204 No"), "GET"),
        (PLAIN.replace(b"200 OK", b"304 No"), "GET"),
        (PLAIN.replace(b"200 OK", b"103 No"), "GET"),
        (PLAIN.replace(b"1.1", b"1.0"), "GET"),
        (PLAIN.replace(b"Server: x", b"Connection: close"), "GET"),
        (PLAIN.replace(b"Server: x", b"Proxy-Connection: close"), "GET"),
        (PLAIN.replace(b"Server: x", b"Connection: keep-alive, Upgrade"), "GET"),
        (PLAIN.replace(b"Server: x", b"Content-Length: 2"), "GET"),
        (PLAIN.replace(b"Server: x", b"Transfer-Encoding: chunked"), "GET"),
        (PLAIN.replace(b"Server: x", b" folded"), "GET"),
        (PLAIN.replace(b"Server: x", b"Server : x"), "GET"),
        (PLAIN.replace(b"Server: x", b"Server: \0"), "GET"),
        (PLAIN.replace(b"Server: x\r\n", b"Server: x\n"), "GET"),
        (PLAIN.replace(b": 2", b": +2"), "GET"),
        (PLAIN.replace(b": 2", b": " + b"2" * 17), "GET"),
        (PLAIN.replace(b": 2", b": "), "GET"),
    ],
)
def test_heads_that_are_not_plain_take_the_parser(data, method):
    assert read_short(PLAIN, "GET", None) is not None
    assert read_short(data, method, None) is None


@settings(max_examples=300)
@given(st.integers(0, len(PLAIN) - 3), st.binary(max_size=3), st.integers(0, 2))
def test_a_damaged_head_is_never_taken_for_plain_where_the_parser_objects(at, inserted, removed):
    data = PLAIN[:at] + inserted + PLAIN[at + removed :]
    short = read_short(data, "GET", None)
    if short is None:
        return
    framing, head_length = short
    reader = read([data[: head_length + framing.length]])
    if len(data) < head_length + framing.length:
        assert verdict(reader) == "incomplete"
    else:
        assert verdict(reader)[:2] == (framing.status, framing.length)
        assert reader.reply.keep_alive is framing.keep_alive


def test_common_replies_take_the_short_path():
    assert read_short(LENGTH, "GET", None) == (Framing(200, 2, True), len(LENGTH) - 2)
    assert read([LENGTH]).framing() == Framing(200, 2, True)


@pytest.mark.parametrize(
    "data",
    [
        CHUNKED,  # the next one may be longer
        b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH,  # the real head is not the first one
        OK + b"\r\nuntil the end",
        LENGTH + b"more",
    ],
    ids=["chunked", "interim", "close-delimited", "surplus"],
)
def test_a_head_that_does_not_tell_the_length_is_not_remembered(data):
    assert read([data], closes=True).framing() is None


def test_an_unfinished_reply_has_no_framing():
    assert read([LENGTH[:-1]]).framing() is None


@pytest.mark.parametrize(
    "data",
    [b"", b"x", LENGTH[:20], LENGTH.replace(b"2\r", b"3\r"), b" " + LENGTH, OK + b"\r\n"],
)
def test_a_head_not_seen_before_is_left_to_the_parser(data):
    heads = {}
    remember(heads, LENGTH, Framing(200, 2, True))
    assert read_short(data, "HEAD", heads) is None


def test_a_known_head_is_known_with_any_body():
    heads = {}
    remember(heads, LENGTH, Framing(200, 2, True))
    known = (Framing(200, 2, True), len(LENGTH) - 2)
    assert read_short(LENGTH[:-2], "GET", heads) == read_short(LENGTH + b"more", "GET", heads) == known


def test_heads_that_differ_every_time_do_not_fill_the_memory():
    heads = {}
    for number in range(1000):
        remember(heads, b"X: %d\r\n\r\n" % number, Framing(200, 2, True))
    assert len(heads) <= 64
    assert read_short(b"X: 999\r\n\r\n", "GET", heads) is not None


@pytest.mark.parametrize("data", [LENGTH, CHUNKED, b"SMTP ready\r\n"])
def test_a_reader_that_is_done_leaves_nothing_for_the_garbage_collector(data):
    gc.collect()
    reader = ReplyReader("GET")
    reader.feed(data)
    assert reader.reply or reader.problem
    del reader
    assert gc.collect() == 0
