"""How the client reads: what it asks of a socket, and no more."""

import ssl
from types import SimpleNamespace
from typing import Any

import pytest

from loadgen.base.endpoint import Origin
from loadgen.base.exchange import ConnectionCounts, Fields, Request
from loadgen.clients.http2.client import EVENTS_BETWEEN, Http2Client
from loadgen.clients.http2.frames import DATA, END_HEADERS, END_STREAM, HEADERS, SETTINGS, frame
from loadgen.clients.poller import IN

FD = 5
GET = Request(0, "GET", "/", Fields(()))
NO_CONTENT = b"\x89"  # of the static table: status 204


class Destination:
    """Where the requests go."""

    origin = Origin("https", "server", 443)

    def __init__(self, *, tls: bool) -> None:
        self.context = object() if tls else None


class Users:
    """Each sends one request, and no more."""

    def __init__(self) -> None:
        self.replies = 0

    def on_open(self, stream: Any) -> None:
        self.client.send(stream, GET, 0)

    def on_reply(self, _stream: Any, _now: int, _reply: Any) -> bool:
        self.replies += 1
        return True

    client: Http2Client
    on_repeat = on_repeats = on_alike = on_batch = on_error = None


def reply(number: int) -> bytes:
    return frame(HEADERS, END_HEADERS | END_STREAM, number, NO_CONTENT)


class Busy(Users):
    """Each sends its next request when its reply is in."""

    def on_reply(self, stream: Any, now: int, reply: Any) -> bool:
        self.client.send(stream, GET, 0)
        return super().on_reply(stream, now, reply)


class Connection:
    """One of so many streams, each with a request under way. `asked` is how often its socket was, at the last event."""

    def __init__(self, users: Users, streams: int, *, tls: bool) -> None:
        destination = Destination(tls=tls)
        reactor: Any = SimpleNamespace(
            counts=ConnectionCounts(), clock=lambda: 1, endpoint=SimpleNamespace(phases=False), channels={},
            destinations=SimpleNamespace(of=lambda _: destination), connect=lambda *_: None, progress=None,
        )  # fmt: skip
        self.asked = 0
        self._came: list[bytes] = []
        self._client = users.client = Http2Client(reactor, users, streams=streams)  # type: ignore[arg-type]
        places = [self._client.stream(user) for user in range(streams)]
        for place in places:
            self._client.open(place)
        channel = reactor.channels[FD] = places[0].lane.channel
        channel.sock, channel.recv, channel.send = object(), self._recv, len
        self._client.opened(channel)
        self.receive(frame(SETTINGS, 0, 0))

    def _recv(self, _most: int) -> bytes:
        self.asked += 1
        if not self._came:
            raise ssl.SSLWantReadError
        return self._came.pop(0)

    def receive(self, *records: bytes) -> None:
        self.asked = 0
        self._came[:] = records
        self._client.serve([(FD, IN)])


def whole(number: int) -> bytes:
    """A reply with a body."""
    return frame(HEADERS, END_HEADERS, number, b"\x88") + frame(DATA, END_STREAM, number, b"hello")


@pytest.mark.parametrize(
    ("tls", "records", "asked"),
    [
        (False, [reply(1) + reply(3)], 1),
        (True, [reply(1) + reply(3)], 1),
        (True, [reply(1), reply(3)], 2),
        (True, [reply(1)], 2),
    ],
    ids=["plain", "all in one record", "a record each", "one is missing"],
)
def test_a_socket_of_tls_is_asked_again_while_something_is_awaited(tls: bool, records: list[bytes], asked: int) -> None:
    users = Users()
    connection = Connection(users, 2, tls=tls)
    connection.receive(*records)
    assert (connection.asked, users.replies) == (asked, b"".join(records).count(NO_CONTENT))


def test_a_socket_of_tls_that_had_one_record_is_asked_for_more_at_every_eighth_event() -> None:
    users = Busy()
    connection = Connection(users, 4, tls=True)
    asked = []
    for number in range(1, 37, 2):
        connection.receive(whole(number))
        asked.append(connection.asked)
    assert asked == ([2] + [1] * EVENTS_BETWEEN) * 2 + [2, 1]
    for _ in range(EVENTS_BETWEEN - 1):
        connection.receive(whole(number := number + 2))
    connection.receive(*[whole(number + 2 * more) for more in (1, 2, 3)])
    assert connection.asked == 4, "all that have come"
    connection.receive(whole(number + 8))
    assert connection.asked == 2, "and looked for again where there were some"
