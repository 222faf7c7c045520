"""Journeys whose requests go to several origins, and have timeouts of their own, in every mode."""

from collections.abc import Iterator
from typing import Any

import pytest

from loadgen.plan.plan import UserStage
from tests.support.fault_server import FaultServer, closed_port
from tests.support.replies import HELLO, OK
from tests.support.steps import AwaitClose, ReadRequest, Send, Stall, Step
from tests.wire.test_journeys import LOCAL, Go, counts, go, where

__all__ = ["go", "where"]

OTHER_HOST = "127.0.0.2"


def script(_: int) -> list[Step]:
    return [*[ReadRequest(), Send(OK + b"Set-Cookie: there=1\r\n" + HELLO)] * 200, AwaitClose()]


@pytest.fixture
def away() -> Iterator[FaultServer]:
    """Another origin."""
    with FaultServer(script, host=OTHER_HOST) as server:
        yield server


def test_a_url_of_another_origin_goes_there(go: Go, away: FaultServer) -> None:
    result = go(
        f"""
        @scenario
        async def both(user):
            here = await user.get("/bytes/{{}}", 3)
            there = await user.get("http://{OTHER_HOST}:{away.port}/at/{{}}", user.number)
            again = await user.get("/bytes/{{}}", 4)
            assert (here.body, there.body, again.body) == (b"012", b"hello", b"0123")
        """,
        requests_limit=40,
    )
    assert counts(result) == {"both": (40, 0, 0)}, result.errors
    assert result.ledger.ok == 120
    assert len(away.requests) == 40
    assert away.connections == 4
    host = b"Host: %s:%d\r\n" % (OTHER_HOST.encode(), away.port)
    assert all(host in request.raw for request in away.requests)
    # what a server sets is sent to it, and to no other
    assert sum(b"Cookie: there=1\r\n" in request.raw for request in away.requests) == 36
    assert result.connections.opened == 8
    assert result.bytes.received > 40 * (7 + 5)


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_a_url_that_is_a_value_and_a_redirect_lead_anywhere(go: Go, away: FaultServer) -> None:
    with FaultServer(
        lambda _: [
            *[ReadRequest(), Send(b"HTTP/1.1 307 Go\r\nLocation: http://%s:%d/there\r\nContent-Length: 0\r\n\r\n"
                                  % (OTHER_HOST.encode(), away.port))] * 100,
            AwaitClose(),
        ],
        host="127.0.0.3",
    ) as sends_on:  # fmt: skip
        result = go(
            f"""
            @scenario
            async def led(user):
                reply = await user.get("{{+}}", "http://{OTHER_HOST}:{away.port}/straight")
                assert reply.body == b"hello"
                reply = await user.post("http://127.0.0.3:{sends_on.port}/", json={{"a": 1}}, timeout=30)
                assert reply.body == b"hello"
                reply = await user.get("/bytes/2")
                assert reply.body == b"01"
            """,
            requests_limit=20,
        )
    assert counts(result) == {"led": (20, 0, 0)}, result.errors
    assert [request.raw.partition(b" HTTP")[0] for request in away.requests].count(b"POST /there") == 20
    assert all(request.raw.endswith(b'{"a":1}') for request in away.requests if request.raw.startswith(b"POST"))


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_a_batch_goes_to_both_at_once(go: Go, away: FaultServer) -> None:
    result = go(
        f"""
        @scenario
        async def both(user):
            there = "http://{OTHER_HOST}:{away.port}/"
            replies = await user.batch("/bytes/1", there, "/bytes/2", there, there)
            assert [reply.body for reply in replies] == [b"0", b"hello", b"01", b"hello", b"hello"]
        """,
        requests_limit=40,
    )
    assert counts(result) == {"both": (40, 0, 0)}, result.errors
    assert (result.ledger.ok, len(away.requests)) == (200, 120)
    assert away.connections == 12 if result.generator.client == "raw" else away.connections >= 12


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_an_origin_that_refuses_is_asked_with_a_backoff_and_stops_nobody_else(go: Go) -> None:
    with closed_port() as port:
        result = go(
            f"""
            @scenario
            async def lost(user):
                await user.get("http://{OTHER_HOST}:{port}/")

            @scenario
            async def lost_together(user):
                await user.batch("http://{OTHER_HOST}:{port}/", "http://{OTHER_HOST}:{port}/")
            """,
            duration_s=0.5, users=2, processes=1,
        )  # fmt: skip
    failed = sum(row.ledger.failed for row in result.requests.values())
    assert 4 <= failed < 60
    assert {error.error_class for error in result.errors} == {"connection_refused"}


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_a_timeout_of_a_request_is_its_own(go: Go) -> None:
    def stalls(_: int) -> list[Step]:
        return [ReadRequest(), Stall()]

    with FaultServer(stalls, host=OTHER_HOST) as silent:
        result = go(
            f"""
            @scenario
            async def hurried(user):
                reply = await user.get("http://{OTHER_HOST}:{silent.port}/", timeout=0.1)
                assert reply.error == "timeout"
                assert (await user.get("/delay/1", timeout=30)).ok
            """,
            requests_limit=4, timeout_s=20.0,
        )  # fmt: skip
    assert result.requests["hurried/GET /delay/1"].ledger.ok == 4
    assert [error.error_class for error in result.errors] == ["timeout"]
    assert result.duration_s < 5


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_a_batch_that_is_given_up_is_given_up_whole(go: Go, where: dict[str, Any]) -> None:
    if where["mode"] == "threads":
        pytest.skip("a thread in a system call has no ear for asyncio's timeouts")

    def stalls(_: int) -> list[Step]:
        return [ReadRequest(), Stall()]

    with FaultServer(stalls, host="127.0.0.3") as silent:
        result = go(
            f"""
            import asyncio

            @scenario
            async def impatient(user):
                await user.batch("/bytes/4", "/bytes/4", "/bytes/4")  # to make clients takes its time
                try:
                    async with asyncio.timeout(0.3):
                        await user.batch("/bytes/1", "http://127.0.0.3:{silent.port}/", "/bytes/2")
                except TimeoutError:
                    assert (await user.get("/bytes/3")).body == b"012"
            """,
            requests_limit=4, timeout_s=60.0,
        )  # fmt: skip
    ledgers = {name.removeprefix("impatient/GET "): row.ledger for name, row in result.requests.items()}
    assert (ledgers["/bytes/3"].ok, ledgers[f"http://127.0.0.3:{silent.port}/"].failed) == (4, 4)
    answered = [ledgers["/bytes/1"], ledgers["/bytes/2"]]  # on a busy machine not each in time
    assert [(part.sent, part.ok + part.failed) for part in answered] == [(4, 4), (4, 4)]


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_a_user_that_takes_part_again_connects_anew_wherever_it_sends(go: Go, away: FaultServer) -> None:
    result = go(
        f"""
        @scenario
        async def both(user):
            await user.batch("/bytes/1", "/bytes/2", "http://{OTHER_HOST}:{away.port}/")
            await user.pause(0.02)
        """,
        duration_s=0.9, users=1, processes=1,
        user_stages=(UserStage(0.3, 1, 1), UserStage(0.3, 0, 0), UserStage(0.3, 1, 1)),
    )  # fmt: skip
    assert result.ledger.failed == 0
    assert away.connections == 2
    assert result.connections.opened == 6
