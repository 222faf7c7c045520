"""What httpx as a client decides without a connection."""

import logging

import pytest

from loadgen.base.exchange import Client, ConnectionCounts, Endpoint, ErrorClass, Fields, Origin, Request
from loadgen.clients.httpx_client import AsyncHttpxClient, BlockingHttpxClient

NOWHERE = Endpoint(Origin("http", "nowhere.example", 80), addresses=())
KINDS = [BlockingHttpxClient, AsyncHttpxClient]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> type[BlockingHttpxClient] | type[AsyncHttpxClient]:
    made: type[BlockingHttpxClient] | type[AsyncHttpxClient] = request.param
    return made


def test_the_loggers_that_would_show_urls_are_raised_and_the_root_is_left_alone(
    kind: type[BlockingHttpxClient] | type[AsyncHttpxClient],
) -> None:
    root = logging.getLogger().level
    kind(NOWHERE, None, ConnectionCounts())
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
    assert logging.getLogger().level == root


def test_a_cut_before_anything_is_open_is_no_error() -> None:
    client: Client = BlockingHttpxClient(NOWHERE, None, ConnectionCounts())
    client.cut()
    with pytest.raises(StopIteration) as returned:
        client.exchange(Request(0, "GET", "/", Fields(()))).__await__().send(None)  # type: ignore[attr-defined]
    assert returned.value.value.error is ErrorClass.CUT


def test_an_endpoint_without_addresses_is_the_generators_fault() -> None:
    client: Client = BlockingHttpxClient(NOWHERE, None, ConnectionCounts())
    with pytest.raises(StopIteration) as returned:
        client.exchange(Request(0, "GET", "/", Fields(()))).__await__().send(None)  # type: ignore[attr-defined]
    assert returned.value.value.error is ErrorClass.GENERATOR
