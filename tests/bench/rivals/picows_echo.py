"""Round trips by picows, where it is installed. Arguments: PORT CONNECTIONS COUNT."""

import asyncio
import sys
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect


class User(WSListener):  # type: ignore[misc]
    """Sends the next message when the last is answered."""

    def __init__(self, count: int) -> None:
        self.left = count

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.send(transport)

    def on_ws_frame(self, transport: WSTransport, _frame: WSFrame) -> None:
        self.send(transport)

    def send(self, transport: Any) -> None:
        self.left -= 1
        if self.left < 0:
            transport.disconnect()
        else:
            transport.send(WSMsgType.TEXT, b"hello world!")


async def main(port: str, connections: int, count: int) -> None:
    opening = [ws_connect(lambda: User(count // connections), f"ws://127.0.0.1:{port}/") for _ in range(connections)]
    for transport, _ in await asyncio.gather(*opening):
        await transport.wait_disconnected()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
