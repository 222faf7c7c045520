"""HTTP/2 on a reactor: many users' streams on each connection, whole batches of them in one recv and one send."""

import ssl

from loadgen.base.exchange import ErrorClass, Origin, Reply, Request
from loadgen.clients.base import Handler
from loadgen.clients.destinations import Destination
from loadgen.clients.faults import explain, why_no_reply
from loadgen.clients.http2.frames import GOAWAY, BrokenProtocolError, frame
from loadgen.clients.http2.header_encoder import Fields
from loadgen.clients.http2.known_reply import remember, show
from loadgen.clients.http2.lane import Http2Channel, Lane
from loadgen.clients.http2.session import MOST_TRIES, NOT_HTTP2, READ_BYTES, Session
from loadgen.clients.http2.stream import Http2Stream
from loadgen.clients.poller import OUT
from loadgen.clients.reactor import Reactor

_AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError, InterruptedError)


class Http2Client:
    """The StreamClient of one worker, the WireProtocol of its reactor, and the Owner of its sessions.

    `streams` of the users share a connection: the first so many one, the next so many another.
    """

    def __init__(self, reactor: Reactor, handler: Handler, names: int = 1, *, streams: int = 100) -> None:
        self.bytes_sent, self.bytes_lost = [0] * names, [0] * names
        self._reactor = reactor
        self._handler = handler
        self._on_repeat, self._on_alike = handler.on_repeat, handler.on_alike
        self._counts = reactor.counts
        self._clock = reactor.clock
        self._phases = reactor.endpoint.phases
        self._streams = streams
        self._lanes: dict[tuple[Origin | None, int], Lane] = {}
        self._fields: dict[Destination, Fields] = {}
        self._serving: Http2Channel | None = None  # whose output is sent when all that came on it has been handled
        self._now = 0
        self.on_batch = handler.on_batch
        reactor.protocol = self

    # The way of a request out.

    def stream(self, user: int, origin: Origin | None = None) -> Http2Stream:
        key = (origin, user // self._streams)
        lane = self._lanes.get(key)
        if lane is None:
            destination = self._reactor.destinations.of(origin)
            fields = self._fields.get(destination)
            if fields is None:
                fields = self._fields[destination] = Fields(destination.origin)
            lane = self._lanes[key] = Lane(destination, fields, self._streams)
        return Http2Stream(user, lane)

    def open(self, stream: Http2Stream) -> None:
        stream.request = None
        channel = stream.lane.channel
        if channel is not None and channel.session is not None and channel.session.ready:
            self._handler.on_open(stream)
            return
        stream.lane.opening.append(stream)
        if channel is None:
            self._connect(stream.lane, self._clock())

    def send(self, stream: Http2Stream, request: Request, now: int) -> None:
        stream.request = request
        stream.sent_ns = now
        stream.tries = 0
        if request.timeout_ns is not None:
            self._reactor.shortest_timeout_ns = min(self._reactor.shortest_timeout_ns, request.timeout_ns)
        self._place(stream, request, now)

    def _place(self, stream: Http2Stream, request: Request, now: int) -> None:
        lane = stream.lane
        channel = lane.channel
        if channel is None:
            lane.waiting.append(stream)
            self._connect(lane, now)
        elif channel.session is None or channel.session.room <= 0 or lane.waiting:
            lane.waiting.append(stream)
        else:
            channel.session.start(stream, request)
            if channel is not self._serving:
                self._write(channel)

    def _connect(self, lane: Lane, now: int) -> None:
        lane.channel = channel = Http2Channel(lane)
        channel.opened_before = lane.opened_before
        self._reactor.connect(channel, now)

    def _fill(self, channel: Http2Channel) -> None:
        """Start what waits, where there is room."""
        session, lane = channel.session, channel.lane
        if session is None or lane.channel is not channel:
            return
        waiting = lane.waiting
        while waiting and session.room > 0:
            stream = waiting.popleft()
            if stream.request is not None:
                session.start(stream, stream.request)

    def _write(self, channel: Http2Channel) -> None:
        """Send what the socket takes of a channel's output."""
        session = channel.session
        if session is None or channel.sock is None:
            return
        out = session.out
        while out:
            try:
                sent = channel.send(bytes(out))
            except _AGAIN:
                break
            except OSError:  # the read side tells what happened
                out.clear()
                break
            del out[:sent]
            if session.waits:
                session.send_more()
        if channel.writes != bool(out):
            channel.writes = not channel.writes
            self._reactor.watch_writes(channel, channel.writes)

    # The way of a reply in.

    def serve(self, ready: list[tuple[int, int]]) -> None:
        channels, progress = self._reactor.channels, self._reactor.progress
        for fd, mask in ready:
            channel = channels[fd]
            if channel.state is None:
                progress(channel, mask)
                continue
            if mask & OUT:
                self._write(channel)
            if mask & ~OUT:
                self._read(channel)

    def _read(self, channel: Http2Channel) -> None:
        session = channel.session
        assert session is not None
        self._serving = channel
        tls = channel.destination.context is not None
        try:
            while True:
                data = channel.recv(READ_BYTES)
                if not data:
                    self._closed(channel, None)
                    return
                self._now = self._clock()
                session.take(data, self._now)
                if not tls or channel.state is None:  # of TLS, each record is read by itself
                    break
        except _AGAIN:
            pass
        except BrokenProtocolError as error:
            self._broken(channel, error)
            return
        except OSError as error:
            self._closed(channel, error)
            return
        finally:
            self._serving = None
        if channel.state is None:
            return
        if channel.lane.waiting:
            self._fill(channel)
        if session.waits:
            session.send_more()
        if session.out:
            self._write(channel)
        if not session.going:
            self._retire(channel, session)

    def _retire(self, channel: Http2Channel, session: Session) -> None:
        """The server takes no new requests here: those that wait go to another connection."""
        lane = channel.lane
        if lane.channel is channel:
            lane.channel = None
            if lane.waiting:
                self._connect(lane, self._clock())
        if not session.streams:
            self._drop(channel)

    def replied(self, stream: Http2Stream) -> None:
        request, head = stream.request, stream.head
        if request is None or head is None:
            return
        session, stream.session = stream.session, None
        now, group = self._now, request.group
        known = None if group is None else group.cache
        if (
            group is not None
            and known is not None
            and known.status == head.status
            and known.ends_like(stream.trailers)
            and (stream.first_byte_ns == now or not self._phases)
            and (known.is_of(stream) or known.turn_to(stream.received, stream.wire))
        ):
            if group.keeps_body:
                show(group, stream)
            following = (self._on_alike if request.awaited else self._on_repeat)(stream, now)
            if following is None:
                return
            if following.timeout_ns is None and not stream.lane.waiting and session.room > 0:  # the same as `send`
                stream.request, stream.sent_ns, stream.tries = following, now, 0
                session.start(stream, following)
            else:
                self.send(stream, following, now)
            return
        reply = Reply(head.status, stream.received, stream.wire, stream.kept, stream.example)
        if group is not None and group.keeps_body:
            show(group, stream)
        trailers = stream.trailers
        good = self._handler.on_reply(stream, now, reply)
        remember(request, reply, trailers, good=good)

    def failed(self, stream: Http2Stream, error: ErrorClass, detail: str) -> None:
        request = stream.request
        if request is None:
            return
        stream.session = None
        text = stream.example
        self.bytes_lost[request.name_id] += stream.wire
        stream.head, stream.wire = None, 0
        self._handler.on_error(stream, self._clock(), error, detail, text)

    def unseen(self, stream: Http2Stream) -> None:
        stream.tries += 1
        stream.session = None
        if stream.tries > MOST_TRIES:
            said = f"{MOST_TRIES} connections ended before the request was looked at"
            self.failed(stream, ErrorClass.REFUSED_STREAM, said)
        else:
            stream.lane.waiting.append(stream)

    def ready(self) -> None:
        """The channel that is being served is open for requests."""
        channel = self._serving
        if channel is None:
            return
        lane = channel.lane
        opening, lane.opening = lane.opening, []
        for stream in opening:
            self._handler.on_open(stream)
        self._fill(channel)

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
        if session is not None and stream.id in session.streams:
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
        channel.state = channel.session = Session(lane.fields, self, lane.most, self.bytes_sent)
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
