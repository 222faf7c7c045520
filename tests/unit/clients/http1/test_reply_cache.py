"""What counts as the same reply in other words: nothing that would be judged, framed or counted otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from loadgen.base.exchange import Fields, Request, RequestGroup
from loadgen.base.reply import Expect
from loadgen.clients.http1.exchange import Exchange
from loadgen.clients.http1.parser import ReplyReader
from loadgen.clients.http1.reply_cache import (
    LONGEST_COMPARED,
    LOOK_EVERY,
    MOST_KINDS,
    MOST_LOOKS,
    cache_of,
)
from tests.support import replies
from tests.support.replies import HELLO, OK, WireReply


def stored(number=1, status="200 OK", length=2, body=None, more="", connection="keep-alive"):
    """A store's reply, with an id and a tag of its own."""
    head = (
        f"HTTP/1.1 {status}\r\nDate: Thu, 26 Nov 2026 07:13:{number % 60:02d} GMT\r\nContent-Length: {length}\r\n"
        f'ETag: "{number:032x}"\r\nConnection: {connection}\r\nx-amz-request-id: {number:016X}\r\n{more}\r\n'
    )
    return head.encode() + (b"x" * length if body is None else body)


class Client:
    """A client, a recorder and a judge around one group: `events` are read, alike or equal, and what was counted."""

    def __init__(self, *, repeats=False, keeps_body=False, method="GET", keep=0, **expected):
        self.group = RequestGroup(repeats=repeats, keeps_body=keeps_body)
        self.request = Request(
            0, method, "/", Fields(()), group=self.group, keep=keep, expect=Expect(((200, 499),), **expected)
        )
        self.sizes = []

    def take(self, *datas):
        """How each came in: read, alike, or equal."""
        return [self._take(data) for data in datas]

    def knows(self, data):
        """Whether it is alike."""
        return bool(cache_of(self.group).alike(data))

    def _take(self, data):
        cache = cache_of(self.group)
        if data == cache.data:
            self.sizes.append(self.sizes[-1])
            return "equal"
        if cache.alike(data):
            self.group.add(0)
            return "alike"
        exchange = Exchange(self.request)
        reply = exchange.take(data)
        exchange.show(self.group, reply)
        error = self.request.expect.verdict(reply.status, reply.body_length, reply.kept)
        self.sizes.append(len(data))
        self._last = len(data)
        self._set(reply)
        whole = exchange.whole if error is None and reply.keep_alive else None
        cache.update(self.request, reply, whole, exchange.body_at)
        return "read"

    def _set(self, reply):
        """As handlers do: what follows is of this status."""
        status = reply.status

        def resize(size):
            self._last = size

        self.group.reply = reply
        self.group.add = lambda _: self.sizes.append((status, self._last))
        self.group.resize = resize


def taught(data, **given):
    client = Client(**given)
    client.take(data, data)
    return client


def test_ids_dates_tags_and_the_body_may_differ_also_in_length():
    client = Client()
    others = [stored(3), stored(4, body=b"\r\n"), stored(5, length=0), stored(6, length=60_000)]
    assert client.take(stored(1), stored(2), *others) == ["read", "read", "alike", "alike", "alike", "alike"]
    assert client.group.cache.patterns_made == 1


@pytest.mark.parametrize(
    "other",
    [
        stored(3, status="201 OK"),
        stored(3, status="200 ok"),
        stored(3, length=3, body=b"ok"),
        stored(3, length=1, body=b"ok"),
        stored(3, connection="Keep-Alive"),
        stored(3, connection="close     "),
        stored(3).replace(b"Date: ", b"Tade: "),
        stored(3).replace(b"ETag: ", b"ETag\n "),
        stored(3).replace(b"\r\nETag", b"\n\nETag"),
        stored(3).replace(b'"\r\n', b"\x00\r\n"),
        stored(3).replace(b'"\r\n', b'"\n'),
        stored(3).replace(b'"\r\n', b'"\r\n folded\r\n'),
        stored(3).replace(b"Thu, 26", b"T\r\nA:26"),
        stored(3).replace(b"HTTP/1.1", b"HTTP/1.0"),
        stored(3, more="Content-Length: 2\r\n"),
        stored(3, more="Transfer-Encoding: chunked\r\n"),
        stored(3).replace(b"Length: 2", b"Length: +2"),
        stored(3).replace(b"Length: 2", b"Length: 2, 2"),
        stored(3).replace(b"Length: 2", b"Length: 0x2"),
        stored(3).replace(b"Length: 2", b"Length: 0000000000000002"),
        stored(3).replace(b"Length: 2", b"Length:\r\n 2"),
        stored(3) + b"!",
        stored(3)[:-1],
        stored(3).replace(b"\r\n", b"\n"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + stored(3),
        b"",
    ],
)
def test_all_else_may_not(other):
    client = taught(stored(1))
    assert not client.knows(other)
    assert client.knows(stored(3))


def meaning(data, method):
    """All that the parser makes of bytes after which nothing more comes."""
    reader = ReplyReader(method)
    reader.feed(data)
    reply = reader.reply
    return reply and (reply.status, reply.body_length, reply.wire_length, reply.keep_alive, reader.surplus)


@pytest.mark.parametrize("case", replies.WHOLE, ids=lambda case: case.name)
def test_what_is_alike_reads_alike(case: WireReply):
    """Of everything that servers say, nothing that is taken for another reply would be read as one that differs."""
    client = Client(method=case.method)
    cache_of(client.group).update(*read(client.request, case.data))
    cache_of(client.group).update(*read(client.request, case.data))
    for other in (*replies.WHOLE, *replies.SURPLUS, *replies.CLOSING):
        if client.knows(other.data):
            body = len(other.data) - client.group.body_at
            assert meaning(other.data, case.method) == (case.status, body, len(other.data), True, False)


def read(request, data):
    exchange = Exchange(request)
    reply = exchange.take(data)
    return request, reply, exchange.whole, exchange.body_at


BODIES = (b"", b"abc", b"3\r\nabc\r\n0\r\n\r\n", b"x" * 12, OK + HELLO)
LENGTHS = (*(str(len(body)) for body in BODIES), "03", " 3\t", "3, 3", "+3", "", "x")
VALUES = {
    "Content-Length": LENGTHS,
    "content-length": LENGTHS,
    "Transfer-Encoding": ("chunked", "gzip", "identity", "gzip, chunked"),
    "Connection": ("close", "keep-alive", "upgrade"),
    "Upgrade": ("websocket", "h2c"),
    "Date": ("now", "then \xfc", "a\r\n b", "a\nb", "a\0b", ""),
    "X-Id": ("1", "close", "Content-Length: 3", "1\r\nContent-Length: 3"),
    "X Id": ("1", "2"),
}
STATUSES = ("200 OK", "200", "204 No", "304 No", "404 Not", "101 No", "100 Go on")
ENDS = ("\r\n", "\r\n", "\r\n", "\r\n", "\n")


@some.composite
def spoken(draw, names=None):
    """What a server might say, good or bad; often with its Content-Length right."""
    body = draw(some.sampled_from(BODIES))
    status = f"HTTP/1.{draw(some.sampled_from('1110'))} {draw(some.sampled_from(STATUSES))}"
    lines, right = [status], draw(some.booleans())
    for name in names or draw(names_of_fields()):
        is_length = right and name.lower() == "content-length"
        value = str(len(body)) if is_length else draw(some.sampled_from(VALUES[name]))
        lines.append(f"{name}: {value}")
    return draw(some.sampled_from(ENDS)).join([*lines, "", ""]).encode("latin-1") + body


def names_of_fields():
    names = some.sampled_from([*VALUES, "Content-Length", "Date"])
    return some.lists(names, min_size=1, max_size=4).map(tuple)


@some.composite
def changed(draw, data):
    """The same, with a few bytes changed, moved in, or left out."""
    for _ in range(draw(some.integers(1, 3))):
        at = draw(some.integers(0, len(data)))
        new = draw(
            some.sampled_from([b"", b"\r", b"\n", b"\r\n", b"0", b"7", b"3", b":", b" ", b"\t", b"x", b"\0", b","])
        )
        data = data[:at] + new + data[at + draw(some.integers(0, 2)) :]
    return data


@given(some.data(), names_of_fields(), some.sampled_from(["GET", "GET", "HEAD"]), some.sampled_from([None, 0, 3]))
def test_whatever_is_taken_for_alike_the_parser_reads_with_the_same_meaning(data, names, method, length):
    expect = Expect(length=length)
    request = Request(0, method, "/", Fields(()), group=RequestGroup(repeats=False), expect=expect)
    first = data.draw(spoken(names))
    taken = read(request, first)
    if taken[1] is None or not taken[1].keep_alive:
        return
    cache_of(request.group).update(*taken)
    cache_of(request.group).update(*read(request, first))
    for _ in range(10):
        other = data.draw(some.one_of(spoken(names), spoken(names), changed(first), spoken()))
        if cache_of(request.group).alike(other):
            body = len(other) - request.group.body_at
            assert meaning(other, method) == (taken[1].status, body, len(other), True, False)
            assert body == taken[1].body_length or length is None


@pytest.mark.parametrize(
    "data",
    [
        OK + b"Content-Length: 5\r\nX: y\r\nCONTENT-LENGTH:5\r\n\r\nhello",
        b"HTTP/1.1 200\r\n" + HELLO,
        b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ],
)
def test_a_head_that_leaves_a_doubt_teaches_nothing(data):
    assert Client().take(data, data, data) == ["read"] * 3


def test_a_head_is_learnt_when_it_comes_for_the_second_time():
    other = "x-cache: hit\r\n"
    client = Client()
    assert client.take(stored(1), stored(2, more=other), stored(3), stored(4), stored(5, more=other)) == [
        "read", "read", "read", "alike", "read",
    ]  # fmt: skip


def test_an_expected_length_is_the_only_one_that_is_alike():
    for length in (0, 2):
        client = taught(stored(1, length=length), length=length)
        assert client.knows(stored(2, length=length))
        assert not client.knows(stored(3, length=3))
        assert not client.knows(stored(3, length=3)[:-3])


@pytest.mark.parametrize(
    ("method", "head"),
    [
        ("HEAD", OK + b"Content-Length: 5\r\nX-Id: 1\r\n\r\n"),
        ("HEAD", OK + b"Content-Length: 0\r\nX-Id: 1\r\n\r\n"),
        ("HEAD", OK + b"X-Id: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\nX-Id: 1\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nX-Id: 1\r\nContent-Length: 5\r\n\r\n"),
    ],
)
def test_what_has_no_body_whatever_its_head_says_is_alike_without_one_only(method, head):
    client = taught(head, method=method)
    assert client.take(head.replace(b"X-Id: 1", b"X-Id: 22")) == ["alike"]
    assert client.take(head.replace(b"h: 5", b"h: 17")) == ["alike"]
    for body in (b"h", b"hello"):
        assert not client.knows(head + body)


def test_heads_that_come_by_turns_are_all_known_and_counted_as_what_they_are():
    kinds = [("200 OK", 3), ("404 No", 5), ("200 OK", 7), ("206 OK", 7)]
    said = [stored(n, status, n % size, more=f"x-{size}: 1\r\n") for n in range(50) for status, size in kinds]
    client = Client()
    assert client.take(*said) == ["read"] * 8 + ["alike"] * (len(said) - 8)
    assert client.group.cache.patterns_made == len(kinds)
    assert client.sizes[8:] == [(int(data[9:12]), len(data)) for data in said[8:]]


def test_what_equals_the_last_is_as_long_whatever_came_before():
    client = Client(repeats=True)
    said = [stored(1), stored(2), stored(3, length=9), stored(3, length=9), stored(4, "404 No"), stored(5, "404 No")]
    last = [stored(6, length=9), stored(6, length=9), stored(7, "404 No", 9), stored(7, "404 No", 9)]
    ways = ["read", "read", "alike", "equal", "read", "read", "alike", "equal", "alike", "equal"]
    assert client.take(*said, *last) == ways


def test_the_reply_of_a_kind_is_as_long_as_its_last_one():
    client = taught(stored(1), keep=10)
    read = client.group.reply
    client.take(stored(2))
    first = client.group.reply
    client.take(stored(2, length=40))
    assert client.group.reply is first is client.group.cache.reply
    assert (first.body_length, first.wire_length, first.kept) == (40, len(stored(2, length=40)), b"")
    assert (read.body_length, read.wire_length, read.kept) == (2, len(stored(1)), b"xx")


def test_two_of_one_size_may_have_bodies_of_different_lengths():
    def said(number, body):
        return OK + b"X-Id: %d\r\nContent-Length: %d\r\n\r\n" % (number, len(body)) + body

    client = taught(said(1, b"abc"))
    client.take(said(1000, b"a"), said(10, b"abc"))
    reply = client.group.reply
    assert (reply.wire_length, reply.body_length) == (len(said(1000, b"a")), 3)


def test_of_a_bad_reply_only_equal_ones_are_known_if_any():
    client = Client(repeats=True)
    cache = cache_of(client.group)
    for _ in range(3):
        cache.update(*read(client.request, stored(1)), good=False)
    assert cache.data == stored(1)
    assert not client.knows(stored(2))


def test_a_bad_reply_is_never_equal_or_alike_and_changes_nothing_for_good_ones():
    bad = stored(3, "500 No")
    client = Client(repeats=True)
    assert client.take(stored(1), stored(2), bad, bad, bad, stored(4), bad, stored(4), stored(4)) == [
        "read", "read", "read", "read", "read", "alike", "read", "alike", "equal",
    ]  # fmt: skip
    assert client.sizes[-2:] == [(200, len(stored(4)))] * 2


def test_while_connections_are_closed_after_each_reply_all_are_read_and_then_the_old_ones_are_known():
    client = taught(stored(1), repeats=True)
    client.group.cache.pause()
    assert client.take(stored(2), stored(3)) == ["read", "alike"]
    client.group.cache.pause()
    assert client.take(stored(3)) == ["read"]


def test_a_reply_whose_body_is_looked_at_is_never_alike():
    assert Client(body_contains=b"x").take(*map(stored, range(4))) == ["read"] * 4


def test_where_heads_keep_changing_few_are_looked_at_and_later_ones_are_still_learnt():
    client = Client()
    changing = [stored(number, more=f"x-{number // 2:05d}: 1\r\n") for number in range(4 * LOOK_EVERY)]
    client.take(*changing)
    cache = client.group.cache
    assert cache.patterns_made <= MOST_LOOKS // 2
    assert len(cache._kinds) <= MOST_KINDS
    ways = client.take(*map(stored, range(2 * LOOK_EVERY + 10)))
    assert ways[-1] == "alike"


def test_more_heads_than_are_kept_do_not_push_each_other_out():
    client = Client()
    said = [stored(n, more=f"x-{n % (MOST_KINDS + 1)}: 1\r\n") for n in range(400 * (MOST_KINDS + 1))]
    ways = client.take(*said)
    assert client.group.cache.patterns_made < 2 * MOST_LOOKS
    assert ways[-10 * (MOST_KINDS + 1) :].count("alike") >= 10 * (MOST_KINDS - 1)


@pytest.mark.parametrize("repeats", [True, False])
def test_only_a_group_that_repeats_compares_bytes(repeats):
    client = Client(repeats=repeats)
    client.take(stored(1))
    assert client.group.cache.data == (stored(1) if repeats else None)
    client.take(stored(2), stored(3))
    assert client.group.cache.data == (stored(3) if repeats else None)


@pytest.mark.parametrize("length", [10, LONGEST_COMPARED])
def test_only_a_short_reply_is_kept_to_be_compared_but_longer_ones_are_alike(length):
    client = Client(repeats=True)
    data = stored(1, length=length)
    same = "equal" if len(data) <= LONGEST_COMPARED else "alike"
    assert client.take(data, data, data, data)[2:] == [same, same]


def test_the_bytes_of_a_reply_and_where_its_body_begins_are_handed_over():
    client = Client(keeps_body=True, keep=1000)
    group = client.group
    for data, body in [
        (stored(1, body=b"ab"), b"ab"),
        (stored(2, body=b"cd"), b"cd"),
        (stored(3, body=b"efg", length=3), b"efg"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n2\r\nyz\r\n0\r\n\r\n", b"xyz"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + HELLO, b"hello"),
        (b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", b"hello"),
        (OK + HELLO + b"surplus", b"hello"),
        (b"HTTP/1.1 204 No\r\n\r\n", b""),
    ]:
        client.take(data)
        assert group.data[group.body_at :] == body
        head = group.data[: group.body_at]
        assert (head[:11], head[-4:], head.count(b"\r\n\r\n")) == (b"HTTP/1.1 20", b"\r\n\r\n", 1)
