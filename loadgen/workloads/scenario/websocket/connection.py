"""The connection of a WebSocket: how it opens, what comes over it, and how it ends."""

import asyncio
import os
import ssl
from collections import deque
from typing import Any

from loadgen.base.clock import Clock
from loadgen.base.endpoint import Origin
from loadgen.workloads.scenario.websocket.frames import (
    ABNORMAL,
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    BrokenFramesError,
    FrameReader,
    FrameWriter,
    Message,
    closing,
)
from loadgen.workloads.scenario.websocket.handshake import HEAD_END, MOST_HEAD_BYTES, Opening, RefusedError
from loadgen.workloads.scenario.websocket.waiting import Waiting


class Connection(Waiting, asyncio.Protocol):
    """`_received` are messages and when they came, `_problem` is what it failed of. `closed` is the code by which it
    was closed, or None.
    """

    __slots__ = (
        "_context", "_fd", "_head", "_opening", "_origin", "_problem", "_reader", "_received", "_transport", "_writer",
        "closed", "closed_because",
    )  # fmt: skip

    def __init__(self, origin: Origin, context: ssl.SSLContext | None, opening: Opening, clock: Clock) -> None:
        super().__init__(clock)
        self.closed: int | None = None
        self.closed_because = ""
        self._origin = origin
        self._context = context
        self._opening = opening
        self._transport: asyncio.Transport | None = None
        self._head: bytes | None = b""  # of the reply to the opening, until it is whole
        self._reader: FrameReader
        self._writer: FrameWriter
        self._received: deque[tuple[str | bytes, int]] = deque()
        self._problem = ""

    async def _connected(self) -> str:
        """What it failed of, or nothing. Where the run ends before that is known, nobody is there for an exception."""
        name = self._origin.host if self._context is not None else None
        try:
            await self._loop.create_connection(
                lambda: self, self._origin.host, self._origin.port, ssl=self._context, server_hostname=name
            )
        except OSError as error:
            return error.strerror or str(error)
        return ""

    # What the transport tells.

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._fd = -1 if self._context is not None else transport.get_extra_info("socket").fileno()
        transport.write(self._opening.request)

    def data_received(self, data: bytes) -> None:
        came_ns = self._clock()
        if self._head is not None:
            data = self._read_head(data)
            if self._head is not None or self._problem:
                self._wake()
                return
        reader = self._reader
        try:
            if data == reader.last:
                self._received.append((reader.last_text, came_ns))
            elif (text := reader.text(data)) is not None:
                self._received.append((text, came_ns))
            else:
                for message in reader.feed(data):
                    self._take(message, came_ns)
        except BrokenFramesError as error:
            self._problem = str(error)
            if self._transport is not None:
                self._transport.write(self._writer.frame(CLOSE, closing(error.code)))
            self._end()
        if self._waiter is self._signal:  # `_wake` in place
            self._waiter = None
            self._signal.tell(came_ns)
        else:
            self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        if self.closed is None:
            self.closed = ABNORMAL
            self.closed_because = "" if error is None else str(error)
            if self._head is not None and not self._problem:
                self._problem = "the server closed the connection"
        self._transport = None
        self._wake()

    def _read_head(self, data: bytes) -> bytes:
        """Take what belongs to the reply's head; the rest is of frames."""
        assert self._head is not None
        head = self._head + data
        end = head.find(HEAD_END)
        if end < 0:
            self._head = head
            if len(head) > MOST_HEAD_BYTES:
                self._problem = "the head of the reply does not end"
            return b""
        end += len(HEAD_END)
        try:
            self._opening.read(head[:end])
        except RefusedError as error:
            self._problem = str(error)
            return b""
        self._head = None
        opening = self._opening
        self._reader = FrameReader(deflate=opening.deflate, keeps=opening.keeps_theirs)
        self._writer = FrameWriter(deflate=opening.deflate, keeps=opening.keeps_ours)
        return head[end:]

    def _take(self, message: Message, came_ns: int) -> None:
        transport = self._transport
        if message.kind in (TEXT, BINARY):
            self._received.append((message.data.decode() if message.kind == TEXT else message.data, came_ns))
        elif message.kind == PING and transport is not None:
            transport.write(self._writer.frame(PONG, message.data))
        elif message.kind == CLOSE:
            if self.closed is None and transport is not None:
                transport.write(self._writer.frame(CLOSE, message.data and closing(message.code)))
            self.closed, self.closed_because = message.code, message.data.decode()
            self._end()

    def _write(self, data: bytes) -> None:
        """At once where the socket takes it: a transport may wait for the end of the loop's turn."""
        transport = self._transport
        assert transport is not None
        if self._fd >= 0 and not transport.get_write_buffer_size() and not transport.is_closing():
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:
                pass
            except OSError:  # the transport will hear of it
                self._fd = -1
        if data:
            transport.write(data)

    def _end(self) -> None:
        self._wait_no_more()
        if self._transport is not None:
            self._transport.close()
