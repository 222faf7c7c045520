"""httpx over HTTP/2. Arguments: URL CONNECTIONS STREAMS COUNT."""

import asyncio
import sys
from collections.abc import Iterator

import httpx


async def user(client: httpx.AsyncClient, url: str, tickets: Iterator[int]) -> None:
    for _ in tickets:
        await client.get(url)


async def main(url: str, connections: int, streams: int, count: int) -> None:
    tickets = iter(range(count))
    clients = [httpx.AsyncClient(http1=False, http2=True, verify=False, timeout=30) for _ in range(connections)]
    await asyncio.gather(*(user(client, url, tickets) for client in clients for _ in range(streams)))
    for client in clients:
        await client.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
