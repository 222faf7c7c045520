"""What only the reactor does: many connections in one batch, descriptors of others, and endings for all at once."""

import asyncio
import os
import select
import socket
import ssl
import struct
from collections.abc import Callable, Iterable
from contextlib import closing
from threading import Thread
from typing import Any

import pytest
import uvloop

from loadgen.base.alarm import KernelAlarm
from loadgen.base.clock import NS_PER_S, now_ns
from loadgen.base.endpoint import Endpoint, Tls
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import ConnectionCounts, Request, RequestGroup
from loadgen.base.reply import Expect, Reply
from loadgen.base.tls import make_context
from loadgen.clients.faults import LONG_IDLE_NS
from loadgen.clients.http1.client import Http1Client
from loadgen.clients.http1.connection import Connection, State
from loadgen.clients.http1.connections import SINGLE_AFTER
from loadgen.clients.http1.single_use import BELIEVED_FOR
from loadgen.clients.reactor import Reactor
from loadgen.plan.jobs.parts import PartsSpec
from loadgen.workloads.parts.reader import PartsRules, in_parts
from tests.support.clients import endpoint_of, endpoint_to, get, open_descriptors
from tests.support.fault_server import FaultServer, black_hole
from tests.support.replies import HELLO, OK
from tests.support.steps import AwaitClose, Close, Gate, Pass, ReadRequest, Send, Stall
from tests.support.talk import serving

REPLY = OK + HELLO
HEAD_OF_MANY = OK + b"Content-Length: 1000\r\n\r\n"
WELL = [*[ReadRequest(), Send(REPLY)] * 20, AwaitClose()]
TIMEOUT_S = 10.0


class Herd:
    """Connections of one reactor on the running loop; `events` are (what, user, detail) in their order.

    `react` is called with each event's connection, and may send from inside; `follow` is what follows a repeat.
    """

    def __init__(self, endpoint: Endpoint, users: int, context: ssl.SSLContext | None = None) -> None:
        self.counts = ConnectionCounts()
        self.events: list[tuple[str, int, object]] = []
        self.react: Callable[[Connection], None] = lambda _: None
        self.follow: Callable[[Connection], Request | None] = lambda _: None
        self.reactor = Reactor(endpoint, context, self.counts)
        self.client = Http1Client(self.reactor, self)
        self.connections = [self.client.stream(user) for user in range(users)]
        self.reactor.linger_ns = 0
        self._happened = asyncio.Event()

    async def __aenter__(self) -> "Herd":
        self.reactor.attach(asyncio.get_running_loop())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.reactor.detach(asyncio.get_running_loop())
        self.reactor.close()

    async def open(self) -> None:
        for connection in self.connections:
            self.client.open(connection)
        await self.until(lambda: len(self.of("open")) == len(self.connections))

    def send(self, users: Iterable[int], request: Request, now: int | None = None) -> None:
        for user in users:
            self.client.send(self.connections[user], request, now_ns() if now is None else now)

    def of(self, what: str) -> list[tuple[str, int, object]]:
        return [event for event in self.events if event[0] == what]

    async def until(self, is_true: Callable[[], bool]) -> None:
        async with asyncio.timeout(TIMEOUT_S):
            while not is_true():
                self._happened.clear()
                await self._happened.wait()

    def readable(self, users: Iterable[int]) -> None:
        """Wait, without a turn of the loop, until all of these have something to read."""
        for user in users:
            poll = select.poll()
            poll.register(self.connections[user].fd, select.POLLIN)
            assert poll.poll(TIMEOUT_S * 1000)

    def ended(self, user: int) -> None:
        """Wait, without a turn of the loop, until the server has closed its side."""
        poll = select.poll()
        poll.register(self.connections[user].fd, select.POLLRDHUP)
        assert poll.poll(TIMEOUT_S * 1000)

    def _note(self, what: str, connection: Connection, detail: object = None) -> None:
        self.events.append((what, connection.user, detail))
        self._happened.set()
        self.react(connection)

    # The reactor's Handler.

    def on_open(self, connection: Connection) -> None:
        self._note("open", connection)

    def on_repeat(self, connection: Connection, now: int) -> Request | None:
        self._note("repeat", connection)
        return self.follow(connection)

    def on_alike(self, connection: Connection, now: int) -> Request | None:
        self._note("alike", connection)
        return None

    def on_reply(self, connection: Connection, now: int, reply: Reply) -> bool:
        self._note("reply", connection, reply.status)
        return reply.status == 200

    def on_error(self, connection: Connection, now: int, error: ErrorClass, detail: str, head: bytes) -> None:
        self._note("error", connection, error)

    def on_batch(self) -> None:
        self._happened.set()


@pytest.fixture(params=["epoll", "loop"])
def run(request, monkeypatch):
    """Runs a coroutine with the reactor on epoll, and again on the loop alone."""
    if request.param == "loop":
        monkeypatch.delattr(select, "epoll")

    def run_it(job):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(job)

    return run_it


def test_hundreds_of_connections_at_once(run):
    """Each sends its next request from inside the report on the last one."""
    users, rounds = 300, 10

    async def job() -> None:
        async with serving() as port, Herd(endpoint_to(port), users) as herd:
            left = dict.fromkeys(range(users), rounds)
            request = get(RequestGroup())

            def next_request(connection: Connection) -> None:
                if left[connection.user]:
                    left[connection.user] -= 1
                    herd.send([connection.user], request)

            herd.react = next_request
            await herd.open()
            await herd.until(lambda: len(herd.events) == users * (rounds + 1))
            assert not herd.of("error")
            assert len(herd.of("repeat")) > users * (rounds - 2)
            assert (herd.counts.opened, herd.counts.used, herd.counts.reconnected) == (users, users, 0)
            assert request.wire is not None
            assert herd.client.bytes_sent == [users * rounds * len(request.wire)]

    before = open_descriptors()
    run(job())
    assert open_descriptors() == before


def test_what_follows_a_repeat_may_be_returned_or_sent(run):
    """Returned it goes out in place; with keep-alive or without, a cache or not, it is the same."""
    other = get()

    async def job(**changes: bool) -> None:
        with FaultServer(lambda _: WELL) as server:
            async with Herd(endpoint_of(server, **changes), 1) as herd:
                request = get(RequestGroup())
                following = iter([request, request, other, None])

                herd.follow = lambda _: next(following)
                herd.send([0], request)
                await herd.until(lambda: len(herd.events) == 1)
                herd.send([0], request)
                await herd.until(lambda: len(herd.events) == 5)
                assert [event[0] for event in herd.events] == ["reply", "repeat", "repeat", "repeat", "reply"]
                assert len(server.requests) == 5
                assert herd.counts.opened == (1 if changes.get("keep_alive", True) else 5)

    run(job())
    run(job(keep_alive=False))


def test_a_reply_in_other_words_takes_the_short_way_too(run):
    """Once two with such a head were read; a bad one does not, and changes nothing for those after it.

    The last one is what the next may repeat, where any may.
    """

    def reply(number: int, status: bytes = b"200 OK") -> bytes:
        return b"HTTP/1.1 %b\r\nx-amz-request-id: %04d\r\nContent-Length: 5\r\n\r\nhello" % (status, number)

    replies = [*map(reply, (0, 1, 2, 3, 3)), reply(4, b"403 No"), *map(reply, (5, 6, 7))]

    async def job(cache: RequestGroup) -> list[str]:
        with FaultServer(
            lambda _: [step for data in replies for step in (ReadRequest(), Send(data))] + [AwaitClose()]
        ) as server:
            async with Herd(endpoint_of(server), 1) as herd:
                request = get(cache, keep=100, expect=Expect())
                for count in range(1, len(replies) + 1):
                    herd.send([0], request)
                    await herd.until(lambda count=count: len(herd.events) == count)
                assert herd.counts.opened == 1
                return [event[0] for event in herd.events]

    expected = ["reply", "reply", "alike", "alike", "repeat", "reply", "alike", "alike", "alike"]
    assert run(job(RequestGroup())) == expected
    assert run(job(RequestGroup(repeats=False))) == [what.replace("repeat", "alike") for what in expected]


def test_what_follows_a_body_that_is_thrown_away_is_seen(run):
    """The kernel drops the rest of it, and counts: the beginning is kept, and a byte too many ends the connection."""
    body = bytes(range(250)) * 4000

    async def job() -> None:
        data = OK + b"Content-Length: %d\r\n\r\n" % len(body) + body
        steps = [ReadRequest(), Send(data), ReadRequest(), Send(data + b"!"), AwaitClose()]
        with FaultServer(lambda _: steps) as server:
            async with Herd(endpoint_of(server), 1) as herd:
                seen: list[Reply] = []
                herd.on_reply = lambda connection, now, reply: (seen.append(reply), herd._note("reply", connection))
                for count in (1, 2):
                    herd.send([0], get(keep=70))
                    await herd.until(lambda count=count: len(seen) == count)
                await herd.until(lambda: herd.counts.desynced == 1)
                assert [(reply.body_length, reply.kept) for reply in seen] == [(len(body), body[:70])] * 2
                assert (herd.counts.opened, herd.counts.desynced) == (1, 1)

    run(job())


def test_a_connection_dropped_in_a_batch_takes_its_pending_event_with_it(run):
    """Both replies wait when the batch begins; the report on one gives up the other, which then connects anew."""

    async def job() -> None:
        with FaultServer(lambda _: WELL) as server:
            async with Herd(endpoint_of(server), 2) as herd:
                await herd.open()
                herd.send([0, 1], get())
                herd.readable([0, 1])
                herd.events.clear()
                descriptors = {connection.fd for connection in herd.connections}

                def give_up_the_other(connection: Connection) -> None:
                    herd.react = lambda _: None
                    other = herd.connections[1 - connection.user]
                    herd.client.drop(other)
                    herd.send([other.user], get())
                    assert other.fd not in descriptors

                herd.react = give_up_the_other
                await herd.until(lambda: len(herd.events) == 2)
                assert {event[1:] for event in herd.events} == {(0, 200), (1, 200)}
                assert sorted(one.connection for one in server.requests) == [0, 1, 2]
                assert (herd.counts.opened, herd.counts.reconnected) == (3, 1)

    run(job())


def test_a_number_freed_in_one_batch_may_serve_another_connection_in_the_next(run):
    async def job() -> None:
        scripts = [[ReadRequest(), Send(OK + b"Connection: close\r\n" + HELLO), AwaitClose()]] * 40
        with FaultServer(scripts.__getitem__) as server:
            async with Herd(endpoint_of(server), 4) as herd:
                for round_ in range(1, 11):
                    herd.send(range(4), get())
                    await herd.until(lambda round_=round_: len(herd.events) == 4 * round_)
                assert {event[2] for event in herd.events} == {200}
                assert herd.counts.opened == 40

    run(job())


def test_descriptors_of_others_are_served_with_the_connections(run):
    async def job() -> None:
        with FaultServer(lambda _: WELL) as server:
            async with Herd(endpoint_of(server), 1) as herd:
                ours, theirs = os.pipe()
                told: list[bytes] = []
                herd.reactor.watch(ours, lambda: told.append(os.read(ours, 1)))
                os.write(theirs, b"ab")
                herd.send([0], get())
                await herd.until(lambda: len(told) == 2 and len(herd.events) == 1)
                os.write(theirs, b"c")
                await herd.until(lambda: len(told) == 3)
                assert told == [b"a", b"b", b"c"]
            os.close(ours)
            os.close(theirs)

    run(job())


def test_a_watched_descriptor_may_send_on_a_connection_of_the_same_batch(run):
    """The server closed it meanwhile, which is seen first: the request goes out on another connection."""
    idle = Gate()

    async def job() -> None:
        scripts = [[ReadRequest(), Send(REPLY), Pass(idle)], WELL]
        with FaultServer(scripts.__getitem__) as server:
            async with Herd(endpoint_of(server), 1) as herd:
                ours, theirs = os.pipe()

                def on_alarm() -> None:
                    os.read(ours, 1)
                    herd.send([0], get())

                herd.reactor.watch(ours, on_alarm)
                herd.send([0], get())
                await herd.until(lambda: len(herd.events) == 1)
                idle.open()
                herd.readable([0])
                os.write(theirs, b"x")
                await herd.until(lambda: len(herd.events) == 2)
                assert herd.events[1] == ("reply", 0, 200)
                assert herd.counts.idle_closed == 1
            os.close(ours)
            os.close(theirs)

    run(job())


def on_epoll(job):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(job)


CLOSES = [ReadRequest(), Send(REPLY), Close()]


def test_a_reply_that_comes_with_the_end_of_its_connection_is_followed_by_another_connection():
    async def job() -> None:
        with FaultServer(lambda number: CLOSES if number < 2 else WELL) as server:
            async with Herd(endpoint_of(server), 1) as herd:
                request = get(RequestGroup())

                def next_request(_: Connection) -> None:
                    if len(herd.events) < 4:
                        herd.send([0], request)
                    if len(herd.events) < 2:
                        herd.ended(0)

                herd.react = next_request
                herd.send([0], request)
                herd.ended(0)
                await herd.until(lambda: len(herd.events) == 4)
                assert [event[0] for event in herd.events] == ["reply"] * 2 + ["repeat"] * 2
                assert [one.connection for one in server.requests] == [0, 1, 2, 2]

    on_epoll(job())


def test_a_server_that_closes_after_each_reply_is_believed_to_do_so_again():
    async def job() -> None:
        with FaultServer(lambda number: CLOSES if number < SINGLE_AFTER else WELL) as server:
            async with Herd(endpoint_of(server), 1) as herd:
                request = get(RequestGroup())
                for number in range(SINGLE_AFTER + BELIEVED_FOR + 3):
                    herd.send([0], request)
                    if number < SINGLE_AFTER:
                        herd.ended(0)
                    await herd.until(lambda number=number: len(herd.events) > number)
                assert {event[0] for event in herd.events} == {"reply", "repeat"}
                assert herd.counts.opened == SINGLE_AFTER + BELIEVED_FOR
                assert herd.connections[0].state is State.IDLE

    on_epoll(job())


def test_a_connection_that_was_idle_for_long_is_looked_at_before_it_is_used(run):
    idle = Gate()

    async def job() -> None:
        scripts = [[ReadRequest(), Send(REPLY), Pass(idle)], WELL]
        with FaultServer(scripts.__getitem__) as server:
            async with Herd(endpoint_of(server), 1) as herd:
                herd.send([0], get())
                await herd.until(lambda: len(herd.events) == 1)
                idle.open()
                herd.readable([0])
                herd.send([0], get(), now_ns() + LONG_IDLE_NS + NS_PER_S)
                await herd.until(lambda: len(herd.events) == 2)
                assert herd.events == [("reply", 0, 200)] * 2
                assert (herd.counts.opened, herd.counts.idle_closed) == (2, 1)

    run(job())


def test_a_sweep_fails_only_what_is_past_its_deadline(run):
    async def job() -> None:
        with FaultServer(lambda _: [ReadRequest(), Stall()]) as server:
            async with Herd(endpoint_of(server), 3) as herd:
                await herd.open()
                herd.events.clear()
                now = now_ns()
                herd.send([0], get(), now)
                herd.send([1], get(), now + 5 * NS_PER_S)
                herd.reactor.sweep(now + 10 * NS_PER_S - 1)
                assert not herd.events
                herd.reactor.sweep(now + 10 * NS_PER_S)
                assert herd.events == [("error", 0, ErrorClass.TIMEOUT)]
                assert [one.state for one in herd.connections] == [None, State.WAITING, State.IDLE]

    run(job())


def test_the_deadline_of_a_reply_in_parts_is_after_its_last_part(run):
    """Also of parts that are only noted."""

    async def job():
        part, gates = b"data: a\n\n", [Gate(), Gate()]
        script = [ReadRequest(), Send(HEAD_OF_MANY + part)]
        script += [step for gate in gates for step in (Pass(gate), Send(part))] + [AwaitClose()]
        with FaultServer(lambda _: script) as server:
            async with Herd(endpoint_of(server), 1) as herd:
                now, times_s = now_ns(), iter([0, 0, 5, 9])  # made, and each part
                rules = PartsRules(PartsSpec("sse"))
                request = in_parts(get(), rules, 10 * NS_PER_S, lambda: now + next(times_s) * NS_PER_S)
                herd.send([0], request, now)
                for count, gate in enumerate(gates, 1):
                    await herd.until(lambda at=count: request.sink.parts == at)
                    gate.open()
                await herd.until(lambda: request.sink.parts == 3)
                herd.reactor.sweep(now + 19 * NS_PER_S - 1)
                assert herd.of("error") == []
                herd.reactor.sweep(now + 19 * NS_PER_S)
                assert herd.of("error") == [("error", 0, ErrorClass.TIMEOUT)]

    run(job())


def test_a_sweep_fails_connects_by_their_own_deadline(run):
    async def job() -> None:
        with black_hole() as port:
            async with Herd(endpoint_to(port, connect_timeout_s=2.0), 2) as herd:
                herd.client.open(herd.connections[0])
                herd.send([1], get())
                herd.reactor.sweep(now_ns())
                assert not herd.events
                herd.reactor.sweep(now_ns() + 2 * NS_PER_S)
                assert herd.events == [("error", user, ErrorClass.CONNECT_TIMEOUT) for user in (0, 1)]
                assert herd.counts.failed == 2

    run(job())


def test_a_request_may_be_sent_again_from_inside_a_sweep(run):
    async def job() -> None:
        scripts = [[ReadRequest(), Stall()], WELL]
        with FaultServer(scripts.__getitem__) as server:
            async with Herd(endpoint_of(server), 1) as herd:
                await herd.open()
                herd.send([0], get())
                herd.react = lambda connection: herd.send([0], get()) if herd.events[-1][0] == "error" else None
                herd.reactor.sweep(now_ns() + 10 * NS_PER_S)
                await herd.until(lambda: herd.events[-1] == ("reply", 0, 200))

    run(job())


def test_a_cut_reports_requests_and_nothing_else(run):
    """One waits for its reply, one has a part of it, one is idle."""
    arrived = Gate()
    scripts = [[ReadRequest(), Stall()], [ReadRequest(), Send(OK), Pass(arrived), Stall()], [Stall()]]

    async def job() -> None:
        with FaultServer(scripts.__getitem__) as server:
            async with Herd(endpoint_of(server), 3) as herd:
                for connection in herd.connections:
                    herd.client.open(connection)
                    await herd.until(lambda user=connection.user: len(herd.events) == user + 1)
                herd.events.clear()
                herd.send([0, 1], get())
                await herd.until(lambda: herd.connections[1].state is State.BUSY)
                herd.reactor.cut()
                assert herd.events == [("error", user, ErrorClass.CUT) for user in (0, 1)]
                assert herd.connections[2].state is State.IDLE
                herd.reactor.cut()
                assert len(herd.events) == 2

    run(job())


def test_a_cut_ends_what_is_still_connecting(run):
    async def job() -> None:
        with black_hole() as port:
            async with Herd(endpoint_to(port), 2) as herd:
                herd.client.open(herd.connections[0])
                herd.send([1], get())
                herd.reactor.cut()
                assert herd.events == [("error", user, ErrorClass.CUT) for user in (0, 1)]
                assert [one.state for one in herd.connections] == [None] * 2

    run(job())


@pytest.mark.parametrize("linger_ns", [0, 5_000_000])
def test_a_user_that_never_pauses_leaves_the_loop_its_interleaved(linger_ns):
    """The reactor may linger in its batches, but not for ever."""

    async def job() -> None:
        with FaultServer(lambda _: [ReadRequest(), Send(REPLY)] * 1_000_000) as server:
            async with Herd(endpoint_of(server), 1) as herd:
                herd.reactor.linger_ns = linger_ns
                request = get()
                herd.react = lambda _: herd.send([0], request)
                herd.send([0], request)
                await herd.until(lambda: len(herd.events) > 10)
                herd.react = lambda _: None

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(job())


def test_replies_are_told_before_the_reactor_sets_the_alarm_that_ends_its_lingering(monkeypatch):
    """To set it takes as long as a reply or two, and their instants would be late by that."""

    async def job() -> None:
        with FaultServer(lambda _: WELL) as server:
            async with Herd(endpoint_of(server), 1) as herd:
                await herd.open()
                herd.reactor.linger_ns = 5_000_000
                set_alarm = KernelAlarm.set

                def noted(alarm: KernelAlarm, at_ns: int) -> None:
                    herd.events.append(("alarm", 0, None))
                    set_alarm(alarm, at_ns)

                monkeypatch.setattr(KernelAlarm, "set", noted)
                herd.send([0], get())
                herd.readable([0])
                herd.events.clear()
                herd.reactor.on_ready()
                assert herd.events[0] == ("reply", 0, 200)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(job())


def test_a_slow_handshake_does_not_hold_up_the_others(run, certificates):
    """The server begins the first connection's handshake when it has answered the second one's request."""
    context = make_context(Tls(ca_file=str(certificates.ca)))
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        first, second = listener.accept()[0], listener.accept()[0]
        for plain in (second, first):
            with certificates.server_context().wrap_socket(plain, server_side=True) as connection:
                connection.recv(65536)
                connection.sendall(REPLY)

    async def job() -> None:
        endpoint = endpoint_to(listener.getsockname()[1], "localhost", "https")
        async with Herd(endpoint, 2, context) as herd:
            herd.send([0], get())
            await asyncio.sleep(0)
            herd.send([1], get())
            await herd.until(lambda: len(herd.events) == 2)
            assert herd.events == [("reply", 1, 200), ("reply", 0, 200)]

    with closing(listener):
        server = Thread(target=serve)
        server.start()
        run(job())
        server.join()


class ResettingContext(ssl.SSLContext):
    """The server resets each connection in the moment when TLS is to begin on it."""

    listener: socket.socket

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        accepted = self.listener.accept()[0]
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted.close()
        return super().wrap_socket(*arguments, **options)


def test_connections_that_are_reset_as_tls_begins_keep_their_numbers_to_the_end_of_the_batch(run):
    context = ResettingContext(ssl.PROTOCOL_TLS_CLIENT)

    async def job() -> None:
        endpoint = endpoint_to(context.listener.getsockname()[1], "localhost", "https")
        async with Herd(endpoint, 3, context) as herd:
            for times in (1, 2):
                herd.send([0, 1, 2], get())
                await herd.until(lambda times=times: len(herd.of("error")) == 3 * times)
                assert len({connection.fd for connection in herd.connections}) == 3
                herd.reactor.sweep(now_ns())
            assert herd.of("error") == [("error", user, ErrorClass.CONNECTION_RESET) for user in (0, 1, 2, 0, 1, 2)]
            assert [channel for channel in herd.reactor.channels.values() if channel.phase is not None] == []

    with closing(socket.create_server(("127.0.0.1", 0))) as context.listener:
        before = open_descriptors()
        run(job())
        assert open_descriptors() == before
