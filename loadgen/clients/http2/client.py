"""HTTP/2 on a reactor: many users' streams on each connection, whole batches of them in one recv and one send."""

from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.base.reply import Reply
from loadgen.clients.base import Handler
from loadgen.clients.destinations import Destination
from loadgen.clients.http2.connections import AGAIN, Connections
from loadgen.clients.http2.frames import BrokenProtocolError
from loadgen.clients.http2.header_decoder import Head
from loadgen.clients.http2.header_encoder import Fields
from loadgen.clients.http2.known_reply import remember, show
from loadgen.clients.http2.lane import Http2Channel, Lane
from loadgen.clients.http2.session import MOST_TRIES, READ_BYTES, Session
from loadgen.clients.http2.stream import Http2Stream
from loadgen.clients.poller import OUT
from loadgen.clients.reactor import Reactor

EVENTS_BETWEEN = 7
"""In which a socket of TLS that had one record is asked once each. Where replies come one by one, as most do, each vain
question costs a tenth of a request; where many have come, they are read by the eighth event at the latest."""


class Http2Client(Connections):
    """The StreamClient of one worker, the WireProtocol of its reactor, and the Owner of its sessions.

    `streams` of the users share a connection: the first so many one, the next so many another.
    """

    def __init__(self, reactor: Reactor, handler: Handler, names: int = 1, *, streams: int = 100) -> None:
        super().__init__(reactor, handler, names)
        self._on_repeat, self._on_alike, self._on_repeats = handler.on_repeat, handler.on_alike, handler.on_repeats
        self._phases = reactor.endpoint.phases
        self._streams = streams
        self._lanes: dict[tuple[Origin | None, int], Lane] = {}
        self._fields: dict[Destination, Fields] = {}
        self._now = 0
        self.on_batch = handler.on_batch
        reactor.protocol = self

    def on_sweep(self, now: int) -> None:
        """Nothing waits here."""

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
                self._read(channel, channel.state)

    def _read(self, channel: Http2Channel, session: Session) -> None:
        self._serving = channel
        tls = channel.destination.context is not None
        unsent, asks = session.next_id, 0
        try:
            while True:
                data = channel.recv(READ_BYTES)
                if not data:
                    self._closed(channel, None)
                    return
                self._now = self._clock()
                if not session.take_one(data, self._now):
                    session.take(data, self._now)
                # Of TLS, each record is read by itself; to find that there is none costs as much as one.
                if not tls or channel.state is None or session.oldest >= unsent:
                    break
                if channel.content:
                    channel.content -= 1
                    break
                asks += 1
        except AGAIN:
            channel.content = EVENTS_BETWEEN if asks == 1 else 0
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
        if session.blocked:
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
            and (known.trailers is stream.trailers or known.ends_like(stream.trailers))
            and (not self._phases or stream.first_byte_ns == now)
            and (
                (known.wire == stream.wire and known.length == stream.received)
                or known.turn_to(stream.received, stream.wire)
            )
        ):
            if group.keeps_body:
                show(group, stream)
            following = (self._on_alike if request.awaited else self._on_repeat)(stream, now)
            if following is None:
                return
            if (
                following.timeout_ns is None
                and not stream.lane.waiting
                and session.going
                and len(session.streams) < session.limit
            ):  # as `send`
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

    def alike(self, streams: list[Http2Stream], took_ns: list[int], head: Head, length: int, wire: int) -> bool:
        request = streams[0].request
        group = None if request is None else request.group
        known = None if group is None else group.cache
        if request is None or group is None or known is None or self._phases or streams[0].lane.waiting:
            return False
        if group.keeps_body or request.awaited or known.status != head.status or not known.ends_like(None):
            return False
        if (known.wire != wire or known.length != length) and not known.turn_to(length, wire):
            return False
        return self._on_repeats(streams, took_ns, self._now)

    def stop(self, stream: Http2Stream) -> None:
        session, channel = stream.session, stream.lane.channel
        if session is None or stream.head is None:
            self.lost(stream, ErrorClass.CUT)
            return
        session.give_up(stream)
        session.replies += 1
        if channel is not None and channel is not self._serving:
            self._write(channel)
        self._now = self._clock()
        self.replied(stream)

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
