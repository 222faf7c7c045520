"""Round trips by websockets. Arguments: PORT CONNECTIONS COUNT."""

import asyncio
import sys

from websockets.asyncio.client import connect


async def user(port: str, count: int) -> None:
    async with connect(f"ws://127.0.0.1:{port}/", compression=None) as socket:
        for _ in range(count):
            await socket.send("hello world!")
            await socket.recv()


async def main(port: str, connections: int, count: int) -> None:
    await asyncio.gather(*(user(port, count // connections) for _ in range(connections)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
