"""The demo server over real sockets."""

import asyncio
from pathlib import Path

import pytest

from loadgen.base.errors import UsageError
from tests.support.certificates import Certificates
from tests.support.talk import TIMEOUT_S, Talk, run, serving, talking, with_server

MS = 1_000_000


def test_the_plain_page_is_twelve_bytes_every_time() -> None:
    async def conversation(talk: Talk) -> None:
        for _ in range(3):
            got = await talk.ask("/")
            assert (got.status, got.body, got.fields["content-length"]) == (200, b"hello world\n", "12")
        assert "connection" not in got.fields

    with_server(conversation)


@pytest.mark.parametrize("size", [0, 1, 16384, 16385, 65537, 3_000_000])
def test_bytes_are_as_many_as_asked_for(size: int) -> None:
    async def conversation(talk: Talk) -> None:
        for _ in range(2):
            assert len((await talk.ask(f"/bytes/{size}")).body) == size
        assert (await talk.ask("/")).body == b"hello world\n"

    with_server(conversation)


def test_a_client_that_does_not_read_is_not_written_to() -> None:
    async def whole() -> None:
        async with asyncio.timeout(TIMEOUT_S), serving() as port, talking(port) as lazy, talking(port) as other:
            lazy.send(b"GET /bytes/1073741824 HTTP/1.1\r\n\r\n")
            stats = await other.stats()
            while not stats["bytes_out"]:
                stats = await other.stats()
            settled = -1
            while stats["bytes_out"] != settled:
                settled = stats["bytes_out"]
                stats = await other.stats()
            assert stats["bytes_out"] < 1 << 26

    run(whole())


@pytest.mark.parametrize("path", ["/", "/bytes/100000", "/drip", "/status/404", "/delay/1", "/_stats"])
def test_head_gets_the_head_alone(path: str) -> None:
    async def conversation(talk: Talk) -> None:
        for _ in range(2):
            got = await talk.ask(path, "HEAD")
            assert int(got.fields["content-length"]) > 0
        assert (await talk.ask("/")).body == b"hello world\n"

    with_server(conversation)


@pytest.mark.parametrize("status", [200, 204, 304, 404, 500, 599])
def test_a_status_is_what_was_asked_for(status: int) -> None:
    async def conversation(talk: Talk) -> None:
        got = await talk.ask(f"/status/{status}")
        assert got.status == status
        assert bool(got.body) is (status not in (204, 304))
        assert (await talk.ask("/")).status == 200

    with_server(conversation)


def test_an_upload_is_counted_whether_it_has_a_length_or_chunks() -> None:
    async def conversation(talk: Talk) -> None:
        talk.send(b"POST /x HTTP/1.1\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000)
        assert (await talk.reply()).body == b"received 300000\n"
        talk.send(b"PUT /y HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        assert (await talk.reply()).body == b"received 5\n"

    with_server(conversation)


def test_a_client_is_asked_for_its_body_in_its_round_() -> None:
    async def conversation(talk: Talk) -> None:
        talk.send(b"GET /delay/5 HTTP/1.1\r\n\r\n")
        talk.send(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert (await talk.reply()).body == b"hello world\n"
        assert (await talk.reply()).status == 100
        talk.send(b"ok")
        assert (await talk.reply()).body == b"received 2\n"

    with_server(conversation)


def test_a_body_that_looks_like_a_known_request_is_still_a_body() -> None:
    known = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

    async def conversation(talk: Talk) -> None:
        await talk.ask("/")
        talk.send(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(known))
        assert (await talk.reply()).status == 100
        talk.send(known)
        assert (await talk.reply()).body == b"received %d\n" % len(known)

    with_server(conversation)


def test_pipelined_requests_are_answered_in_their_order() -> None:
    paths = ["/delay/5", "/", "/bytes/40000", "/status/404", "/drip?bytes=1&ms=0", "/queue/1", "/bytes/3"] * 100

    async def conversation(talk: Talk) -> None:
        for path in paths:
            talk.send(f"GET {path} HTTP/1.1\r\n\r\n".encode())
        bodies = [(await talk.reply()).body for _ in range(14)]
        assert [len(body) for body in bodies] == [12, 12, 40000, 14, 1, 12, 3] * 2

    with_server(conversation)


@pytest.mark.parametrize(
    ("request_head", "connection", "stays"),
    [
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "close", False),
        (b"GET / HTTP/1.0\r\n\r\n", "close", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive", True),
    ],
)
def test_the_connection_stays_as_long_as_the_client_wants(request_head: bytes, connection: str, stays: bool) -> None:
    async def conversation(talk: Talk) -> None:
        talk.send(request_head)
        got = await talk.reply()
        assert (got.body, got.fields["connection"]) == (b"hello world\n", connection)
        if stays:
            assert (await talk.ask("/")).status == 200
        else:
            assert await talk.rest() == b""

    with_server(conversation)


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"NONSENSE\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nX: " + b"x" * 5_000_000, 431)],
)
def test_what_cannot_be_read_is_refused_and_the_connection_closed(data: bytes, status: int) -> None:
    async def conversation(talk: Talk) -> None:
        talk.send(b"GET / HTTP/1.1\r\n\r\n" + data)
        assert (await talk.reply()).status == 200
        got = await talk.reply()
        assert (got.status, got.fields["connection"]) == (status, "close")
        assert await talk.rest() == b""

    with_server(conversation)


def test_a_delayed_reply_is_never_early() -> None:
    async def conversation(talk: Talk) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert (await talk.ask("/delay/20")).body == b"hello world\n"
        assert loop.time() - began >= 0.019  # the loop's own clock ticks in milliseconds

    with_server(conversation)


def test_the_queue_serves_one_at_a_time_and_logs_when(tmp_path: Path) -> None:
    log, service = tmp_path / "queue.log", 2 * MS

    async def conversation(talk: Talk) -> None:
        talk.send(b"GET /queue/2 HTTP/1.1\r\n\r\n" * 5)
        for _ in range(5):
            assert (await talk.reply()).body == b"hello world\n"

    with_server(conversation, queue_log=str(log))
    rows = [tuple(map(int, line.split())) for line in log.read_text().splitlines()]
    assert len(rows) == 5
    due = 0
    for arrived, departed in rows:
        due = max(arrived, due) + service
        assert departed >= due


def test_the_error_rate_comes_from_the_seed() -> None:
    def statuses(seed: int) -> list[int]:
        seen: list[int] = []

        async def conversation(talk: Talk) -> None:
            seen.extend([(await talk.ask("/error-rate/30")).status for _ in range(100)])

        with_server(conversation, seed=seed)
        return seen

    first = statuses(7)
    assert first == statuses(7) != statuses(8)
    assert 10 < first.count(500) < 50
    assert set(first) == {200, 500}


def test_after_the_given_number_of_requests_every_reply_is_500_until_a_reset() -> None:
    async def conversation(talk: Talk) -> None:
        assert [(await talk.ask("/")).status for _ in range(5)] == [200, 200, 200, 500, 500]
        await talk.ask("/_reset", "POST")
        assert (await talk.ask("/")).status == 200

    with_server(conversation, fail_after=3)


def test_capacity_spaces_the_replies_of_all_paths() -> None:
    async def conversation(talk: Talk) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for path in ("/", "/bytes/1", "/status/404", "/"):
            await talk.ask(path)
        assert loop.time() - began >= 0.029  # three gaps of 10 ms; the loop's own clock ticks in milliseconds

    with_server(conversation, capacity_rps=100)


def test_the_server_counts_what_it_served_but_not_the_questions_about_it() -> None:
    async def conversation(talk: Talk) -> None:
        requests = [b"GET /?%d HTTP/1.1\r\n\r\n" % page for page in (1, 1, 2, 3)]
        page = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nhello world\n"
        for request in requests:
            await talk.stats()
            talk.send(request)
            await talk.reply()
        assert await talk.stats() == {
            "requests": 4,
            "by_status": {"200": 4},
            "bytes_in": sum(map(len, requests)),
            "bytes_out": 4 * len(page),
            "connections_open": 1,
            "connections_total": 1,
        }
        await talk.ask("/_reset", "POST")
        assert await talk.stats() == {
            "requests": 0,
            "by_status": {},
            "bytes_in": 0,
            "bytes_out": 0,
            "connections_open": 1,
            "connections_total": 0,
        }

    with_server(conversation)


def test_tls_is_served_with_a_certificate(certificates: Certificates) -> None:
    async def whole() -> None:
        options = {"cert": str(certificates.server_cert), "key": str(certificates.server_key)}
        async with asyncio.timeout(TIMEOUT_S), serving(**options) as port:
            context = certificates.client_context()
            talk = Talk(*await asyncio.open_connection("127.0.0.1", port, ssl=context))
            assert (await talk.ask("/")).body == b"hello world\n"
            assert len((await talk.ask("/bytes/1000000")).body) == 1_000_000
            await talk.close()

    run(whole())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"queue_log": "/nowhere/queue.log"}, "cannot write the queue log /nowhere/queue.log: No such file"),
        ({"cert": "/nowhere/server.pem"}, "cannot use the certificate /nowhere/server.pem"),
        ({"host": "192.0.2.1"}, "cannot listen on 192.0.2.1:0: Cannot assign"),
    ],
)
def test_what_cannot_be_served_is_one_clear_line(options: dict[str, str], message: str) -> None:
    async def conversation(talk: Talk) -> None:
        raise AssertionError("served")

    with pytest.raises(UsageError, match=message):
        with_server(conversation, **options)
