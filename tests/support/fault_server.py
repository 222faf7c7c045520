"""A server that does exactly what its script says, well or badly, over real sockets on loopback.

    with FaultServer(lambda connection: [ReadRequest(), Send(b"HTTP/1.1 200"), Reset()]) as server:
        ...  # a client talks to server.port
    assert server.requests[0].raw.startswith(b"GET / ")

Steps block only until they are done or the server ends; leaving the context ends every thread and closes every socket.
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial

from tests.support.listener import Listener, Talk, reset_on_close
from tests.support.steps import (
    AwaitClose,
    Close,
    EndSending,
    Gate,
    Pass,
    ReadBody,
    ReadHead,
    ReadRequest,
    Reset,
    Send,
    Stall,
    Step,
    Tell,
)

HEAD_END = b"\r\n\r\n"
TLS_HELLO = b"\x16"
"""A run whose requests fail asks at its end whether TLS is spoken there, and waits a second for the answer."""


@dataclass(frozen=True)
class Recorded:
    """One request as it came, byte for byte, and the index of its connection."""

    connection: int
    raw: bytes

    @property
    def head(self) -> bytes:
        return self.raw.partition(HEAD_END)[0]

    @property
    def body(self) -> bytes:
        """What came after the head, chunk framing included."""
        return self.raw.partition(HEAD_END)[2]


class FaultServer(Listener):
    """`script(n)` gives the steps of the nth connection, from 0; with `tls` a handshake comes first."""

    def __init__(
        self, script: Callable[[int], Sequence[Step]], tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        super().__init__(tls, host)
        self.requests: list[Recorded] = []
        self._script = script
        self._gates: list[Gate] = []

    @property
    def url(self) -> str:
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}"

    def accepted(self, index: int) -> Talk:
        steps = tuple(self._script(index))
        self._gates.extend(step.gate for step in steps if isinstance(step, Pass))
        return partial(self._run_steps, steps)

    def release(self) -> None:
        for gate in self._gates:
            gate.open()

    def _run_steps(self, steps: tuple[Step, ...], raw: socket.socket, index: int) -> None:
        """Play the script. A client that goes away ends it, as does the end of the server."""
        connection = self.secured(raw, index)
        reader = _Reader(connection)
        for step in steps:
            if self.stopping.is_set() or not self._play(step, connection, reader, index):
                break

    def _play(self, step: Step, connection: socket.socket, reader: "_Reader", index: int) -> bool:
        """Whether the script goes on."""
        match step:
            case ReadRequest() | ReadHead():
                raw = reader.request() if isinstance(step, ReadRequest) else reader.head()
                if raw is None:
                    return False
                self.requests.append(Recorded(index, raw))
            case ReadBody():
                head = self.requests[-1].raw
                body = reader.body(head)
                if body is None:
                    return False
                self.requests[-1] = Recorded(index, head + body)
            case Send(data, sizes):
                for piece in _pieces(data, sizes):
                    connection.sendall(piece)
            case Pass(gate):
                gate.wait()
            case Tell(gate):
                gate.open()
            case EndSending():
                connection.shutdown(socket.SHUT_WR)
            case AwaitClose():
                reader.drain()
            case Stall():
                self.stopping.wait()
            case Reset():
                reset_on_close(connection)
                return False
            case Close():
                return False
        return True


class _Reader:
    """Takes requests off a connection; None stands for a client that closed before the end of one, or speaks TLS."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._data = b""

    def head(self) -> bytes | None:
        while HEAD_END not in self._data:
            if not self._more() or self._data[:1] == TLS_HELLO:
                return None
        return self._take(self._data.index(HEAD_END) + len(HEAD_END))

    def request(self) -> bytes | None:
        head = self.head()
        body = None if head is None else self.body(head)
        return None if head is None or body is None else head + body

    def body(self, head: bytes) -> bytes | None:
        """What follows a head."""
        fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if line)
        if fields.get(b"transfer-encoding", b"").strip() == b"chunked":
            return self._chunks()
        return self._exactly(int(fields.get(b"content-length", b"0")))

    def drain(self) -> None:
        while self._more():
            self._data = b""

    def _chunks(self) -> bytes | None:
        """All chunks up to the empty one, framing included; trailers are not expected."""
        whole = b""
        while True:
            while b"\r\n" not in self._data:
                if not self._more():
                    return None
            size = int(self._data.partition(b"\r\n")[0].partition(b";")[0], 16)
            chunk = self._exactly(self._data.index(b"\r\n") + 2 + size + 2)
            if chunk is None:
                return None
            whole += chunk
            if size == 0:
                return whole

    def _exactly(self, length: int) -> bytes | None:
        while len(self._data) < length:
            if not self._more():
                return None
        return self._take(length)

    def _take(self, length: int) -> bytes:
        taken, self._data = self._data[:length], self._data[length:]
        return taken

    def _more(self) -> bool:
        data = self._connection.recv(65536)
        self._data += data
        return bool(data)


def _pieces(data: bytes, sizes: tuple[int, ...]) -> Iterator[bytes]:
    for size in sizes:
        yield data[:size]
        data = data[size:]
    if data:
        yield data


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that refuses connections: bound, so that nobody else gets it, but not listening."""
    with closing(socket.socket()) as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


@contextmanager
def black_hole() -> Iterator[int]:
    """A port whose connects hang: it listens, never accepts, and its queue is full. Linux drops further SYNs."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        stack.enter_context(socket.create_connection(listener.getsockname()))
        yield listener.getsockname()[1]
