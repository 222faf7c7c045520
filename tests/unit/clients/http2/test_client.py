"""How the client reads: what it asks of a socket, and no more."""

import ssl
from types import SimpleNamespace
from typing import Any

import pytest

from loadgen.base.exchange import ConnectionCounts, Fields, Origin, Request
from loadgen.clients.http2.client import Http2Client
from loadgen.clients.http2.frames import END_HEADERS, END_STREAM, HEADERS, SETTINGS, frame
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
    users, destination = Users(), Destination(tls=tls)
    reactor: Any = SimpleNamespace(
        counts=ConnectionCounts(), clock=lambda: 1, endpoint=SimpleNamespace(phases=False), channels={},
        destinations=SimpleNamespace(of=lambda _: destination), connect=lambda *_: None, progress=None,
    )  # fmt: skip
    client = users.client = Http2Client(reactor, users, streams=2)  # type: ignore[arg-type]
    streams = [client.stream(user) for user in range(2)]
    for stream in streams:
        client.open(stream)
    channel = reactor.channels[FD] = streams[0].lane.channel
    came = [frame(SETTINGS, 0, 0)]
    calls = 0

    def recv(_most: int) -> bytes:
        nonlocal calls
        calls += 1
        if not came:
            raise ssl.SSLWantReadError
        return came.pop(0)

    channel.sock, channel.recv, channel.send = object(), recv, len
    client.opened(channel)
    client.serve([(FD, IN)])
    calls, came[:] = 0, records
    client.serve([(FD, IN)])
    assert (calls, users.replies) == (asked, b"".join(records).count(NO_CONTENT))
