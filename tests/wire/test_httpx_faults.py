"""What httpx as a client makes of everything that goes wrong. No fault keeps the next request from being served."""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Iterator

import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import ConnectionCounts, Fields, Request
from loadgen.clients.httpx_client import AsyncHttpxClient
from tests.support.certificates import Certificates
from tests.support.fault_server import FaultServer, black_hole, closed_port
from tests.support.httpx_users import (
    BLOCK,
    CHUNKED,
    GET,
    KINDS,
    OK,
    HttpxClient,
    Pieces,
    User,
    broken_once,
    endpoint_of,
    replying,
    serving,
)
from tests.support.steps import (
    AwaitClose,
    Close,
    EndSending,
    ReadHead,
    ReadRequest,
    Reset,
    Send,
    Stall,
    Step,
)

TWICE_OPENED = ConnectionCounts(opened=2, used=2, reconnected=1)


@pytest.fixture(params=KINDS)
def user(request: pytest.FixtureRequest) -> User:
    return User(request.param)


# No connection.


def test_a_closed_port_refuses(user: User) -> None:
    with closed_port() as port:
        outcome = user.outcome(endpoint_of(port))
    assert outcome.error is ErrorClass.CONNECTION_REFUSED
    assert outcome.detail
    assert (outcome.bytes_sent, outcome.bytes_received) == (0, 0)
    assert user.counts == ConnectionCounts(failed=1)


def test_a_connect_is_attempted_for_every_request_whatever_its_deadline(user: User) -> None:
    at_once = Request(0, "GET", "/", Fields(()), timeout_ns=1)
    with serving(AwaitClose()) as server:
        outcome = user.outcome(endpoint_of(server.port), at_once)
    assert outcome.error is ErrorClass.TIMEOUT
    assert user.counts.opened + user.counts.failed == 1


@pytest.mark.parametrize(
    ("timeout_s", "connect_timeout_s", "error"),
    [(60.0, 0.05, ErrorClass.CONNECT_TIMEOUT), (0.05, 60.0, ErrorClass.TIMEOUT)],
)
def test_a_server_that_never_accepts_is_waited_for_until_the_nearer_deadline(
    user: User, timeout_s: float, connect_timeout_s: float, error: ErrorClass
) -> None:
    with black_hole() as port:
        outcome = user.outcome(endpoint_of(port, timeout_s=timeout_s, connect_timeout_s=connect_timeout_s))
    assert outcome.error is error
    assert user.counts == ConnectionCounts(failed=1)


def test_every_address_is_tried_and_one_open_connection_counted(user: User) -> None:
    with closed_port() as dead, replying(OK) as server:
        addresses = tuple((socket.AF_INET, ("127.0.0.1", port)) for port in (dead, server.port))
        outcome = user.outcome(endpoint_of(server.port, addresses=addresses))
    assert outcome.error is None
    there, refused = f"127.0.0.1:{server.port}", f"127.0.0.1:{dead}"
    addresses_seen = {refused: {"Connection refused": 1}, there: {"": 1}}
    assert user.counts == ConnectionCounts(opened=1, used=1, addresses=addresses_seen)


def test_an_address_that_went_bad_gives_way_for_a_while(user: User) -> None:
    with replying(OK) as first, replying(OK) as second:
        addresses = tuple((socket.AF_INET, ("127.0.0.1", port)) for port in (first.port, second.port))

        async def scenario(client: HttpxClient) -> None:
            assert (await client.exchange(GET)).error is None
            first.__exit__(None, None, None)
            assert (await client.exchange(GET)).error is None
            first.__enter__()
            assert (await client.exchange(GET)).error is None

        user.run(endpoint_of(first.port, addresses=addresses, keep_alive=False), scenario)
        assert (first.connections, second.connections) == (1, 2)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (errno.EMFILE, ErrorClass.NO_DESCRIPTORS),
        (errno.EADDRNOTAVAIL, ErrorClass.NO_PORTS),
        (errno.ENETUNREACH, ErrorClass.UNREACHABLE),
    ],
)
def test_what_the_kernel_refuses_has_its_class(
    user: User, monkeypatch: pytest.MonkeyPatch, code: int, error: ErrorClass
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    async def scenario(client: HttpxClient) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(socket, "socket", refuse)
            outcome = await client.exchange(GET)
        assert (outcome.error, outcome.detail) == (error, os.strerror(code))
        assert (await client.exchange(GET)).error is None

    with replying(OK) as server:
        user.run(endpoint_of(server.port), scenario)
    assert user.counts == ConnectionCounts(opened=1, used=1, failed=1)


# Our own faults.


def test_a_body_that_breaks_its_promise_is_the_generators_error(user: User) -> None:
    request = Request(0, "PUT", "/", Fields(()), body=Pieces([b"abc"], 5))
    with serving(ReadRequest(), Send(OK), AwaitClose()) as server:
        failed, fine = user.outcomes(endpoint_of(server.port), request, GET)
    assert failed.error is ErrorClass.GENERATOR
    assert "Content-Length" in failed.detail
    assert fine.error is None


def test_a_body_source_that_raises_is_the_generators_error(user: User) -> None:
    class Broken:
        length = None

        def chunks(self) -> Iterator[bytes]:
            yield b"abc"
            raise ValueError("file vanished")

    with replying(OK) as server:
        failed, fine = user.outcomes(endpoint_of(server.port), Request(0, "PUT", "/", Fields(()), body=Broken()), GET)
    assert (failed.error, failed.detail) == (ErrorClass.GENERATOR, "ValueError: file vanished")
    assert fine.error is None


def test_a_sink_that_raises_is_the_generators_error(user: User) -> None:
    def sink(_piece: bytes) -> None:
        raise ValueError("disk full")

    with replying(OK, OK) as server:
        failed, fine = user.outcomes(endpoint_of(server.port), Request(0, "GET", "/", Fields(()), sink=sink), GET)
    assert failed.error is ErrorClass.GENERATOR
    assert "disk full" in failed.detail
    assert fine.error is None


# Broken replies.


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ((Reset(),), ErrorClass.CONNECTION_RESET),
        ((Send(b"HTTP/1.1 200 OK\r\nContent-"), Reset()), ErrorClass.CONNECTION_RESET),
        ((Close(),), ErrorClass.EARLY_CLOSE),
        ((Send(b"HTTP/1.1 200 OK\r\nContent-"), Close()), ErrorClass.EARLY_CLOSE),
        ((Send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), Close()), ErrorClass.EARLY_CLOSE),
        ((Send(CHUNKED[:-3]), Close()), ErrorClass.EARLY_CLOSE),
        ((Send(b"SSH-2.0-OpenSSH_9.2\r\n"), AwaitClose()), ErrorClass.MALFORMED_REPLY),
        ((Send(b"ICY 200 OK\r\n\r\n"), AwaitClose()), ErrorClass.MALFORMED_REPLY),
        ((Send(b"HTTP/2.0 200 OK\r\n\r\n"), AwaitClose()), ErrorClass.MALFORMED_REPLY),
        ((Send(b"HTTP/1.1 abc OK\r\n\r\n"), AwaitClose()), ErrorClass.MALFORMED_REPLY),
        ((Send(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), AwaitClose()), ErrorClass.MALFORMED_REPLY),
        ((Send(CHUNKED.replace(b"5\r\n", b"xyz\r\n")), AwaitClose()), ErrorClass.MALFORMED_REPLY),
        ((Send(b"nonsense"), Close()), ErrorClass.MALFORMED_REPLY),
    ],
)
def test_a_broken_reply_has_its_class(user: User, steps: tuple[Step, ...], error: ErrorClass) -> None:
    with broken_once(*steps) as server:
        failed, fine = user.outcomes(endpoint_of(server.port), GET, GET)
    assert (failed.error, failed.reply) == (error, None)
    assert failed.bytes_sent == len(server.requests[0].raw)
    if error is not ErrorClass.CONNECTION_RESET:  # what came before a reset may be lost with it
        sent = b"".join(step.data for step in steps if isinstance(step, Send))
        assert (failed.head, failed.bytes_received) == (sent, len(sent))
    assert fine.error is None
    assert user.counts == TWICE_OPENED


@pytest.mark.parametrize(
    "steps",
    [(Stall(),), (Send(OK[:-1]), Stall()), (Send(b"HTTP/1.1 200 OK\r\n\r\nall"), Stall())],
    ids=["nothing", "no end", "no close"],
)
def test_a_reply_that_does_not_end_is_a_timeout(user: User, steps: tuple[Step, ...]) -> None:
    hurried = Request(0, "GET", "/", Fields(()), timeout_ns=50_000_000)
    with broken_once(*steps) as server:
        failed, fine = user.outcomes(endpoint_of(server.port), hurried, GET)
    assert failed.error is ErrorClass.TIMEOUT
    assert fine.error is None
    assert user.counts == TWICE_OPENED


@pytest.mark.parametrize("turns", range(8))
@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_a_request_that_is_given_up_at_any_moment_keeps_no_other_from_being_sent(kind: str, turns: int) -> None:
    async def scenario(client: HttpxClient) -> None:
        assert isinstance(client, AsyncHttpxClient)
        await client.connect()
        exchange = asyncio.ensure_future(client.exchange(GET))
        for _ in range(turns):  # of the loop: what httpcore does on the way to its connection takes some
            await asyncio.sleep(0)
        client.give_up()
        assert (await exchange).error in (None, ErrorClass.TIMEOUT)
        assert (await client.exchange(GET)).error is None

    with FaultServer(lambda _: [*[ReadRequest(), Send(OK)] * 3, AwaitClose()]) as server:
        User(kind).run(endpoint_of(server.port), scenario)


def test_a_reply_that_keeps_coming_does_not_outlive_the_total_deadline(user: User) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n"
    with serving(ReadRequest(), Send(head), *[Send(BLOCK)] * 100_000) as server:
        outcome = user.outcome(endpoint_of(server.port, timeout_s=0.05))
    assert outcome.error is ErrorClass.TIMEOUT
    assert outcome.bytes_received > len(head)


@pytest.mark.parametrize("then", [Stall(), AwaitClose()], ids=["not read", "read for ever"])
def test_an_upload_does_not_outlive_the_total_deadline(user: User, then: Step) -> None:
    body = Pieces([BLOCK] * 100_000, 100_000 * len(BLOCK))
    with serving(ReadHead(), then) as server:
        outcome = user.outcome(endpoint_of(server.port, timeout_s=0.05), Request(0, "PUT", "/", Fields(()), body=body))
    assert outcome.error is ErrorClass.TIMEOUT
    assert outcome.bytes_sent > 0


# TLS.


def test_a_certificate_of_a_stranger_is_refused(user: User, certificates: Certificates) -> None:
    context = ssl.create_default_context(cafile=str(certificates.stranger))
    with FaultServer(lambda _index: (ReadRequest(),), certificates.server_context()) as server:
        outcome = user.outcome(endpoint_of(server.port, scheme="https"), context=context)
    assert outcome.error is ErrorClass.TLS
    assert "--cacert" in outcome.detail
    assert server.requests == []
    assert user.counts == ConnectionCounts(failed=1)


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ((Send(b"HTTP/1.1 400 Plain HTTP here\r\n\r\n"), AwaitClose()), ErrorClass.TLS),
        ((EndSending(), AwaitClose()), ErrorClass.TLS),
        ((Stall(),), ErrorClass.CONNECT_TIMEOUT),
    ],
    ids=["plain server", "closed", "silent"],
)
def test_a_handshake_that_fails_has_its_class(
    user: User, certificates: Certificates, steps: tuple[Step, ...], error: ErrorClass
) -> None:
    with serving(*steps) as server:
        endpoint = endpoint_of(server.port, scheme="https", connect_timeout_s=0.1)
        outcome = user.outcome(endpoint, context=certificates.client_context())
    assert outcome.error is error, outcome


def test_a_client_certificate_that_is_missing_is_a_tls_error(user: User, certificates: Certificates) -> None:
    tls = certificates.server_context(client_must_show_certificate=True)
    with FaultServer(lambda _index: (ReadRequest(), Send(OK)), tls) as server:
        outcome = user.outcome(endpoint_of(server.port, scheme="https"), context=certificates.client_context())
    assert outcome.error is ErrorClass.TLS, outcome
