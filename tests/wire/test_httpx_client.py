"""What httpx sends as a client, and what it makes of good replies."""

import logging
import ssl

import pytest

from loadgen.base.clock import now_ns
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import ConnectionCounts, Fields, Request
from loadgen.base.reply import Expect, Reply
from tests.support.certificates import Certificates
from tests.support.fault_server import closed_port
from tests.support.httpx_users import (
    BLOCK,
    CHUNKED,
    GET,
    KINDS,
    OK,
    HttpxClient,
    Pieces,
    User,
    endpoint_of,
    open_sockets,
    replying,
    serving,
)
from tests.support.steps import AwaitClose, Close, ReadRequest, Send

TWICE_OPENED = ConnectionCounts(opened=2, used=2, reconnected=1)


@pytest.fixture(params=KINDS)
def user(request: pytest.FixtureRequest) -> User:
    return User(request.param)


def test_the_request_is_exactly_host_and_its_own_fields(user: User) -> None:
    fields = Fields((("X-One", "1"), ("user-agent", "mine"), ("X-One", "2")))
    with replying(OK) as server:
        outcome = user.outcome(endpoint_of(server.port), Request(0, "GET", "/a?b=c", fields))
    host = f"Host: localhost:{server.port}\r\n".encode()
    assert server.requests[0].raw == b"GET /a?b=c HTTP/1.1\r\n" + host + fields.block + b"\r\n"
    assert outcome.bytes_sent == len(server.requests[0].raw)


@pytest.mark.parametrize("target", ["/a%2Fb", "/a/../b//c", "/?q=%7e|'\"", "/x?", "*"])
def test_the_target_goes_out_as_it_is(user: User, target: str) -> None:
    with replying(OK) as server:
        user.reply(endpoint_of(server.port), Request(0, "GET", target, Fields(())))
    assert server.requests[0].raw.split(b" ")[1] == target.encode()


def test_a_host_field_takes_the_place_of_the_origins(user: User) -> None:
    with replying(OK) as server:
        user.reply(endpoint_of(server.port), Request(0, "GET", "/", Fields((("Host", "other.example"),))))
    assert server.requests[0].head.split(b"\r\n")[1:] == [b"Host: other.example"]


def test_a_body_of_bytes_has_a_length_and_a_post_without_one_says_zero(user: User) -> None:
    none = Fields(())
    with replying(OK, OK, OK) as server:
        user.outcomes(
            endpoint_of(server.port),
            Request(0, "PUT", "/", none, body=b"abc"),
            Request(0, "POST", "/", none),
            Request(0, "GET", "/", none),
        )
    put, post, get = server.requests
    assert put.raw.endswith(b"Content-Length: 3\r\n\r\nabc")
    assert post.raw.endswith(b"Content-Length: 0\r\n\r\n")
    assert b"Content-Length" not in get.raw


def test_a_source_of_known_length_is_streamed_as_it_is(user: User) -> None:
    request = Request(0, "PUT", "/", Fields(()), body=Pieces([BLOCK, b"tail"], len(BLOCK) + 4))
    with replying(OK) as server:
        outcome = user.outcome(endpoint_of(server.port), request)
    assert server.requests[0].body == BLOCK + b"tail"
    assert b"Content-Length: 65540" in server.requests[0].head
    assert outcome.bytes_sent == len(server.requests[0].raw)


def test_a_source_of_unknown_length_is_sent_in_chunks_each_time_anew(user: User) -> None:
    request = Request(0, "PUT", "/", Fields(()), body=Pieces([b"abc", b"de"], None))
    with replying(OK, OK) as server:
        outcomes = user.outcomes(endpoint_of(server.port), request, request)
    for recorded, outcome in zip(server.requests, outcomes, strict=True):
        assert b"Transfer-Encoding: chunked" in recorded.head
        assert recorded.body == b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        assert outcome.bytes_sent == len(recorded.raw)


def test_cookies_are_not_sent_back(user: User) -> None:
    with replying(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n", OK) as server:
        user.outcomes(endpoint_of(server.port), GET, GET)
    assert b"ookie" not in server.requests[1].raw


@pytest.mark.parametrize("location", [b"/elsewhere", b"http://host:port/"])
def test_a_redirect_is_a_reply_and_not_followed(user: User, location: bytes) -> None:
    with replying(b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % location) as server:
        assert user.reply(endpoint_of(server.port)).status == 302
    assert len(server.requests) == 1


def test_no_proxy_is_taken_from_the_environment(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with closed_port() as port, replying(OK) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        assert user.reply(endpoint_of(server.port)).status == 200


def test_urls_are_not_logged(user: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with replying(OK) as server:
        user.reply(endpoint_of(server.port), Request(0, "GET", "/?key=secret", Fields(())))
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("reply", "status", "body"),
    [
        (OK, 200, b"hello"),
        (CHUNKED, 200, b"hello"),
        (CHUNKED.replace(b"0\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n"), 200, b"hello"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", 304, b""),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + OK, 200, b"hello"),
        (b"HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n", 500, b""),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nraw", 200, b"raw"),
    ],
)
def test_replies_of_every_kind_are_counted_to_the_byte_and_keep_the_connection(
    user: User, reply: bytes, status: int, body: bytes
) -> None:
    request = Request(0, "GET", "/", Fields(()), keep=100)
    with replying(reply, reply) as server:
        outcomes = user.outcomes(endpoint_of(server.port), request, request)
    for outcome in outcomes:
        assert outcome.reply == Reply(status, len(body), len(reply), body, reply[:200], keep_alive=True)
        assert outcome.bytes_received == len(reply)
    assert user.counts == ConnectionCounts(opened=1, used=1)


@pytest.mark.parametrize("sizes", [(1,) * 60, (20, 25), (38,)], ids=["bytes", "thirds", "head first"])
def test_a_reply_may_come_in_any_pieces(user: User, sizes: tuple[int, ...]) -> None:
    with serving(ReadRequest(), Send(CHUNKED, sizes), ReadRequest(), Send(OK, sizes), AwaitClose()) as server:
        outcomes = user.outcomes(endpoint_of(server.port), GET, GET)
    assert [outcome.bytes_received for outcome in outcomes] == [len(CHUNKED), len(OK)]
    assert user.counts == ConnectionCounts(opened=1, used=1)


def test_a_reply_to_head_has_no_body(user: User) -> None:
    with replying(OK.removesuffix(b"hello"), OK) as server:
        outcomes = user.outcomes(endpoint_of(server.port), Request(0, "HEAD", "/", Fields(())), GET)
    assert [outcome.reply and outcome.reply.body_length for outcome in outcomes] == [0, 5]


def test_a_body_may_end_with_the_connection(user: User) -> None:
    with serving(ReadRequest(), Send(b"HTTP/1.0 200 OK\r\n\r\nall of it"), Close()) as server:
        outcomes = user.outcomes(endpoint_of(server.port), GET, GET)
    assert [outcome.reply and outcome.reply.body_length for outcome in outcomes] == [9, 9]
    assert [outcome.reply and outcome.reply.keep_alive for outcome in outcomes] == [False, False]
    assert user.counts == TWICE_OPENED


def test_connection_close_of_the_server_is_obeyed_and_no_fault(user: User) -> None:
    with replying(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")) as server:
        outcomes = user.outcomes(endpoint_of(server.port), GET, GET)
    assert [outcome.reply and outcome.reply.keep_alive for outcome in outcomes] == [False, False]
    assert user.counts == TWICE_OPENED


def test_without_keep_alive_each_request_says_so_and_has_a_connection_of_its_own(user: User) -> None:
    with replying(OK) as server:
        user.outcomes(endpoint_of(server.port, keep_alive=False), GET, GET)
    assert [recorded.connection for recorded in server.requests] == [0, 1]
    assert all(recorded.head.endswith(b"\r\nConnection: close") for recorded in server.requests)
    assert user.counts == TWICE_OPENED


def test_a_large_body_is_counted_kept_in_part_and_handed_on_whole(user: User) -> None:
    seen, body = bytearray(), bytes(range(250)) * 12_000
    request = Request(0, "GET", "/", Fields(()), keep=1000, sink=seen.extend)
    with replying(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)) as server:
        reply = user.reply(endpoint_of(server.port), request)
    assert (reply.body_length, reply.kept, seen == body) == (len(body), body[:1000], True)


def test_enough_is_kept_to_look_for_what_is_expected(user: User) -> None:
    request = Request(0, "GET", "/", Fields(()), expect=Expect(body_contains=b"ell"))
    with replying(OK) as server:
        reply = user.reply(endpoint_of(server.port), request)
    assert request.expect.verdict(reply.status, reply.body_length, reply.kept) is None


def test_instants_come_in_the_order_of_what_happened(user: User) -> None:
    before = now_ns()
    with replying(OK, OK) as server:
        first, second = user.outcomes(endpoint_of(server.port), GET, GET)
    assert before <= first.sent_ns < first.done_ns <= second.sent_ns < second.done_ns <= now_ns()


# Connecting ahead, and TLS.


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def contexts(scheme: str, certificates: Certificates) -> tuple[ssl.SSLContext | None, ssl.SSLContext | None]:
    """The server's and the client's."""
    return (certificates.server_context(), certificates.client_context()) if scheme == "https" else (None, None)


def test_connect_opens_the_connection_that_the_requests_use(
    user: User, scheme: str, contexts: tuple[ssl.SSLContext | None, ssl.SSLContext | None]
) -> None:
    async def scenario(client: HttpxClient) -> None:
        assert await client.connect() is None
        assert user.counts == ConnectionCounts(opened=1)
        assert await client.connect() is None
        for reply in (OK, CHUNKED):
            assert (await client.exchange(GET)).bytes_received == len(reply)

    with replying(OK, CHUNKED, tls=contexts[0]) as server:
        user.run(endpoint_of(server.port, scheme=scheme), scenario, contexts[1])
    assert user.counts == ConnectionCounts(opened=1, used=1)


def test_connect_alone_leaves_nothing_open(user: User) -> None:
    left: list[int] = []

    async def scenario(client: HttpxClient) -> None:
        assert await client.connect() is None
        assert len(open_sockets(server.port)) == 1
        await client.close()
        left.extend(open_sockets(server.port))

    with replying(OK) as server:
        user.run(endpoint_of(server.port), scenario)
    assert left == []


def test_connect_says_why_it_failed(user: User) -> None:
    async def scenario(client: HttpxClient) -> None:
        assert await client.connect() is ErrorClass.CONNECTION_REFUSED

    with closed_port() as port:
        user.run(endpoint_of(port), scenario)
    assert user.counts == ConnectionCounts(failed=1)
