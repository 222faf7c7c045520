"""What a WebSocket waits for, in virtual time."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from loadgen.base.clock import NS_PER_S
from loadgen.base.endpoint import Origin
from loadgen.workloads.scenario.failures import JourneyEndedError
from loadgen.workloads.scenario.websocket.socket import WebSocket
from tests.support.fakes import VirtualClock, run_virtually


class Transport:
    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        pass

    def get_extra_info(self, _name: str) -> Any:
        return SimpleNamespace(fileno=lambda: -1)


def opened(clock: VirtualClock, noted: list[tuple[str, int]]) -> WebSocket:
    """One whose server agrees at once."""
    opening: Any = SimpleNamespace(
        request=b"", read=lambda _head: None, deflate=False, keeps_ours=True, keeps_theirs=True, subprotocol=""
    )
    socket = WebSocket(
        Origin("http", "host", 80), None, opening, lambda part, _error, ns, _detail: noted.append((part, ns)), clock, 10
    )

    async def connect(*_arguments: object, **_options: object) -> None:
        socket.connection_made(Transport())
        socket.data_received(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")

    asyncio.get_running_loop().create_connection = connect  # type: ignore[assignment, method-assign]
    return socket


def test_each_wait_has_its_own_end_whichever_comes_first() -> None:
    clock, noted = VirtualClock(), list[tuple[str, int]]()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with opened(clock, noted) as socket:
            loop.call_later(0.25, socket.data_received, b"\x81\x01a")
            assert await socket.request("1", timeout=1) == "a"
            loop.call_later(2, socket.data_received, b"\x81\x01b")
            assert await socket.request("2", timeout=30) == "b"
            began_ns = clock()
            with pytest.raises(JourneyEndedError, match=r"no message within 0\.5 s"):
                await socket.receive(timeout=0.5)
            assert clock() - began_ns == NS_PER_S // 2
            socket.closed = 1000

    run_virtually(clock, main())
    assert noted == [("open", 0), ("message", NS_PER_S // 4), ("message", 2 * NS_PER_S), ("message", NS_PER_S // 2)]
