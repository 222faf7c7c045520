"""What stands between users and sockets: users send on Streams, a WireProtocol speaks on a reactor's channels.

Over HTTP/1.1 a stream is a connection; a protocol that binds several streams to a channel has other objects for them.
"""

from typing import Any, Protocol

from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.base.reply import Reply


class Stream(Protocol):
    """Where one virtual user sends, one request at a time. All instants are CLOCK_MONOTONIC nanoseconds.

    `request` is the one in flight, or waiting for a channel; `sent_ns` its start. With `Endpoint.phases`,
    `first_byte_ns` is when the reply began. The users' own: `user`, when the request should have started (`due_ns`),
    and how long to wait before the next (`backoff_ns`).
    """

    user: int
    request: Request | None
    sent_ns: int
    first_byte_ns: int
    due_ns: int
    backoff_ns: int

    @property
    def reused(self) -> bool:
        """Whether the connection of the last request had carried another before."""


class Handler(Protocol):
    """Told what happened, once for each request sent; it may send the next one from inside the call.

    Before each call the stream is ready for `send`, which opens a channel where there is none.
    """

    def on_open(self, stream: Any) -> None:
        """A channel opened ahead of the stream's first request."""

    def on_repeat(self, stream: Any, now: int) -> Request | None:
        """A reply that equals, byte for byte, the last one to the request's group; what to send next at once, on this
        stream."""

    def on_alike(self, stream: Any, now: int) -> Request | None:
        """One that says the same as one before in other words, about which the group has been told; as `on_repeat`."""

    def on_repeats(self, streams: list[Any], took_ns: list[int], now: int) -> bool:
        """Many that `on_repeat` would be told, to one request, and how long each took: whether all of them are to send
        it again at once. False: nothing is done, each is to be told by itself. The streams' `sent_ns` may be older."""
        ...

    def on_reply(self, stream: Any, now: int, reply: Reply) -> bool:
        """Any other complete reply; whether it is good, and the next one like it may be told as such."""

    def on_error(self, stream: Any, now: int, error: ErrorClass, detail: str, head: bytes) -> None:
        """The request in flight failed; with no `request`, an opening ahead of it did."""

    def on_batch(self) -> None:
        """All that was ready has been handled."""


class StreamClient(Protocol):
    """What users send through. `bytes_sent`, and `bytes_lost` of replies that failed, count by name id."""

    bytes_sent: list[int]
    bytes_lost: list[int]

    def stream(self, user: int, origin: Origin | None = None) -> Stream:
        """Another stream of a user, for requests to one origin; None: the endpoint's. It belongs to this client."""

    def open(self, stream: Any) -> None:
        """Connect ahead of a request; ends in `on_open` or `on_error`."""

    def send(self, stream: Any, request: Request, now: int) -> None:
        """Start a request at `now`, opening a channel first where there is none. The stream is not busy."""

    def drop(self, stream: Any) -> None:
        """Close the stream's channel."""

    def lost(self, stream: Any, error: ErrorClass, detail: str = "") -> None:
        """Give up the request in flight: it has failed, and its channel is closed."""

    def stop(self, stream: Any) -> None:
        """End the request in flight, whose sink has enough: its reply is what came. One without a reply is cut."""


class WireProtocol(Protocol):
    """What is spoken on a reactor's channels, which are of the protocol's own kind of Channel."""

    def serve(self, ready: list[tuple[int, int]]) -> None:
        """One batch of events by descriptor; those of channels that are not open go to `Reactor.progress`."""

    def opened(self, channel: Any) -> None:
        """A channel is open, its handshake done."""

    def lost(self, channel: Any, error: ErrorClass, detail: str) -> None:
        """A channel did not open."""

    def end(self, channel: Any, sent_by_ns: int, error: ErrorClass) -> bool:
        """Fail the requests bound to a channel that were sent by then; whether there was one.

        Those with a timeout of their own: by then and the difference to the endpoint's.
        """

    def on_sweep(self, now: int) -> None:
        """Deadlines were looked at: do what else is due."""

    def on_batch(self) -> None:
        """All that was ready has been handled."""
