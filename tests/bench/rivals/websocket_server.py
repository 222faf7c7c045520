"""An echo server of WebSocket messages. Argument: PORT."""

import asyncio
import sys

import websockets.asyncio.server as websockets


async def echo(socket: websockets.ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)


async def main(port: int) -> None:
    async with websockets.serve(echo, "127.0.0.1", port, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
