"""Replies that come in rows: what is told and sent is what would be, were each read frame by frame."""

from collections.abc import Iterable, Iterator
from random import Random

import hpack
import pytest

from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields, Request
from loadgen.clients.http2.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    BrokenProtocolError,
    Code,
    Setting,
    frame,
    reset,
    settings,
    window_update,
)
from loadgen.clients.http2.header_decoder import Head
from loadgen.clients.http2.header_encoder import Fields as HeaderFields
from loadgen.clients.http2.row_shapes import ENOUGH_IN_A_ROW, RequestRow, Shapes
from loadgen.clients.http2.rows import MOST_REFUSALS, MOST_UNPAID
from loadgen.clients.http2.session import Session
from loadgen.clients.http2.stream import Http2Stream

STREAMS = 12
GET, POST = (Request(0, method, "/", Fields((("x-one", "two"),))) for method in ("GET", "POST"))


class Users:
    """Each sends the same request again and again; with `rows`, at once on all streams of a row. Without `shapes` all
    is read frame by frame."""

    def __init__(self, shapes: Shapes | None, *, rows: bool) -> None:
        self.told: list[tuple[object, ...]] = []
        self.rows = rows
        self.in_rows = self.asked = 0
        self.kept: list[bytes] = []
        self.sent = [0]
        self.broken = ""
        self.now = 0
        self.places: list[Http2Stream] = []
        self.session = Session(HeaderFields(Origin("http", "here", 80)), self, STREAMS, self.sent, {}, shapes)
        self.session.take(settings(), 0)

    def begin(self, *requests: Request) -> None:
        for user in range(STREAMS):
            stream = Http2Stream(user, None)
            stream.request = requests[user % len(requests)]
            self.session.start(stream, stream.request)
            self.places.append(stream)

    def again(self, stream: Http2Stream) -> None:
        stream.sent_ns = self.now
        if self.session.room > 0:
            assert stream.request is not None
            self.session.start(stream, stream.request)
        else:
            self.told.append((stream.user, "waits"))

    def take(self, data: bytes, now: int) -> None:
        self.now = now
        try:
            if not self.broken and not (self.rows and self.session.take_one(data, now)):
                self.session.take(data, now)
        except BrokenProtocolError as error:
            self.broken = str(error)

    def ready(self) -> None:
        """The first requests are sent by `begin`."""

    def unseen(self, stream: Http2Stream) -> None:
        self.told.append((stream.user, "unseen"))

    def failed(self, stream: Http2Stream, error: ErrorClass, detail: str) -> None:
        self.told.append((stream.user, error, detail))
        self.again(stream)

    def replied(self, stream: Http2Stream) -> None:
        assert stream.head is not None
        took_ns = self.now - stream.sent_ns
        self.told.append((stream.user, took_ns, stream.head.fields, stream.received, stream.wire))
        self.kept.append(stream.kept)
        self.again(stream)

    def alike(self, streams: list[Http2Stream], took_ns: list[int], head: Head, length: int, wire: int) -> bool:
        self.asked += 1
        if self.rows:
            took = zip(streams, took_ns, strict=True)
            self.told += [(stream.user, took_ns, head.fields, length, wire) for stream, took_ns in took]
            self.in_rows += len(streams)
        return self.rows

    @property
    def all_that_was_done(self) -> tuple[object, ...]:
        oldest = self.session.oldest
        streams = [
            (number, stream.user, stream.id, stream.sent_ns, stream.head is None, stream.wire)
            for number, stream in self.streams
        ]
        session = self.session
        assert oldest == (streams[0][0] if streams else session.next_id)
        return self.told, bytes(session.out), self.sent, session.replies, session._unpaid, streams, self.broken

    @property
    def streams(self) -> list[tuple[int, Http2Stream]]:
        return list(self.session.streams.items())


def head(number: int, block: bytes, flags: int = END_HEADERS) -> bytes:
    return frame(HEADERS, flags, number, block)


def body(number: int, text: bytes = b"hello") -> bytes:
    return frame(DATA, END_STREAM, number, text)


def both(*requests: Request) -> tuple[Users, Users]:
    pair = Users(Shapes(), rows=True), Users(None, rows=False)
    for users in pair:
        users.begin(*requests or (GET,))
    return pair


class Server:
    """Answers what is under way, as it is drawn."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.encoder = hpack.Encoder()
        self.second = 0
        self.open = list(range(1, 2 * STREAMS, 2))
        self.next_id = 2 * STREAMS + 1

    def block(self) -> bytes:
        """Once in a while with the next Date, which then goes into the table."""
        self.second += self.random.random() < 0.05
        return self.encoder.encode([(":status", "200"), ("date", f"second {self.second}"), ("content-length", "5")])

    def answers(self) -> bytes:
        draw = self.random
        count = draw.choice((1, 3, 5, STREAMS, STREAMS))
        numbers = draw.sample(self.open, count) if draw.random() < 0.3 else self.open[:count]
        way = draw.random()
        if way < 0.45:
            sent = b"".join([head(number, self.block()) for number in numbers]) + b"".join(map(body, numbers))
        elif way < 0.6:
            sent = b"".join([head(number, self.block()) for number in numbers])
            sent += b"".join(map(body, draw.sample(numbers, count)))
        elif way < 0.85:
            sent = b"".join([head(number, self.block()) + body(number) for number in numbers])
        elif way < 0.95:
            sent = b"".join([head(number, self.block()) + frame(DATA, 0, number, b"hel") for number in numbers])
            sent += b"".join([body(number, b"lo") for number in numbers])
        else:
            sent = window_update(0, 1) + frame(PING, 0, 0, bytes(8))
            sent += b"".join([reset(number, Code.CANCEL) for number in numbers])
        for number in numbers:
            self.open.remove(number)
            self.open.append(self.next_id)
            self.next_id += 2
        return sent


@pytest.mark.parametrize("seed", range(12))
def test_rows_say_the_same_as_their_frames(seed: int) -> None:
    server, (rows, frames) = Server(seed), both()
    for now in range(1, 60):
        sent, pieces = server.answers(), []
        if server.random.random() < 0.2:
            first = 9 + sent[2]
            pieces, sent = [sent[:first]], sent[first:]
        while server.random.random() < 0.3:  # a socket cuts them anywhere
            at = server.random.randrange(len(sent))
            pieces.append(sent[:at])
            sent = sent[at:]
        for piece in [*pieces, sent]:
            for users in (rows, frames):
                users.take(piece, now)
    assert rows.all_that_was_done == frames.all_that_was_done
    assert not rows.broken
    assert rows.in_rows > STREAMS


BLOCK, OTHER = (hpack.Encoder().encode([(":status", "204"), ("x", value)]) for value in "yz")
LONGER = hpack.Encoder().encode([(":status", "200"), ("content-length", "9")])
INSERTS = b"\x88\x40\x01x\x01y"  # status 200, and x: y, which goes into the table
OLDEST = bytes((0x88, 0x80 | 62 + 3 * STREAMS - 1))  # with the first of three rows of those
FIRST, NOW = (range(start, start + 2 * STREAMS, 2) for start in (1, 4 * STREAMS + 1))


def heads(block: bytes = BLOCK, numbers: Iterable[int] = NOW) -> bytes:
    return b"".join([head(number, block) for number in numbers])


def bodies(numbers: Iterable[int] = NOW) -> bytes:
    return b"".join(map(body, numbers))


def replies(numbers: Iterable[int], block: bytes = BLOCK) -> bytes:
    return b"".join([head(number, block) + body(number) for number in numbers])


ODD = {
    "a head comes twice": [head(NOW[0], BLOCK), heads()],
    "all heads come twice": [heads(), heads()],
    "a body comes twice": [heads(), bodies((*NOW, NOW[0]))],
    "a reply comes twice": [replies((*NOW[:6], NOW[2], *NOW[6:]))],
    "bodies without heads": [bodies()],
    "one head comes twice": [head(NOW[0], BLOCK), head(NOW[0], BLOCK)],
    "one body comes without its head": [body(NOW[0])],
    "one body comes twice": [head(NOW[0], BLOCK), body(NOW[0]), body(NOW[0])],
    "one reply stands within a head": [frame(HEADERS, 0, NOW[0], BLOCK[:1]), replies(NOW[1:2])],
    "one reply stands within a frame": [body(NOW[0])[:5], replies(NOW[1:2])],
    "one reply to nobody": [replies([1001])],
    "one has another head": [head(NOW[0], OTHER), heads(numbers=NOW[1:]), bodies()],
    "one has begun its body": [heads(), frame(DATA, 0, NOW[3], b"hel"), bodies()],
    "one had an interim reply": [head(NOW[3], b"\x08\x03100"), replies(NOW)],
    "of streams that never were": [heads(numbers=range(1001, 1025, 2))],
    "of streams that have ended": [heads(numbers=FIRST)],
    "another length of body": [heads(), b"".join([body(n, b"hell") for n in NOW])],
    "fewer streams are allowed": [settings((Setting.MAX_CONCURRENT_STREAMS, 5)), replies(NOW)],
    "in another order": [replies([*reversed(NOW)])],
    "an answer to what was not sent yet": [replies(NOW) + replies([NOW[-1] + 2], OTHER)],
    "the server goes away": [frame(GOAWAY, 0, 0, NOW[-1].to_bytes(4, "big") + bytes(4)), replies(NOW)],
}


def batches(*blocks: bytes) -> Iterator[bytes]:
    for place, block in enumerate(blocks):
        numbers = [place * 2 * STREAMS + number for number in FIRST]
        yield heads(block, numbers) + bodies(numbers)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_is_not_quite_a_row(odd: list[bytes]) -> None:
    pair = both()
    for users in pair:
        for sent in batches(BLOCK, BLOCK):
            users.take(sent, 1)
        assert (users.session._shape is not None) == users.rows
        for sent in odd:
            users.take(sent, 2)
    rows, frames = pair
    assert rows.all_that_was_done == frames.all_that_was_done


@pytest.mark.parametrize(
    ("cut", "alone"),
    [(0, False), (STREAMS * len(head(1, INSERTS)), False), (0, True), (len(head(1, INSERTS)), True)],
    ids=["rows", "rows, heads first", "alone", "alone, head first"],
)
def test_a_row_fills_the_header_table_as_its_frames_would(cut: int, alone: bool) -> None:
    pair = both()
    for users in pair:
        ones = [replies([number], INSERTS) for number in range(1, 6 * STREAMS, 2)]
        for sent in ones if alone else batches(INSERTS, INSERTS, INSERTS):
            users.take(sent[:cut], 1)
            users.take(sent[cut:], 1)
        users.take(head(6 * STREAMS + 1, OLDEST, END_HEADERS | END_STREAM), 2)
    rows, frames = pair
    assert rows.all_that_was_done == frames.all_that_was_done
    assert rows.told[-1][2] == ((b":status", b"200"), (b"x", b"y"))


def test_rows_of_bad_replies_or_to_several_requests_are_told_one_by_one() -> None:
    for block, requests in ((LONGER, (GET,)), (BLOCK, (GET, POST))):
        pair = both(*requests)
        for users in pair:
            for sent in batches(*[block] * 4):
                users.take(sent, 1)
        rows, frames = pair
        assert rows.all_that_was_done == frames.all_that_was_done
        assert not rows.in_rows


def test_a_row_that_nobody_wants_is_not_tried_for_ever() -> None:
    users = Users(Shapes(), rows=False)
    users.begin(GET)
    for sent in batches(*[BLOCK] * 20):
        users.take(sent, 1)
    assert users.session.replies == 20 * STREAMS
    assert users.asked == MOST_REFUSALS


def test_one_of_a_row_may_be_given_up() -> None:
    pair = both()
    for users in pair:
        for sent in batches(BLOCK, BLOCK):
            users.take(sent, users.now + 5)
        assert users.session.is_under_way(users.places[3])
        users.session.give_up(users.places[3])
        assert not users.session.is_under_way(users.places[3])
        users.take(replies((*NOW[:3], *NOW[4:])), 20)
    rows, frames = pair
    assert rows.all_that_was_done == frames.all_that_was_done


def test_all_that_is_under_way_is_told_to_the_same_streams_again_and_again() -> None:
    pair = both()
    for users in pair:
        for now, sent in enumerate(batches(BLOCK, BLOCK, INSERTS, INSERTS, INSERTS)):
            if now == 4:
                users.session._unpaid = MOST_UNPAID
            users.take(sent, 3 * now)
        assert users.rows == (users.session._row is not None)
        oldest = bytes((0x88, 0x80 | 61 + 5 * STREAMS))  # each reply has put a field into the table
        users.take(head(10 * STREAMS + 1, oldest, END_HEADERS | END_STREAM), 51)
        assert not users.broken
    rows, frames = pair
    assert rows.all_that_was_done == frames.all_that_was_done


def test_who_wants_no_row_is_asked_once_for_what_is_under_way() -> None:
    users = Users(Shapes(), rows=True)
    users.begin(GET)
    for sent in batches(BLOCK, BLOCK, BLOCK):
        users.take(sent, 1)
    assert users.session._row is not None
    users.rows, users.asked = False, 0
    users.take(replies(range(6 * STREAMS + 1, 8 * STREAMS, 2)), 2)
    assert users.asked == 1
    assert users.session.replies == 4 * STREAMS


def test_the_rest_of_a_batch_is_a_row_when_enough_were_alike() -> None:
    users = Users(Shapes(), rows=True)
    users.begin(GET)
    users.take(replies(FIRST), 1)
    assert users.in_rows == STREAMS - ENOUGH_IN_A_ROW


def test_a_row_may_stand_behind_an_odd_one() -> None:
    users = Users(Shapes(), rows=True)
    users.begin(GET)
    for sent in batches(BLOCK, BLOCK):
        users.take(sent, 1)
    users.in_rows = 0
    users.take(head(NOW[0], OTHER) + heads(numbers=NOW[1:]) + bodies(), 2)
    assert users.in_rows == STREAMS - 2


def test_what_one_connection_has_learnt_another_knows() -> None:
    shapes = Shapes()
    one, other = Users(shapes, rows=True), Users(shapes, rows=True)
    for users, block in ((other, BLOCK), (one, OTHER)):
        users.begin(GET)
        for sent in batches(block, block):
            users.take(sent, 1)
    other.in_rows = 0
    other.take(replies(NOW, OTHER), 2)
    assert other.in_rows == STREAMS - 1


def test_one_reply_is_kept_and_handed_on_as_its_frames_would_be() -> None:
    for cut in (0, len(head(1, BLOCK))):
        parts: list[bytes] = []
        users = Users(Shapes(), rows=True)
        kept = Request(0, "GET", "/", Fields(()), keep=3)
        users.begin(kept, kept, Request(0, "GET", "/", Fields(()), sink=parts.append))
        for number in FIRST[:6]:
            for piece in (replies([number])[:cut], replies([number])[cut:]):
                users.take(piece, 1)
        assert users.kept == [b"hel", b"hel", b""] * 2
        assert parts == [b"hello"] * 2


def test_requests_in_a_row_are_their_frames() -> None:
    row = RequestRow(b"\x82\x86")
    for first, count in ((1, 1), (250, 100), (65_535, 3), (2**31 - 9, 4)):
        alone = [frame(HEADERS, END_HEADERS | END_STREAM, first + 2 * i, b"\x82\x86") for i in range(count)]
        assert row.wire(first, count) == b"".join(alone)
