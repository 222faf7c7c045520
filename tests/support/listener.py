"""What test servers have in common: they listen on loopback, and give each connection a thread of its own."""

import errno
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
JOIN_S = 30.0
"""No script takes so long once its server ends and its connections are shut."""

Talk = Callable[[socket.socket, int], None]
"""What is done with a connection, whose index is given, in its thread. An OSError ends it."""


class Listener:
    """A context; at its end `stopping` is set, connections are shut, and threads and sockets are gone."""

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.host = host
        self.connections = 0
        self.last_peer: tuple[str, int] | None = None
        self.tls = tls
        self.stopping = Event()
        self.lock = Lock()
        self._open: dict[int, socket.socket] = {}
        self._threads: list[Thread] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server((self.host, 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = Thread(target=self._accept, name="acceptor", daemon=True)
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(JOIN_S)
        self._listener.close()
        self.release()
        with self.lock:
            for connection in self._open.values():
                with suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)  # TLS's own would forget the session
        self.join_connections()

    def join_connections(self) -> None:
        """Wait until all connections so far have ended; each must be able to."""
        for thread in tuple(self._threads):
            thread.join(JOIN_S)

    def accepted(self, index: int) -> Talk:
        """What is done with connection `index`, from 0; asked in their order."""
        raise NotImplementedError

    def release(self) -> None:
        """Let go on what waits for something else than its connection or `stopping`."""

    def secured(self, raw: socket.socket, index: int) -> socket.socket:
        """The connection after its TLS handshake, in the place of the plain one; itself where there is no TLS."""
        if self.tls is None:
            return raw
        with self.lock:
            wrapped = self.tls.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
            self._open[index] = wrapped
        wrapped.do_handshake()
        return wrapped

    def settle(self) -> None:
        """Wait until all connections so far are over, as those of a program that has ended are soon."""
        for thread in tuple(self._threads):
            if thread.ident is not None:  # else it has not begun, and is of none so far
                thread.join(JOIN_S)

    def _accept(self) -> None:
        while True:
            try:
                connection, peer = self._listener.accept()
            except OSError as error:
                if error.errno == errno.EMFILE:  # a test has taken them all, for the moment
                    continue
                return  # shut down
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            index, self.connections = self.connections, self.connections + 1
            talk = self.accepted(index)
            with self.lock:
                self._open[index] = connection
            thread = Thread(target=self._run, args=(talk, index), name=f"connection-{index}", daemon=True)
            self._threads.append(thread)
            self.last_peer = peer
            thread.start()

    def _run(self, talk: Talk, index: int) -> None:
        try:
            with suppress(OSError):
                talk(self._open[index], index)
        finally:
            with self.lock:
                self._open.pop(index).close()


def reset_on_close(connection: socket.socket) -> None:
    """Closing it will be a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
