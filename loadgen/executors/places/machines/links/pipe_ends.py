"""The two ends of a pipe that carries messages. No thread waits at them: each would wake for every message."""

import asyncio
import os
import select
import stat
import threading
from collections import deque
from contextlib import suppress
from typing import IO

from loadgen.executors.places.machines.links.mailbox import Listen, Mailbox
from loadgen.executors.places.machines.links.messages import MessageReader

PIECE_BYTES = 1 << 16
"""So much a pipe holds."""


class PipeReader:
    """Reads on the loop of whoever listens; while nobody does all is left in the pipe. `stream` is raw.

    `is_noise` once something else came than messages, which is the end of them.
    """

    def __init__(self, stream: IO[bytes], *, greeting: bool = False) -> None:
        self.is_noise = False
        self._stream = stream
        self._messages = MessageReader(greeting=greeting)
        self._mailbox = Mailbox()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_over = False

    def listen(self, to: Listen | None) -> None:
        """From now on it gets what comes, on the running loop; None at the end of all. No `to`: nobody does."""
        self._let_go()
        self._mailbox.listen(to)
        if to is None or self._is_over:
            return
        self._loop = asyncio.get_running_loop()
        try:
            self._loop.add_reader(self._stream.fileno(), self._read)
        except PermissionError:  # a file, or /dev/null: nothing has to be waited for
            self._loop = None
            while not self._is_over:
                self._read()

    def close(self) -> None:
        """Nobody is to listen any more."""
        self._let_go()
        self._stream.close()

    def _read(self) -> None:
        """There is something, or the end."""
        try:
            data = os.read(self._stream.fileno(), PIECE_BYTES)
        except OSError:  # a connection that was reset, a terminal that is gone
            data = b""
        try:
            messages = self._messages.feed(data)
        except ValueError:  # somebody else writes there, too: of what follows nothing can be known
            self.is_noise, messages = True, []
        self.is_noise = self.is_noise or self._messages.is_noise
        if not data or self.is_noise:
            self._is_over = True
            self._let_go()
        for message in messages:
            self._mailbox.take(message)
        if self._is_over:
            self._mailbox.take(None)

    def _let_go(self) -> None:
        if self._loop is not None:
            self._loop.remove_reader(self._stream.fileno())
            self._loop = None


class PipeWriter:
    """Never waits, on any thread: what the pipe does not take at once a thread writes. `stream` is raw.

    The pipe may be another process's as well, and is left as it is: it blocks.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._rest: deque[memoryview] = deque()
        self._writer: threading.Thread | None = None
        self._is_closed = False
        self._poll: select.poll | None = None
        if stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode):
            self._poll = select.poll()
            self._poll.register(stream.fileno(), select.POLLOUT)

    def send(self, data: bytes) -> None:
        """Behind all that was sent before. After the end it does nothing."""
        with self._lock:
            if self._is_closed:
                return
            rest = memoryview(data)
            if self._writer is None:
                rest = self._written(rest)
            if rest:
                self._rest.append(rest)
                if self._writer is None:
                    self._writer = threading.Thread(target=self._write, daemon=True)
                    self._writer.start()

    def close(self) -> None:
        """When all is written."""
        with self._lock:
            self._is_closed = True
            if self._writer is None:
                self._stream.close()

    def wait(self, within_s: float) -> None:
        """After `close`, until all is written; nobody may be there to read it."""
        if (writer := self._writer) is not None:
            writer.join(within_s)

    def _written(self, data: memoryview) -> memoryview:
        """What is left of it. A pipe that is ready takes so many bytes without a wait (pipe(7): PIPE_BUF)."""
        with suppress(OSError):
            while data and self._poll is not None and self._poll.poll(0):
                data = data[os.write(self._stream.fileno(), data[: select.PIPE_BUF]) :]
            return data
        return data[:0]  # it is gone; whoever reads sees that

    def _write(self) -> None:
        while True:
            with self._lock:
                if not self._rest:
                    self._writer = None
                    if self._is_closed:
                        self._stream.close()
                    return
                data = self._rest.popleft()
            with suppress(OSError):  # a pipe nobody reads, a connection that was reset, a disk that is full
                while data:
                    data = self._some_written(data)

    def _some_written(self, data: memoryview) -> memoryview:
        """What is left of it. It waits also where another process has set that this end does not."""
        try:
            return data[os.write(self._stream.fileno(), data) :]
        except BlockingIOError:
            poll = select.poll()
            poll.register(self._stream.fileno(), select.POLLOUT)
            poll.poll()
            return data
