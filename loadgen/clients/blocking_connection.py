"""One virtual user's blocking connection, whatever is spoken on it: how it opens and ends, and a cut from outside."""

import socket

from loadgen.base.clock import s_to_ns
from loadgen.base.error_class import ErrorClass
from loadgen.clients.dial import Connector, Dial, DialWatcher
from loadgen.clients.faults import connect_error


class BlockingConnection(Connector):
    """`cut` may come from any thread; all else belongs to the user's. `_done_ns` is when it was last of use."""

    def __post_init__(self) -> None:
        endpoint = self.endpoint
        self._timeout_ns = s_to_ns(endpoint.timeout_s)
        self._connect_timeout_ns = s_to_ns(endpoint.connect_timeout_s)
        self._dial = Dial(endpoint, self.context, self.counts, self.clock, self.addresses)
        self._sock: socket.socket | None = None
        self._done_ns = 0
        self._cut = False

    def watch(self, watcher: DialWatcher) -> None:
        """Have it told of each connection that opens."""
        self._dial.watcher = watcher

    def cut(self) -> None:
        """End a running exchange from another thread: its receive sees the end of the stream."""
        self._cut = True
        self._dial.cut()

    def stop(self) -> None:
        """End a running exchange from another thread, as that of a request whose sink has enough."""
        self._dial.stop()

    def drop(self) -> None:
        """Close the connection, if there is one."""
        if self._sock is not None:
            self._dial.remember(self._sock)
            self._sock.close()
            self._sock = None

    async def close(self) -> None:
        self.drop()

    def _not_opened(self, error: OSError, timeout_ns: int) -> ErrorClass:
        """The class of what ended an opening within a request's time: all of that, or only the part for connects."""
        kind = connect_error(error)
        return (
            ErrorClass.TIMEOUT
            if kind is ErrorClass.CONNECT_TIMEOUT and timeout_ns <= self._connect_timeout_ns
            else kind
        )

    def _ended(self, error: ErrorClass, detail: str) -> tuple[ErrorClass, str]:
        """Close a connection on which a request has failed: what is to be said of it."""
        self.drop()
        self._done_ns = self.clock()
        return (ErrorClass.CUT, "") if self._cut else (error, detail)
