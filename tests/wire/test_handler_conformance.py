"""What a Handler is told and in which order: by HTTP/1.1 on the reactor, and by the fake of the executors' tests."""

import asyncio
import select
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvloop

from loadgen.base.clock import now_ns
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import ConnectionCounts, Request, RequestGroup
from loadgen.base.reply import Reply
from loadgen.clients.http1.client import Http1Client
from loadgen.clients.http1.parser import ReplyReader
from loadgen.clients.reactor import Reactor
from tests.support.clients import endpoint_to, get
from tests.support.fakes import VirtualClock
from tests.support.simulation import FakeReactor

TIMEOUT_S = 10.0
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BAD = GOOD.replace(b"200 OK", b"500 No")
USERS = 3


def stored(number: int) -> bytes:
    """A store's reply, with an id of its own."""
    return b"HTTP/1.1 200 OK\r\nx-request-id: %04d\r\nContent-Length: 2\r\n\r\nok" % number


class Bench:
    """A Handler that notes what it is told, and sends at once what `following` has for that user."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int, object]] = []
        self.following: dict[int, list[Request]] = {user: [] for user in range(USERS)}
        self.client: Any
        self.reactor: Any
        self.streams: list[Any] = []

    def open(self, user: int) -> None:
        self.client.open(self.streams[user])

    def send(self, user: int, request: Request) -> None:
        self.client.send(self.streams[user], request, now_ns())

    def answer(self, user: int, *replies: bytes) -> None:
        """What the server sends, one after the other; each reply is awaited."""
        raise NotImplementedError

    def break_off(self, user: int) -> None:
        """The server closes in the middle of a reply."""
        raise NotImplementedError

    def opened(self, *users: int) -> None:
        """These were being opened, and now are."""
        raise NotImplementedError

    def refused(self, user: int) -> None:
        """This one was being opened, and there is no server."""
        raise NotImplementedError

    def _note(self, what: str, stream: Any, detail: object = None) -> Request | None:
        self.events.append((what, stream.user, detail))
        following = self.following[stream.user]
        return following.pop(0) if following else None

    def _note_and_send(self, what: str, stream: Any, detail: object) -> None:
        request = self._note(what, stream, detail)
        if request is not None:
            self.client.send(stream, request, now_ns())

    # The Handler.

    def on_open(self, stream: Any) -> None:
        assert stream.request is None
        self._note_and_send("open", stream, None)

    def on_repeat(self, stream: Any, now: int) -> Request | None:
        return self._note("repeat", stream)

    def on_alike(self, stream: Any, now: int) -> Request | None:
        return self._note("alike", stream)

    def on_reply(self, stream: Any, now: int, reply: Reply) -> bool:
        good = stream.request.expect.verdict(reply.status, reply.body_length, reply.kept) is None
        self._note_and_send("reply", stream, reply.status)
        return good

    def on_error(self, stream: Any, now: int, error: ErrorClass, detail: str, head: bytes) -> None:
        self._note_and_send("error" if stream.request else "not opened", stream, error)

    def on_batch(self) -> None:
        """Not about a stream."""


class FakeBench(Bench):
    """The fake reactor, told what the server does."""

    def __init__(self) -> None:
        super().__init__()
        self.reactor = FakeReactor(ConnectionCounts(), VirtualClock())
        self.client = self.reactor.speak(None, self, 1)
        self.streams = [self.client.stream(user) for user in range(USERS)]

    def answer(self, user: int, *replies: bytes) -> None:
        for data in replies:
            reader = ReplyReader("GET")
            reader.feed(data)
            assert reader.reply is not None
            self.reactor.answer(self.streams[user], reader.reply)

    def break_off(self, user: int) -> None:
        self.reactor.fail(self.streams[user], ErrorClass.EARLY_CLOSE)

    def opened(self, *users: int) -> None:
        for user in users:
            self.reactor.opened(self.streams[user])

    def refused(self, user: int) -> None:
        self.reactor.fail(self.streams[user], ErrorClass.CONNECTION_REFUSED)

    def close(self) -> None:
        self.reactor.close()


class RealBench(Bench):
    """The reactor, and a server in the same thread that does what it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepted: dict[int, socket.socket] = {}
        self._runner.run(self._start())

    async def _start(self) -> None:
        self.reactor = Reactor(endpoint_to(self._listener.getsockname()[1]), None, ConnectionCounts())
        self.client = Http1Client(self.reactor, self)
        self.reactor.linger_ns = 0
        self.reactor.attach(asyncio.get_running_loop())
        self.streams = [self.client.stream(user) for user in range(USERS)]

    def answer(self, user: int, *replies: bytes) -> None:
        for data in replies:
            self._turn_until(lambda: self.streams[user].state is not None)
            server = self._server_of(user)
            assert server.recv(65536)
            told = len(self.events)
            server.sendall(data)
            self._turn_until(lambda told=told: len(self.events) > told)

    def break_off(self, user: int) -> None:
        self._turn_until(lambda: self.streams[user].state is not None)
        server = self._server_of(user)
        assert server.recv(65536)
        told = len(self.events)
        server.sendall(GOOD[:-1])
        server.close()
        self._turn_until(lambda: len(self.events) > told)

    def opened(self, *users: int) -> None:
        self._turn_until(lambda: all(self.streams[user].state is not None for user in users))

    def refused(self, user: int) -> None:
        self._turn_until(lambda: self.streams[user].sock is None)

    def stop_listening(self) -> None:
        self._listener.close()

    def close(self) -> None:
        self._runner.run(self._stop())
        self._runner.close()
        for server in (self._listener, *self._accepted.values()):
            server.close()

    async def _stop(self) -> None:
        self.reactor.detach(asyncio.get_running_loop())
        self.reactor.close()

    def _server_of(self, user: int) -> socket.socket:
        """The server's end of a user's connection."""
        port = self.streams[user].sock.getsockname()[1]
        while port not in self._accepted:
            connection, address = self._listener.accept()
            connection.settimeout(TIMEOUT_S)
            self._accepted[address[1]] = connection
        return self._accepted[port]

    def _turn_until(self, is_true: Callable[[], bool]) -> None:
        async def turn() -> None:
            async with asyncio.timeout(TIMEOUT_S):
                while not is_true():
                    await asyncio.sleep(0)

        self._runner.run(turn())


@pytest.fixture(params=["epoll", "loop", "fake"])
def bench(request, monkeypatch) -> Iterator[Any]:
    if request.param == "loop":
        monkeypatch.delattr(select, "epoll")
    one = FakeBench() if request.param == "fake" else RealBench()
    yield one
    one.close()


def test_streams_opened_ahead_are_told_as_open_and_send_from_inside(bench):
    bench.following[1] = [get()]
    for user in (0, 1):
        bench.open(user)
        bench.opened(user)
    bench.answer(1, GOOD)
    assert bench.events == [("open", 0, None), ("open", 1, None), ("reply", 1, 200)]


def test_an_equal_reply_is_a_repeat_and_what_it_returns_is_sent(bench):
    request = get(RequestGroup())
    bench.send(0, request)
    bench.following[0] = [request, request, request]
    bench.answer(0, GOOD, GOOD, GOOD, GOOD)
    assert [event[0] for event in bench.events] == ["reply", "repeat", "repeat", "repeat"]


def test_what_one_stream_learnt_holds_for_all_of_the_group_and_for_no_other(bench):
    group = RequestGroup()
    for user, request in enumerate((get(group), get(group), get(RequestGroup()))):
        bench.send(user, request)
        bench.answer(user, GOOD)
    assert [event[0] for event in bench.events] == ["reply", "repeat", "reply"]


@pytest.mark.parametrize("repeats", [True, False])
def test_a_reply_in_other_words_is_alike_after_two_of_a_length(bench, repeats):
    request = get(RequestGroup(repeats=repeats))
    bench.send(0, request)
    bench.following[0] = [request] * 4
    bench.answer(0, *map(stored, (1, 2, 3, 3, 4)))
    same = "repeat" if repeats else "alike"
    assert [event[0] for event in bench.events] == ["reply", "reply", "alike", same, "alike"]


def test_requests_without_a_group_are_given_each_reply(bench):
    bench.send(0, get())
    bench.following[0] = [get(), get()]
    bench.answer(0, GOOD, GOOD, GOOD)
    assert bench.events == [("reply", 0, 200)] * 3


def test_a_bad_reply_is_never_a_repeat_and_the_next_good_one_is_read(bench):
    request = get(RequestGroup())
    bench.send(0, request)
    bench.following[0] = [request] * 5
    bench.answer(0, GOOD, BAD, BAD, GOOD, GOOD, BAD)
    assert [event[0] for event in bench.events] == ["reply", "reply", "reply", "reply", "repeat", "reply"]


def test_after_an_error_the_next_request_may_be_sent_from_inside(bench):
    request = get(RequestGroup())
    bench.send(0, request)
    bench.following[0] = [request, request]
    bench.break_off(0)
    bench.answer(0, GOOD, GOOD)
    assert bench.events == [("error", 0, ErrorClass.EARLY_CLOSE), ("reply", 0, 200), ("repeat", 0, None)]


def test_an_opening_that_is_refused_is_told_without_a_request(bench):
    if isinstance(bench, RealBench):
        bench.stop_listening()
    bench.open(2)
    bench.refused(2)
    assert bench.events == [("not opened", 2, ErrorClass.CONNECTION_REFUSED)]


def test_a_cut_fails_what_is_in_flight_and_leaves_what_is_idle(bench):
    for user in (0, 1, 2):
        bench.open(user)
        bench.opened(user)
    bench.events.clear()
    for user in (2, 0):
        bench.send(user, get())
    bench.reactor.cut()
    assert sorted(bench.events) == [("error", user, ErrorClass.CUT) for user in (0, 2)]
    bench.reactor.cut()
    assert len(bench.events) == 2


def test_a_dropped_stream_opens_anew(bench):
    bench.open(0)
    bench.opened(0)
    bench.client.drop(bench.streams[0])
    bench.send(0, get())
    bench.answer(0, GOOD)
    assert bench.events == [("open", 0, None), ("reply", 0, 200)]
