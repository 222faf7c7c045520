"""A connection between two requests, and one that is cut or cancelled in the middle of one."""

import asyncio
import os
import select
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import ConnectionCounts
from tests.support.certificates import Certificates
from tests.support.fault_server import FaultServer, black_hole
from tests.support.httpx_users import (
    CHUNKED,
    GET,
    KINDS,
    OK,
    HttpxClient,
    User,
    endpoint_of,
    open_sockets,
    replying,
    serving,
)
from tests.support.steps import (
    AwaitClose,
    Close,
    Gate,
    Pass,
    ReadRequest,
    Reset,
    Send,
    Stall,
    Step,
    Tell,
)

TWICE_OPENED = ConnectionCounts(opened=2, used=2, reconnected=1)


@pytest.fixture(params=KINDS)
def user(request: pytest.FixtureRequest) -> User:
    return User(request.param)


# A reused connection.


@pytest.mark.parametrize("ending", [Close(), Reset()], ids=["close", "reset"])
def test_a_reused_connection_that_ends_before_a_reply_is_stale_and_not_retried(user: User, ending: Step) -> None:
    with serving(ReadRequest(), Send(OK), ReadRequest(), ending) as server:
        fine, stale, again = user.outcomes(endpoint_of(server.port), GET, GET, GET)
    assert (fine.error, stale.error, again.error) == (None, ErrorClass.STALE_CONNECTION, None)
    assert len(server.requests) == 3
    assert user.counts == TWICE_OPENED


def test_a_reused_connection_that_ends_in_a_reply_is_an_early_close(user: User) -> None:
    with serving(ReadRequest(), Send(OK), ReadRequest(), Send(OK[:-1]), Close()) as server:
        _, closed = user.outcomes(endpoint_of(server.port), GET, GET)
    assert closed.error is ErrorClass.EARLY_CLOSE


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("late", "idle_closed"),
    [((Close(),), 1), ((Reset(),), 1), ((Send(b"x"), Stall()), 0), ((Send(OK), Close()), 0)],
    ids=["closed", "reset", "one byte", "a whole reply"],
)
@pytest.mark.parametrize("moment", ["before it looks", "after it has looked"])
def test_an_idle_connection_that_became_readable_is_opened_anew_and_counted(
    user: User,
    certificates: Certificates,
    late: tuple[Step, ...],
    idle_closed: int,
    scheme: str,
    moment: str,
) -> None:
    """Ours looks first, then httpcore; the server's doing is no error of the generator's."""
    ready = Gate()

    async def scenario(client: HttpxClient) -> None:
        assert (await client.exchange(GET)).error is None
        backend: Any = client._backend
        look = backend.prepare

        def prepare(method: str) -> None:
            if moment.startswith("after"):
                look(method)
            poll = select.poll()
            poll.register(open_sockets(server.port)[0], select.POLLIN)
            ready.open()
            assert poll.poll(10_000)  # the kernel has it; the client's loop had no turn to read it
            if moment.startswith("before"):
                look(method)

        backend.prepare = prepare
        assert (await client.exchange(GET)).error is None

    tls = scheme == "https"
    script = (
        (ReadRequest(), Send(OK), Pass(ready), *late),
        (ReadRequest(), Send(OK), AwaitClose()),
    )
    with FaultServer(lambda index: script[index], certificates.server_context() if tls else None) as server:
        user.run(endpoint_of(server.port, scheme=scheme), scenario, certificates.client_context() if tls else None)
    counts = ConnectionCounts(opened=2, used=2, reconnected=1, idle_closed=idle_closed, desynced=1 - idle_closed)
    assert user.counts == counts


@pytest.mark.parametrize("reply", [OK, CHUNKED, b"HTTP/1.1 204 No Content\r\n\r\n"], ids=["length", "chunked", "204"])
@pytest.mark.parametrize(
    "surplus",
    [b"x", b"\r\nx", CHUNKED, b"HTTP/1.1 500 Wrong\r\nContent-Length: 0\r\n\r\n"],
    ids=["byte", "line", "chunked", "length"],
)
def test_bytes_that_came_with_a_reply_are_never_served_to_the_next_request(
    user: User, reply: bytes, surplus: bytes
) -> None:
    with replying(reply + surplus) as server:
        outcomes = user.outcomes(endpoint_of(server.port), GET, GET)
    assert [outcome.reply and outcome.reply.status for outcome in outcomes] == [int(reply[9:12])] * 2
    assert [outcome.reply and outcome.reply.keep_alive for outcome in outcomes] == [False, False]
    assert [recorded.connection for recorded in server.requests] == [0, 1]
    assert user.counts == ConnectionCounts(opened=2, used=2, reconnected=1, desynced=2)


# Cutting and cancelling.


@pytest.mark.parametrize(
    "begun", [b"", OK[:-1], b"HTTP/1.1 200 OK\r\n\r\nends with the connection"], ids=["waiting", "begun", "no length"]
)
def test_cut_ends_a_running_exchange_from_another_thread(user: User, begun: bytes) -> None:
    waiting = Gate()

    def cut() -> None:
        waiting.wait()
        user.client.cut()

    with serving(ReadRequest(), Send(begun), Tell(waiting), AwaitClose()) as server:
        thread = Thread(target=cut)
        thread.start()
        outcomes = user.outcomes(endpoint_of(server.port), GET, GET)
        thread.join()
    assert [outcome.error for outcome in outcomes] == [ErrorClass.CUT, ErrorClass.CUT]
    assert (server.connections, user.counts.opened) == (1, 1)


@pytest.mark.parametrize("ahead", [True, False], ids=["ahead", "in an exchange"])
def test_cut_ends_a_connect_from_another_thread(user: User, ahead: bool) -> None:
    def cut() -> None:
        while not is_connecting(port):
            os.sched_yield()
        user.client.cut()

    async def scenario(client: HttpxClient) -> None:
        error = await client.connect() if ahead else (await client.exchange(GET)).error
        assert error is ErrorClass.CUT

    with black_hole() as port:
        thread = Thread(target=cut)
        thread.start()
        user.run(endpoint_of(port, connect_timeout_s=60.0, timeout_s=60.0), scenario)
        thread.join()


def is_connecting(port: int) -> bool:
    """Whether the kernel awaits the answer to a SYN sent to this port of 127.0.0.1."""
    return f" 0100007F:{port:04X} 02 " in Path("/proc/net/tcp").read_text()


def test_a_cut_client_connects_no_more(user: User) -> None:
    async def scenario(client: HttpxClient) -> None:
        client.cut()
        assert await client.connect() is ErrorClass.CUT
        assert (await client.exchange(GET)).error is ErrorClass.CUT

    with replying(OK) as server:
        user.run(endpoint_of(server.port), scenario)
    assert server.connections == 0


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_a_cancelled_exchange_closes_its_connection_and_the_client_goes_on(kind: str) -> None:
    arrived, user = Gate(), User(kind)

    async def scenario(client: HttpxClient) -> None:
        task = asyncio.ensure_future(client.exchange(GET))
        await asyncio.to_thread(arrived.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await client.exchange(GET)).error is None

    script: tuple[Sequence[Step], ...] = (
        (ReadRequest(), Tell(arrived), AwaitClose()),
        (ReadRequest(), Send(OK), AwaitClose()),
    )
    with FaultServer(lambda index: script[index]) as server:
        user.run(endpoint_of(server.port), scenario)
    assert user.counts == TWICE_OPENED
