"""The connections of HTTP/2 on a reactor: how they open and end, and what then becomes of the requests on them."""

import ssl
from abc import ABC, abstractmethod

from loadgen.base.error_class import ErrorClass
from loadgen.clients.base import Handler
from loadgen.clients.faults import explain, why_no_reply
from loadgen.clients.http2.frames import GOAWAY, BrokenProtocolError, frame
from loadgen.clients.http2.header_decoder import Head
from loadgen.clients.http2.lane import Http2Channel, Lane
from loadgen.clients.http2.row_shapes import Shapes
from loadgen.clients.http2.session import NOT_HTTP2, Session
from loadgen.clients.http2.stream import Http2Stream
from loadgen.clients.reactor import Reactor

AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError, InterruptedError)


class Connections(ABC):
    """Those of one worker. `bytes_sent` and `bytes_lost` count by name id; `_serving` is the channel whose output is
    sent when all that came on it has been handled.
    """

    def __init__(self, reactor: Reactor, handler: Handler, names: int) -> None:
        self.bytes_sent, self.bytes_lost = [0] * names, [0] * names
        self._reactor = reactor
        self._handler = handler
        self._counts = reactor.counts
        self._clock = reactor.clock
        self._serving: Http2Channel | None = None
        self._heads: dict[bytes, Head] = {}
        self._shapes = Shapes()

    def _connect(self, lane: Lane, now: int) -> None:
        lane.channel = channel = Http2Channel(lane)
        channel.opened_before = lane.opened_before
        self._reactor.connect(channel, now)

    def _write(self, channel: Http2Channel) -> None:
        """Send what the socket takes of a channel's output."""
        session = channel.session
        if session is None or channel.sock is None:
            return
        out, send = session.out, channel.send
        while out:
            try:
                sent = send(out)
            except AGAIN:
                break
            except OSError:  # the read side tells what happened
                out.clear()
                break
            del out[:sent]
            if session.blocked:
                session.send_more()
        if channel.writes != bool(out):
            channel.writes = not channel.writes
            self._reactor.watch_writes(channel, channel.writes)

    # What comes of streams: the Owner of the sessions.

    @abstractmethod
    def replied(self, stream: Http2Stream) -> None:
        """See Owner."""

    @abstractmethod
    def alike(self, streams: list[Http2Stream], took_ns: list[int], head: Head, length: int, wire: int) -> bool:
        """See Owner."""

    @abstractmethod
    def unseen(self, stream: Http2Stream) -> None:
        """See Owner."""

    @abstractmethod
    def ready(self) -> None:
        """See Owner."""

    def failed(self, stream: Http2Stream, error: ErrorClass, detail: str) -> None:
        request = stream.request
        if request is None:
            return
        stream.session = None
        text = stream.example
        self.bytes_lost[request.name_id] += stream.wire
        stream.head, stream.wire = None, 0
        self._handler.on_error(stream, self._clock(), error, detail, text)

    # The ends of channels.

    def _broken(self, channel: Http2Channel, error: BrokenProtocolError) -> None:
        session = channel.session
        if session is not None and channel.sock is not None:
            session.out += frame(GOAWAY, 0, 0, bytes(4) + error.code.to_bytes(4, "big"))
            self._write(channel)
        self._fail_all(channel, ErrorClass.MALFORMED_REPLY, str(error))

    def _closed(self, channel: Http2Channel, error: Exception | None) -> None:
        session = channel.session
        if isinstance(error, ssl.SSLEOFError):
            error = None
        if session is not None and not session.ready:
            said = "the server closed the connection" if error is None else explain(error)
            self._fail_all(channel, ErrorClass.MALFORMED_REPLY, f"{said}; {NOT_HTTP2}")
            return
        reused = session is not None and session.replies > 0
        streams = self._take_down(channel)
        for stream in streams:
            self.failed(stream, *why_no_reply(error, reused=reused, begun=stream.head is not None))
        self._go_on(channel.lane)

    def _fail_all(self, channel: Http2Channel, error: ErrorClass, detail: str) -> None:
        """A channel has ended before its time: all that was on it, and what waited for it to open, has failed."""
        lane, session = channel.lane, channel.session
        streams = self._take_down(channel)
        if session is None or not session.ready:  # who has waited for it waits no longer
            streams += [stream for stream in lane.waiting if stream.request is not None]
            lane.waiting.clear()
        opening, lane.opening = lane.opening, []
        for stream in streams:
            self.failed(stream, error, detail)
        for stream in opening:
            self._handler.on_error(stream, self._clock(), error, detail, b"")
        self._go_on(lane)

    def _take_down(self, channel: Http2Channel) -> list[Http2Stream]:
        """Close a channel: the streams that were on it."""
        session, lane = channel.session, channel.lane
        if lane.channel is channel:
            lane.channel = None
        self._drop(channel)
        streams = [] if session is None else list(session.streams.values())
        for stream in streams:
            stream.session = None
        return streams

    def _go_on(self, lane: Lane) -> None:
        if lane.waiting and lane.channel is None:
            self._connect(lane, self._clock())

    def _drop(self, channel: Http2Channel) -> None:
        channel.state = None
        self._reactor.drop(channel)

    def drop(self, stream: Http2Stream) -> None:
        """The user leaves its place; the connection stays, for the others."""
        session = stream.session
        if session is not None and session.is_under_way(stream):
            session.give_up(stream)

    def lost(self, stream: object, error: ErrorClass, detail: str = "") -> None:
        """A stream's request is given up, or a channel did not open."""
        if isinstance(stream, Http2Channel):
            self._fail_all(stream, error, detail)
            return
        assert isinstance(stream, Http2Stream)
        session, channel = stream.session, stream.lane.channel
        if session is not None:
            session.give_up(stream)
        elif stream in stream.lane.waiting:
            stream.lane.waiting.remove(stream)
        if channel is not None and channel is not self._serving:
            self._write(channel)
        self.failed(stream, error, detail)

    # What the reactor tells.

    def opened(self, channel: Http2Channel) -> None:
        sock, lane = channel.sock, channel.lane
        if isinstance(sock, ssl.SSLSocket) and sock.selected_alpn_protocol() != "h2":
            self._fail_all(channel, ErrorClass.MALFORMED_REPLY, NOT_HTTP2)
            return
        lane.opened_before = True
        self._counts.used += 1
        channel.state = channel.session = Session(
            lane.fields, self, lane.most, self.bytes_sent, self._heads, self._shapes
        )
        self._write(channel)

    def end(self, channel: Http2Channel, sent_by_ns: int, error: ErrorClass) -> bool:
        lane, session = channel.lane, channel.session
        late: list[Http2Stream] = []
        if session is not None:
            late += [stream for stream in session.streams.values() if self._is_late(stream, sent_by_ns)]
        if lane.channel is channel:
            late += [stream for stream in lane.waiting if self._is_late(stream, sent_by_ns)]
        for stream in late:
            self.lost(stream, error)
        if session is not None and not session.ready and channel.phase_ns <= sent_by_ns:
            self._fail_all(channel, error, "the server sent no SETTINGS")
            return True
        return bool(late)

    def _is_late(self, stream: Http2Stream, sent_by_ns: int) -> bool:
        timeout_ns = None if stream.request is None else stream.request.timeout_ns
        if timeout_ns is not None:
            sent_by_ns += self._reactor.timeout_ns - timeout_ns
        return stream.sent_ns <= sent_by_ns
