"""A Handler that writes each Nth request down before it tells the users: only where a log is asked for."""

from collections.abc import Callable
from typing import Any

from loadgen.base.exchange import ErrorClass, Reply, Request
from loadgen.clients.base import Handler, StreamClient
from loadgen.clients.reactor import Reactor
from loadgen.measure.request_log import RequestLog

MakeStreams = Callable[[Reactor, Handler, int], StreamClient]


def logged(make: MakeStreams, log: RequestLog, first_user: int, *, paced: bool) -> MakeStreams:
    """The same client, whose users are told of by way of a log."""
    return lambda reactor, users, names: make(reactor, LoggedHandler(users, log, first_user, paced=paced), names)


class LoggedHandler:
    """Stands between a client and its users, of whom the first has this number in the run. `paced`: requests have an
    instant at which they are due.
    """

    def __init__(self, users: Handler, log: RequestLog, first_user: int, *, paced: bool) -> None:
        self._users = users
        self._log = log
        self._first_user = first_user
        self._paced = paced
        self.on_open = users.on_open
        self.on_batch = users.on_batch

    def on_repeat(self, stream: Any, now: int) -> Request | None:
        """The reply is that of the group."""
        if self._log.wants():
            self._write_known(stream, now)
        return self._users.on_repeat(stream, now)

    def on_alike(self, stream: Any, now: int) -> Request | None:
        """The same; its length is that of the one before."""
        if self._log.wants():
            self._write_known(stream, now)
        return self._users.on_alike(stream, now)

    def on_reply(self, stream: Any, now: int, reply: Reply) -> bool:
        """Judged here once more, since the users are at the next request when they are asked."""
        if self._log.wants():
            request = stream.request
            error = request.expect.verdict(reply.status, reply.body_length, reply.kept)
            self._write(stream, now, reply.status, reply.wire_length, error)
        return self._users.on_reply(stream, now, reply)

    def on_error(self, stream: Any, now: int, error: ErrorClass, detail: str, head: bytes) -> None:
        """Not for an opening ahead of a request."""
        if stream.request is not None and self._log.wants():
            self._write(stream, now, 0, 0, error)
        self._users.on_error(stream, now, error, detail, head)

    def _write_known(self, stream: Any, now: int) -> None:
        reply = stream.request.group.reply
        self._write(stream, now, reply.status, reply.wire_length, None)

    def _write(self, stream: Any, now: int, status: int, received: int, error: ErrorClass | None) -> None:
        due_ns = stream.due_ns if self._paced else stream.sent_ns
        self._log.add(
            stream.request.name_id,
            self._first_user + stream.user,
            (due_ns, stream.sent_ns, now),
            status,
            received,
            error,
        )
