"""Handlers between a client and its users, which look at each request as it ends: only where that is asked for."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.base.reply import Reply
from loadgen.clients.base import Handler, StreamClient
from loadgen.clients.reactor import Reactor
from loadgen.measure.request_log import RequestLog
from loadgen.measure.slowest import Slowest

MakeStreams = Callable[[Reactor, Handler, int], StreamClient]
Watching = Callable[[Handler], Handler]
"""Puts a handler in front of another."""


def watched(make: MakeStreams, *watching: Watching) -> MakeStreams:
    """The same client, whose users are told of by way of these."""

    def made(reactor: Reactor, users: Handler, names: int) -> StreamClient:
        for watch in watching:
            users = watch(users)
        return make(reactor, users, names)

    return made


class WatchingHandler(ABC):
    """`paced`: requests have an instant at which they are due. What comes of each request goes to `_ended` before the
    users are told, who may send the next one on the stream.
    """

    def __init__(self, users: Handler, first_user: int, *, paced: bool) -> None:
        self._users = users
        self._first_user = first_user
        self._paced = paced
        self.on_open = users.on_open
        self.on_batch = users.on_batch

    def on_repeat(self, stream: Any, now: int) -> Request | None:
        """The reply is that of the group."""
        self._known(stream, now)
        return self._users.on_repeat(stream, now)

    def on_repeats(self, streams: list[Any], took_ns: list[int], now: int) -> bool:
        """Each is looked at."""
        del streams, took_ns, now
        return False

    def on_alike(self, stream: Any, now: int) -> Request | None:
        """The same, though its values are others."""
        self._known(stream, now)
        return self._users.on_alike(stream, now)

    def on_reply(self, stream: Any, now: int, reply: Reply) -> bool:
        """Any other."""
        if self._wants(stream, now):
            error = stream.request.expect.judge(reply, now - stream.sent_ns)
            self._ended(stream, now, reply, error)
        return self._users.on_reply(stream, now, reply)

    def on_error(self, stream: Any, now: int, error: ErrorClass, detail: str, head: bytes) -> None:
        """Not for an opening ahead of a request."""
        if stream.request is not None and self._wants(stream, now):
            self._ended(stream, now, None, error)
        self._users.on_error(stream, now, error, detail, head)

    def _known(self, stream: Any, now: int) -> None:
        if self._wants(stream, now):
            self._ended(stream, now, stream.request.group.reply, None)

    def _instants_ns(self, stream: Any, now: int) -> tuple[int, int, int]:
        return (stream.due_ns if self._paced else stream.sent_ns, stream.sent_ns, now)

    @abstractmethod
    def _wants(self, stream: Any, now: int) -> bool:
        """Whether this one matters; asked once for each."""

    @abstractmethod
    def _ended(self, stream: Any, now: int, reply: Reply | None, error: ErrorClass | None) -> None:
        """It does."""


class LoggedHandler(WatchingHandler):
    """Each Nth request is written down."""

    def __init__(self, users: Handler, log: RequestLog, first_user: int, *, paced: bool) -> None:
        super().__init__(users, first_user, paced=paced)
        self._log = log

    def _wants(self, stream: Any, now: int) -> bool:
        return self._log.wants()

    def _ended(self, stream: Any, now: int, reply: Reply | None, error: ErrorClass | None) -> None:
        status, received = (0, 0) if reply is None else (reply.status, reply.wire_length)
        user = self._first_user + stream.user
        self._log.add(stream.request.name_id, user, self._instants_ns(stream, now), status, received, error)


class SlowestHandler(WatchingHandler):
    """The slowest of each name are kept."""

    def __init__(self, users: Handler, slowest: Slowest, first_user: int, *, paced: bool) -> None:
        super().__init__(users, first_user, paced=paced)
        self._slowest = slowest

    def _wants(self, stream: Any, now: int) -> bool:
        due_ns = stream.due_ns if self._paced else stream.sent_ns
        return self._slowest.wants(stream.request.name_id, now - due_ns)

    def _ended(self, stream: Any, now: int, reply: Reply | None, error: ErrorClass | None) -> None:
        status, received, head = (0, 0, b"") if reply is None else (reply.status, reply.wire_length, reply.head)
        self._slowest.add(
            stream.request, self._first_user + stream.user, self._instants_ns(stream, now), status, received, error,
            head, reused=stream.reused,
        )  # fmt: skip
