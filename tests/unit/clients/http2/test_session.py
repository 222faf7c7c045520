"""What a server may send on a connection, and what becomes of the requests on it: whole, and byte by byte."""

import hpack
import pytest

from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields as RequestFields
from loadgen.base.exchange import Request
from loadgen.clients.http2.control import MOST_CONTROL
from loadgen.clients.http2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PADDED,
    PING,
    PREFACE,
    PRIORITIZED,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    BrokenProtocolError,
    Code,
    Setting,
    frame,
    reset,
    settings,
    window_update,
)
from loadgen.clients.http2.header_encoder import Fields
from loadgen.clients.http2.session import Session
from loadgen.clients.http2.stream import Http2Stream

ORIGIN = Origin("http", "here.example", 80)
END = END_HEADERS | END_STREAM


def block(*pairs, status="200"):
    return hpack.Encoder().encode([(":status", status), *pairs]) if status else hpack.Encoder().encode(pairs)


def head(stream, *pairs, status="200", flags=END_HEADERS):
    return frame(HEADERS, flags, stream, block(*pairs, status=status))


def data(stream, body=b"hello", flags=END_STREAM):
    return frame(DATA, flags, stream, body)


def goaway(last, code=Code.NO_ERROR, debug=b""):
    return frame(GOAWAY, 0, 0, last.to_bytes(4, "big") + code.to_bytes(4, "big") + debug)


class Users:
    """The Owner of a session: what it was told, in order."""

    def __init__(self, most=10, *, bodies=()):
        self.told = []
        self.sent = [0]
        self.session = Session(Fields(ORIGIN), self, most, self.sent)
        self.streams = []
        self.bodies = bodies

    def begin(self, count=2, *, method="GET", body=b"", keep=5):
        for _ in range(count):
            stream = Http2Stream(len(self.streams), None)
            stream.request = Request(0, method, "/", RequestFields(()), body=body, keep=keep)
            self.streams.append(stream)
            self.session.start(stream, stream.request)

    def replied(self, stream):
        self.told.append((stream.user, stream.head.status, stream.received, stream.kept))

    def failed(self, stream, error, detail):
        self.told.append((stream.user, error, detail))

    def alike(self, streams, head, length, wire):
        return False

    def unseen(self, stream):
        self.told.append((stream.user, "again"))

    def ready(self):
        self.told.append("ready")


def open_session(*values, **keywords):
    users = Users(**keywords)
    users.session.take(settings(*values), 1)
    users.told.clear()
    users.session.out.clear()
    return users


def take(users, received, *, in_pieces):
    for piece in [received[i : i + 1] for i in range(len(received))] if in_pieces else [received]:
        users.session.take(piece, 1)


in_pieces = pytest.mark.parametrize("in_pieces", [False, True], ids=["whole", "byte by byte"])
REPLY = (200, 5, b"hello")

GOOD = {
    "head and data": (head(1) + data(1), [(0, *REPLY)]),
    "both streams": (head(1) + data(1) + head(3) + data(3), [(0, *REPLY), (1, *REPLY)]),
    "interleaved": (head(3) + head(1) + data(1) + data(3), [(0, *REPLY), (1, *REPLY)]),
    "all heads first": (head(1) + head(3) + data(3) + data(1), [(1, *REPLY), (0, *REPLY)]),
    "in many pieces": (head(1) + b"".join(data(1, b"%c" % c, 0) for c in b"hello") + data(1, b""), [(0, *REPLY)]),
    "without a body": (head(1, flags=END), [(0, 200, 0, b"")]),
    "204": (head(1, status="204", flags=END), [(0, 204, 0, b"")]),
    "304 with a length": (head(1, ("content-length", "9"), status="304", flags=END), [(0, 304, 0, b"")]),
    "with its length": (head(1, ("content-length", "5")) + data(1), [(0, *REPLY)]),
    "interim ones first": (
        head(1, status="100") + head(1, ("link", "x"), status="103") + head(1) + data(1),
        [(0, *REPLY)],
    ),
    "trailers": (head(1) + data(1, flags=0) + head(1, ("x", "y"), status="", flags=END), [(0, *REPLY)]),
    "padded data": (head(1) + data(1, b"\x03hello\0\0\0", PADDED | END_STREAM), [(0, *REPLY)]),
    "a padded head": (frame(HEADERS, PADDED | END, 1, b"\x02" + block() + b"\0\0"), [(0, 200, 0, b"")]),
    "a head with a priority": (frame(HEADERS, PRIORITIZED | END, 1, bytes(5) + block()), [(0, 200, 0, b"")]),
    "a head with both": (
        frame(HEADERS, PRIORITIZED | PADDED | END, 1, b"\x01" + bytes(5) + block() + b"\0"),
        [(0, 200, 0, b"")],
    ),
    "a head in three": (
        frame(HEADERS, END_STREAM, 1) + frame(CONTINUATION, 0, 1, block()) + frame(CONTINUATION, END_HEADERS, 1),
        [(0, 200, 0, b"")],
    ),
    "a field of a kibibyte": (head(1, ("x", "y" * 1024)) + data(1), [(0, *REPLY)]),
    "a frame of a kind that nobody knows": (frame(99, 255, 1, b"what") + head(1) + data(1), [(0, *REPLY)]),
    "a priority": (frame(PRIORITY, 0, 1, bytes(5)) + head(1) + data(1), [(0, *REPLY)]),
    "an empty data frame": (head(1) + data(1, b"", 0) + data(1), [(0, *REPLY)]),
    "a reserved bit": (head(1).replace(b"\0\0\0\x01", b"\x80\0\0\x01", 1) + data(1), [(0, *REPLY)]),
    "refused": (reset(1, Code.REFUSED_STREAM), [(0, ErrorClass.REFUSED_STREAM, "")]),
    "reset": (reset(1, Code.INTERNAL_ERROR), [(0, ErrorClass.STREAM_RESET, "INTERNAL_ERROR")]),
    "reset in the middle": (head(1) + reset(1, Code.CANCEL), [(0, ErrorClass.STREAM_RESET, "CANCEL")]),
    "reset by a code of nobody's": (reset(1, 77), [(0, ErrorClass.STREAM_RESET, "error 77")]),
    "reset after its end": (
        head(1) + data(1) + reset(1, Code.NO_ERROR) + head(3) + data(3),
        [(0, *REPLY), (1, *REPLY)],
    ),
    "data after a reset": (
        reset(1, Code.CANCEL) + data(1) + head(3) + data(3),
        [(0, ErrorClass.STREAM_RESET, "CANCEL"), (1, *REPLY)],
    ),
    "less than its length": (
        head(1, ("content-length", "9")) + data(1),
        [(0, ErrorClass.MALFORMED_REPLY, "content-length says 9 bytes, 5 came")],
    ),
    "more than its length": (
        head(1, ("content-length", "2")) + data(1),
        [(0, ErrorClass.MALFORMED_REPLY, "content-length says 2 bytes, 5 came")],
    ),
    "a last word": (goaway(3) + head(1) + data(1) + head(3) + data(3), [(0, *REPLY), (1, *REPLY)]),
    "a last word before the second": (goaway(1) + head(1) + data(1), [(1, "again"), (0, *REPLY)]),
    "a last word in two": (goaway(2**31 - 1) + goaway(1) + head(1) + data(1), [(1, "again"), (0, *REPLY)]),
    "a last word that is an error": (
        goaway(0, Code.ENHANCE_YOUR_CALM, b"too fast"),
        [
            (0, ErrorClass.REFUSED_STREAM, "GOAWAY ENHANCE_YOUR_CALM: too fast"),
            (1, ErrorClass.REFUSED_STREAM, "GOAWAY ENHANCE_YOUR_CALM: too fast"),
        ],
    ),
}  # fmt: skip


@in_pieces
@pytest.mark.parametrize(("received", "told"), GOOD.values(), ids=GOOD)
def test_what_becomes_of_requests(received, told, in_pieces):
    users = open_session()
    users.begin()
    take(users, received, in_pieces=in_pieces)
    assert users.told == told


BROKEN = {
    "HTTP/1.1": (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak HTTP/2"),
    "not SETTINGS first": (frame(PING, 0, 0, bytes(8)), "does not begin with SETTINGS"),
    "an acknowledgement first": (frame(SETTINGS, ACK, 0), "does not begin with SETTINGS"),
}
LATER = {
    "SETTINGS of a stream": (frame(SETTINGS, 0, 1), "SETTINGS that are none"),
    "SETTINGS cut short": (frame(SETTINGS, 0, 0, b"12345"), "SETTINGS that are none"),
    "an acknowledgement that says something": (frame(SETTINGS, ACK, 0, bytes(6)), "SETTINGS that are none"),
    "a window too large": (settings((Setting.INITIAL_WINDOW_SIZE, 2**31)), "window above"),
    "frames too small": (settings((Setting.MAX_FRAME_SIZE, 100)), "frame size of 100"),
    "a frame too long": (frame(DATA, 0, 1, bytes(16385)), "a frame of 16,385 bytes"),
    "a PING cut short": (frame(PING, 0, 0, b"1234"), "a PING"),
    "a PING of a stream": (frame(PING, 0, 1, bytes(8)), "a PING"),
    "a WINDOW_UPDATE cut short": (frame(WINDOW_UPDATE, 0, 0, b"1"), "a WINDOW_UPDATE"),
    "a WINDOW_UPDATE by nothing": (window_update(0, 0), "WINDOW_UPDATE by nothing"),
    "a WINDOW_UPDATE too far": (window_update(0, 2**31 - 1), "window above"),
    "an RST_STREAM cut short": (frame(RST_STREAM, 0, 1, b"1"), "RST_STREAM"),
    "an RST_STREAM of no stream": (reset(9, Code.CANCEL), "never opened"),
    "a GOAWAY cut short": (frame(GOAWAY, 0, 0, b"1234"), "a GOAWAY"),
    "a GOAWAY of a stream": (frame(GOAWAY, 0, 1, bytes(8)), "a GOAWAY"),
    "a push": (frame(PUSH_PROMISE, END_HEADERS, 1, bytes(4)), "push is switched off"),
    "a head of no stream": (head(9), "never opened"),
    "a head of a stream of the server's": (head(2), "never opened"),
    "data of no stream": (data(9), "never opened"),
    "data before its head": (data(1), "before the head"),
    "a head twice": (head(1) + head(1), "second head"),
    "trailers that go on": (head(1) + head(1, ("x", "y"), status=""), "second head"),
    "no status": (head(1, ("x", "y"), status=""), "without a status"),
    "an interim one that ends it": (head(1, status="100", flags=END), "without a status"),
    "a head within a head": (head(1, flags=0) + head(3), "within a header block"),
    "data within a head": (head(1, flags=0) + data(1), "within a header block"),
    "CONTINUATION of another": (head(1, flags=0) + frame(CONTINUATION, END_HEADERS, 3), "of no header block"),
    "CONTINUATION of nothing": (frame(CONTINUATION, END_HEADERS, 1), "of no header block"),
    "a head without an end": (head(1, flags=0) + frame(CONTINUATION, 0, 1, bytes(16384)) * 5, "block is too long"),
    "more padding than frame": (frame(DATA, PADDED, 1, b"\x05hell"), "more padding"),
    "padding of nothing": (frame(HEADERS, PADDED | END_HEADERS, 1), "more padding"),
    "a head of garbage": (frame(HEADERS, END, 1, b"\xff\xff\xff\xff\xff\xff\xff"), "number in a header block"),
    "a head in capitals": (head(1, ("X-Upper", "1")), "must not stand"),
    "a flood of PING": (frame(PING, 0, 0, bytes(8)) * (MOST_CONTROL + 1), "flood"),
    "a flood of SETTINGS": (frame(SETTINGS, 0, 0) * (MOST_CONTROL + 1), "flood"),
    "a flood of empty data": (head(1) + data(1, b"", 0) * (MOST_CONTROL + 1), "flood"),
    "a flood of PRIORITY": (frame(PRIORITY, 0, 1, bytes(5)) * (MOST_CONTROL + 1), "flood"),
    "a flood of windows": (window_update(1, 1) * (MOST_CONTROL + 1), "flood"),
    "a flood of interim heads": (head(1, status="100") * (MOST_CONTROL + 1), "flood"),
    "a flood of CONTINUATION": (head(1, flags=0) + frame(CONTINUATION, 0, 1) * (MOST_CONTROL + 1), "flood"),
    "a flood to streams that have ended": (head(1, flags=END) + data(1, b"", 0) * (MOST_CONTROL + 1), "flood"),
}  # fmt: skip


@in_pieces
@pytest.mark.parametrize(("received", "problem"), BROKEN.values(), ids=BROKEN)
def test_what_is_not_http2(received, problem, in_pieces):
    with pytest.raises(BrokenProtocolError, match=problem):
        take(Users(), received, in_pieces=in_pieces)


@in_pieces
@pytest.mark.parametrize(("received", "problem"), LATER.values(), ids=LATER)
def test_what_a_server_must_not_send(received, problem, in_pieces):
    users = open_session()
    users.begin()
    with pytest.raises(BrokenProtocolError, match=problem):
        take(users, received, in_pieces=in_pieces)


def test_it_begins_with_the_preface_and_answers_what_must_be_answered():
    users = Users()
    assert users.session.out.startswith(PREFACE + b"\0\0\x0c\x04")
    users.session.out.clear()
    users.session.take(settings() + frame(PING, 0, 0, b"12345678") + frame(PING, ACK, 0, bytes(8)), 1)
    assert bytes(users.session.out) == frame(SETTINGS, ACK, 0) + frame(PING, ACK, 0, b"12345678")
    assert users.told == ["ready"]


def test_no_more_than_the_server_allows_are_under_way():
    users = open_session((Setting.MAX_CONCURRENT_STREAMS, 3))
    users.begin()
    assert users.session.room == 1
    users.session.take(settings((Setting.MAX_CONCURRENT_STREAMS, 0)), 1)
    assert users.session.room < 0
    users.session.take(settings((Setting.MAX_CONCURRENT_STREAMS, 99)) + goaway(3), 1)
    assert users.session.room == 0


def sent_of(users):
    """DATA that was sent since the last time: stream, size, whether it is the last."""
    out, at, found = bytes(users.session.out), 0, []
    while at < len(out):
        size, kind, flags = int.from_bytes(out[at : at + 3], "big"), out[at + 3], out[at + 4]
        if kind == DATA:
            found.append((int.from_bytes(out[at + 5 : at + 9], "big"), size, bool(flags & END_STREAM)))
        at += 9 + size
    users.session.out.clear()
    return found


def test_a_body_goes_out_as_the_windows_allow():
    users = open_session((Setting.INITIAL_WINDOW_SIZE, 20000))
    users.begin(1, method="POST", body=bytes(50000))
    assert sent_of(users) == [(1, 16384, False), (1, 3616, False)]
    users.session.take(window_update(1, 10000), 1)
    users.session.send_more()
    assert sent_of(users) == [(1, 10000, False)]
    users.session.take(settings((Setting.INITIAL_WINDOW_SIZE, 21000)), 1)
    users.session.send_more()
    assert sent_of(users) == [(1, 1000, False)]
    users.session.take(settings((Setting.INITIAL_WINDOW_SIZE, 0)), 1)  # below nothing, until as much is given back
    users.session.take(window_update(1, 21000 + 19000), 1)
    users.session.send_more()
    assert sent_of(users) == [(1, 16384, False), (1, 2616, True)]
    assert users.sent[0] > 50000


def test_all_bodies_share_the_window_of_the_connection():
    users = open_session((Setting.INITIAL_WINDOW_SIZE, 10**6), (Setting.MAX_FRAME_SIZE, 65536))
    users.begin(2, method="POST", body=bytes(40000))
    assert sent_of(users) == [(1, 40000, True), (3, 25535, False)]
    users.session.take(window_update(0, 10**6), 1)
    users.session.send_more()
    assert sent_of(users) == [(3, 14465, True)]


def test_a_reply_before_the_whole_request_ends_both():
    users = open_session((Setting.INITIAL_WINDOW_SIZE, 10))
    users.begin(1, method="POST", body=bytes(100))
    users.session.out.clear()
    users.session.take(head(1, flags=END), 1)
    assert users.told == [(0, 200, 0, b"")]
    assert bytes(users.session.out) == reset(1, Code.NO_ERROR)


@pytest.mark.parametrize(("step", "detail"), [(0, "WINDOW_UPDATE by nothing"), (2**31 - 1, "a window above 2^31 - 1")])
def test_a_window_of_a_stream_that_is_wrong_ends_the_stream_alone(step, detail):
    users = open_session((Setting.INITIAL_WINDOW_SIZE, 10))
    users.begin(2, method="POST", body=bytes(100))
    users.session.take(window_update(1, 1) + window_update(1, step) + head(3, flags=END), 1)
    assert users.told == [(0, ErrorClass.MALFORMED_REPLY, detail), (1, 200, 0, b"")]


def test_a_head_longer_than_a_frame_goes_out_in_pieces():
    users = open_session()
    request = Request(0, "GET", "/" + "a" * 40000, RequestFields(()))
    users.session.start(Http2Stream(0, None), request)
    out, kinds, at, encoded = bytes(users.session.out), [], 0, b""
    while at < len(out):
        size = int.from_bytes(out[at : at + 3], "big")
        kinds.append((out[at + 3], out[at + 4]))
        encoded += out[at + 9 : at + 9 + size]
        at += 9 + size
    assert kinds == [(HEADERS, END_STREAM), (CONTINUATION, 0), (CONTINUATION, END_HEADERS)]
    assert dict(hpack.Decoder().decode(encoded))[":path"] == request.target


def test_the_window_of_the_connection_is_given_back_before_it_is_used_up():
    users = open_session()
    users.begin(1)
    users.session.out.clear()
    users.session.take(head(1), 1)
    body = data(1, bytes(16384), 0)
    for _ in range(2**30 // 16384 // 64 - 1):
        users.session.take(body * 64, 1)
    assert not users.session.out
    users.session.take(body * 64, 1)
    assert bytes(users.session.out) == window_update(0, 2**30)


def test_who_gives_up_tells_the_server():
    users = open_session()
    users.begin()
    users.session.out.clear()
    users.session.give_up(users.streams[0])
    assert bytes(users.session.out) == reset(1, Code.CANCEL)
    users.session.take(head(1) + data(1) + head(3) + data(3), 1)
    assert users.told == [(1, *REPLY)]
