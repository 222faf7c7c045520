"""A server that does exactly what its script says, well or badly, over real sockets on loopback.

    with FaultServer(lambda connection: [ReadRequest(), Send(b"HTTP/1.1 200"), Reset()]) as server:
        ...  # a client talks to server.port
    assert server.requests[0].raw.startswith(b"GET / ")

Steps block only until they are done or the server ends; leaving the context ends every thread and closes every socket.
"""

import errno
import socket
import ssl
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from tests.support.steps import (
    AwaitClose,
    Close,
    EndSending,
    Gate,
    Pass,
    ReadHead,
    ReadRequest,
    Reset,
    Send,
    Stall,
    Step,
    Tell,
)

HEAD_END = b"\r\n\r\n"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


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


class FaultServer:
    """`script(n)` gives the steps of the nth connection, from 0; with `tls` a handshake comes first."""

    def __init__(
        self, script: Callable[[int], Sequence[Step]], tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.host = host
        self.requests: list[Recorded] = []
        self.connections = 0
        self._script = script
        self._tls = tls
        self._stopping = Event()
        self._lock = Lock()
        self._open: list[socket.socket] = []
        self._gates: list[Gate] = []
        self._threads: list[Thread] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server((self.host, 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = Thread(target=self._accept, name="fault-server")
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        with self._lock:
            for gate in self._gates:
                gate.open()
            for connection in self._open:
                _wake(connection)
        for thread in self._threads:
            thread.join()

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}"

    def join_connections(self) -> None:
        """Wait until the scripts of all connections so far have ended; each must be able to."""
        for thread in tuple(self._threads):
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError as error:
                if error.errno == errno.EMFILE:  # a test has taken them all, for the moment
                    continue
                return  # shut down
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            index, self.connections = self.connections, self.connections + 1
            steps = tuple(self._script(index))
            with self._lock:
                self._open.append(connection)
                self._gates.extend(step.gate for step in steps if isinstance(step, Pass))
            thread = Thread(target=self._run, args=(connection, index, steps), name=f"fault-server-{index}")
            self._threads.append(thread)
            thread.start()

    def _run(self, raw: socket.socket, index: int, steps: tuple[Step, ...]) -> None:
        """Play the script. A client that goes away ends it, as does the end of the server."""
        connection = raw
        try:
            with suppress(OSError):
                if self._tls is not None:
                    connection = wrapped = self._wrapped(raw, self._tls)
                    wrapped.do_handshake()
                reader = _Reader(connection)
                for step in steps:
                    if self._stopping.is_set() or not self._play(step, connection, reader, index):
                        break
        finally:
            with self._lock:
                self._open.remove(connection)
                connection.close()

    def _wrapped(self, raw: socket.socket, tls: ssl.SSLContext) -> ssl.SSLSocket:
        """The TLS socket in the place of the plain one, which it takes over; its handshake is still to come."""
        with self._lock:
            wrapped = tls.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
            self._open[self._open.index(raw)] = wrapped
        return wrapped

    def _play(self, step: Step, connection: socket.socket, reader: "_Reader", index: int) -> bool:
        """Whether the script goes on."""
        match step:
            case ReadRequest() | ReadHead():
                raw = reader.request() if isinstance(step, ReadRequest) else reader.head()
                if raw is None:
                    return False
                self.requests.append(Recorded(index, raw))
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
                self._stopping.wait()
            case Reset():
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                return False
            case Close():
                return False
        return True


class _Reader:
    """Takes requests off a connection; None stands for a client that closed before the end of one."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._data = b""

    def head(self) -> bytes | None:
        while HEAD_END not in self._data:
            if not self._more():
                return None
        return self._take(self._data.index(HEAD_END) + len(HEAD_END))

    def request(self) -> bytes | None:
        head = self.head()
        if head is None:
            return None
        fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if line)
        if fields.get(b"transfer-encoding", b"").strip() == b"chunked":
            body = self._chunks()
        else:
            body = self._exactly(int(fields.get(b"content-length", b"0")))
        return None if body is None else head + body

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


def _wake(connection: socket.socket) -> None:
    """End a blocked recv or send of another thread; the plain method, as TLS's own forgets the session under it."""
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


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
