"""A demo server inside the test's loop, and raw connections to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvloop

from loadgen.target.options import TargetOptions
from loadgen.target.server import serve

TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Got:
    """One reply: its status line's number, its fields in lower case, its body."""

    status: int
    fields: dict[str, str]
    body: bytes


class Talk:
    """One raw connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def reply(self, *, head_only: bool = False) -> Got:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("ascii")
        first, *lines = head.strip().split("\r\n")
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = 0 if head_only else int(fields.get("content-length", "0"))
        return Got(int(first.split()[1]), fields, await self._reader.readexactly(length))

    async def ask(self, path: str, method: str = "GET") -> Got:
        self.send(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return await self.reply(head_only=method == "HEAD")

    async def stats(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((await self.ask("/_stats")).body)
        return document

    async def rest(self) -> bytes:
        """Everything up to the server's close."""
        return await self._reader.read()

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[int]:
    """The port of a server inside this loop."""
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(TargetOptions(port=0, **options), lambda _, port: ready.set_result(port)))
    await asyncio.wait((task, ready), return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield ready.result()
    finally:
        task.cancel()
        await asyncio.wait((task,))


@asynccontextmanager
async def talking(port: int) -> AsyncIterator[Talk]:
    talk = Talk(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield talk
    finally:
        await talk.close()


def with_server(conversation: Callable[[Talk], Awaitable[None]], **options: Any) -> None:
    """Run a conversation over one connection to a server of its own."""

    async def whole() -> None:
        async with asyncio.timeout(TIMEOUT_S), serving(**options) as port, talking(port) as talk:
            await conversation(talk)

    run(whole())


def run(job: Awaitable[None]) -> None:
    async def awaited() -> None:
        await job

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(awaited())
