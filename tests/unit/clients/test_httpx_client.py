"""What httpx as a client decides without a connection."""

import logging
import subprocess
import sys

import pytest

from loadgen.base.endpoint import Endpoint, Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Client, ConnectionCounts, Fields, Request
from loadgen.clients.httpx_client import AsyncHttpxClient, BlockingHttpxClient

NOWHERE = Endpoint(Origin("http", "nowhere.example", 80), addresses=())
KINDS = [BlockingHttpxClient, AsyncHttpxClient]
LOADED_BY_A_REQUEST = """
import asyncio, socket, sys
from loadgen.base.endpoint import Endpoint, Origin
from loadgen.base.exchange import ConnectionCounts, Fields, Request
from loadgen.clients.httpx_client import AsyncHttpxClient

async def serve(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    writer.write(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")

async def main():
    address = (await asyncio.start_server(serve, "127.0.0.1", 0)).sockets[0].getsockname()
    endpoint = Endpoint(Origin("http", *address), addresses=((socket.AF_INET, address),))
    client = AsyncHttpxClient(endpoint, None, ConnectionCounts())
    before = set(sys.modules)
    outcome = await client.exchange(Request(0, "GET", "/", Fields(())))
    print(outcome.reply.status, *set(sys.modules) - before)

asyncio.run(main())
"""


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


def test_the_first_request_loads_no_module() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED_BY_A_REQUEST], capture_output=True, text=True, check=True)
    assert done.stdout == "204\n"
