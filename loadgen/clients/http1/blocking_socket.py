"""The socket of a blocking client: what it waits for ends at a deadline.

Deadlines of plain sockets are the kernel's own (SO_RCVTIMEO), so that a receive costs one system call.
"""

import select
import socket
import struct
from collections.abc import Callable

from loadgen.base.clock import NS_PER_S
from loadgen.base.exchange import Request
from loadgen.clients.blocking_connection import BlockingConnection
from loadgen.clients.http1.exchange import READ_BYTES

TIMED_OUT = (BlockingIOError, TimeoutError)
_SHORTEST_WAIT_NS = 1_000_000  # the kernel takes 0 for ever


class BlockingSocket(BlockingConnection):
    """`_wait_ns` is how long a receive or send may take, 0 where no bound is set; `_uses` are the requests and replies
    on this connection. `_primed` is the request that can go out as it did before, until any of that changes.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self._uses = 0
        self._wait_ns = 0
        self._primed: Request | None = None
        self._sendall: Callable[[bytes], None]
        self._recv: Callable[[int], bytes]

    def drop(self) -> None:
        super().drop()
        self._primed = None
        self._wait_ns = 0

    def _open(self, deadline: int) -> None:
        sock = self._dial.dial(deadline)
        sock.settimeout(None)
        self._sock = sock
        self._sendall, self._recv = sock.sendall, sock.recv
        self._uses = 0
        self._wait_ns = 0
        self._done_ns = self.clock()

    def _wait_until(self, deadline: int) -> None:
        """Bound the next receive or send by the deadline; raises TimeoutError when it has passed."""
        left_ns = deadline - self.clock()
        if left_ns <= 0:
            raise TimeoutError
        self._set_wait(max(left_ns, _SHORTEST_WAIT_NS))

    def _set_wait(self, wait_ns: int) -> None:
        """Bound the next receive or send by a time."""
        sock = self._sock
        assert sock is not None
        self._wait_ns = wait_ns
        self._primed = None
        if self.context is not None:
            sock.settimeout(wait_ns / NS_PER_S)
            return
        seconds, rest_ns = divmod(wait_ns, NS_PER_S)
        interval = struct.pack("@ll", seconds, rest_ns // 1000)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, interval)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, interval)

    def _check_idle(self) -> None:
        """After a pause: a connection that became readable was closed by the server, or holds what nobody asked for."""
        sock = self._sock
        assert sock is not None
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        if not poll.poll(0):
            return
        self._set_wait(_SHORTEST_WAIT_NS)
        try:
            data = sock.recv(READ_BYTES)
        except TIMED_OUT:
            return
        except OSError:
            data = b""
        if data:
            self.counts.desynced += 1
        else:
            self.counts.idle_closed += 1
        self.drop()
