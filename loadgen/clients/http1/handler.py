"""What the reactor tells, and whom."""

from typing import Protocol

from loadgen.base.exchange import ErrorClass, Reply, Request
from loadgen.clients.http1.connection import Connection


class Handler(Protocol):
    """Told what happened, once for each request sent; it may send the next one from inside the call.

    Before each call the connection is ready for `send`: idle if it is still open, else closed and reopened by it.
    """

    def on_open(self, connection: Connection) -> None:
        """A connection opened ahead of its first request."""

    def on_repeat(self, connection: Connection, now: int) -> Request | None:
        """A reply that equals, byte for byte, the request's `cache.data`; what to send next at once, if anything."""

    def on_alike(self, connection: Connection, now: int) -> Request | None:
        """One that says the same as the last one in other words; the same as `on_repeat`, but `done` is told."""

    def on_reply(self, connection: Connection, now: int, reply: Reply) -> None:
        """Any other complete reply."""

    def on_error(self, connection: Connection, now: int, error: ErrorClass, detail: str, head: bytes) -> None:
        """The request in flight failed; with no `connection.request`, an opening ahead of it did."""

    def on_desync(self, connection: Connection) -> None:
        """Bytes came after the end of a reply; the connection is closed."""

    def on_batch(self) -> None:
        """All that was ready has been handled."""
