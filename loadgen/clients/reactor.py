"""The reactor: an epoll set of non-blocking channels, itself watched by one event loop.

One wake-up of the loop serves a whole batch of ready channels with direct recv and send calls. What is spoken on them
is for a WireProtocol to know; what is sent, when, and what is recorded, for its Handler.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable

from loadgen.base.alarm import KernelAlarm
from loadgen.base.clock import NEVER_NS, s_to_ns
from loadgen.base.error_class import ErrorClass
from loadgen.clients.addresses import TIMED_OUT
from loadgen.clients.channel import GONE, Channel, Phase, Watch
from loadgen.clients.faults import blamed, classify, explain
from loadgen.clients.opening import Opener
from loadgen.clients.poller import ENDED, IN, OUT, LoopPoller

BATCH = 1024
LINGER_NS = 4_000_000

_OPENING = (Phase.LOOKING_UP, Phase.CONNECTING, Phase.GREETING, Phase.HANDSHAKE)


class Reactor(Opener):
    """Channels of one worker, to the endpoint or another origin each. Not thread-safe: it belongs to its loop's thread.

    `batches_ns` takes the time from each poll's return to the last reply handled: as long as that, a reply may have
    waited for us.
    `linger_ns` is how long the loop's other callbacks may wait; 0 to serve one batch at a time. `timetable` is called
    after each batch, to send what is due by then; it says whether more is due so soon that looking at the sockets
    beats waiting for them. `shortest_timeout_ns` is that of requests so far with one of their own.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.linger_ns = LINGER_NS
        self.shortest_timeout_ns = NEVER_NS
        self.timetable: Callable[[int], bool] | None = None
        self.batches_ns: list[int] = []
        self._closing: list[tuple[int, socket.SocketType]] = []
        self._watched: list[Watch] = []  # of this batch, after its channels: what they send must not find a closed one
        self.timeout_ns = s_to_ns(self.endpoint.timeout_s)
        self._connect_timeout_ns = s_to_ns(self.endpoint.connect_timeout_s)
        self._leave: KernelAlarm | None = None
        if isinstance(self._poller, LoopPoller):
            self.linger_ns = 0
        else:
            self._leave = KernelAlarm()
            self.watch(self._leave.fileno(), self._leave.clear)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have `on_ready` called by this loop when there is work."""
        if not isinstance(self._poller, LoopPoller):
            loop.add_reader(self._poller.fileno(), self.on_ready)

    def detach(self, loop: asyncio.AbstractEventLoop) -> None:
        if not isinstance(self._poller, LoopPoller):
            loop.remove_reader(self._poller.fileno())

    def watch(self, descriptor: int, on_ready: Callable[[], None]) -> None:
        """Also serve this readable descriptor, a timer's for instance, in the batches."""
        self.channels[descriptor] = Watch(on_ready)
        self._poller.register(descriptor, IN)

    def watch_writes(self, channel: Channel, wanted: bool) -> None:
        """Whether the channel is also ready when its socket takes more."""
        self._poller.modify(channel.fd, IN | ENDED | OUT if wanted else IN | ENDED)

    def close(self) -> None:
        """Close all channels and the epoll set; running requests are forgotten."""
        for channel in self._in_use():
            self.drop(channel)
        self._close_dropped()
        self._poller.close()
        if self._leave is not None:
            self._leave.close()

    def on_ready(self) -> None:
        """Serve what is ready, and what comes within `linger_ns`; the loop calls it when there is something.

        At high rates a batch holds a reply or two: to go back to the loop for each would cost a fifth of a request.
        An alarm in the set ends the wait, because a timeout of epoll's costs two interrupts each time.
        """
        clock, poll, serve, timetable, batches_ns = (
            self.clock, self._poller.poll, self.protocol.serve, self.timetable, self.batches_ns,
        )  # fmt: skip
        wait, watched, closing, leave = None, self._watched, self._closing, self._leave
        ready = poll(0, BATCH)
        began = clock()
        leave_ns = began + self.linger_ns
        while True:
            serve(ready)
            while watched:
                watched.pop().on_ready()
            if closing:
                self._close_dropped()
            now = clock()
            if ready:
                batches_ns.append(now - began)
            if timetable is not None:
                wait = 0 if timetable(now) else None
            if now >= leave_ns:
                break
            if leave is not None:  # after the first batch, whose instants would be later for it
                leave.set(leave_ns)
                leave = None
            ready = poll(wait, BATCH)
            began = clock()
        self.protocol.on_batch()

    def progress(self, channel: Channel | Watch, mask: int) -> None:
        """An event of what is not open."""
        if isinstance(channel, Watch):
            self._watched.append(channel)
        elif channel.phase is Phase.CONNECTING:
            self.connect_done(channel, mask)
        elif channel.phase is Phase.GREETING:
            self.greet(channel)
        else:
            self.handshake(channel)

    def _in_use(self) -> list[Channel]:
        """All with a socket, and those that are to have one as soon as their destination is known."""
        channels = [channel for channel in self.channels.values() if channel.phase is not None]
        if len(self.destinations.all) > 1:
            for destination in self.destinations.all.values():
                channels += (channel for channel in destination.waiting if channel.phase is Phase.LOOKING_UP)
        return channels

    # Deadlines and endings.

    def sweep(self, now: int) -> None:
        """Fail what is past its deadline: whole requests by `timeout_s` or their own, connects by `connect_timeout_s`.

        Neither this nor `cut` may be called from inside a batch: both close descriptors at once.
        """
        sent_limit, connect_limit = now - self.timeout_ns, now - self._connect_timeout_ns
        end = self.protocol.end
        for channel in self._in_use():
            opening = channel.phase in _OPENING
            if end(channel, sent_limit, ErrorClass.TIMEOUT):
                self.counts.failed += opening
            elif opening and channel.phase_ns <= connect_limit:
                self.failed(channel, TIMED_OUT)
                self._too_late(channel)
        self._close_dropped()
        self.protocol.on_sweep(now)

    def _too_late(self, channel: Channel) -> None:
        """Past the target's or its proxy's time to connect."""
        proxy = channel.destination.proxy if channel.phase in (Phase.CONNECTING, Phase.GREETING) else None
        if proxy is None:
            self.failed_to_open(channel, ErrorClass.CONNECT_TIMEOUT)
        else:
            error = blamed(TimeoutError(), proxy)
            self.failed_to_open(channel, classify(error), explain(error))

    def cut(self) -> None:
        """End every request that still runs; each is reported as cut, its outcome unknown."""
        for channel in self._in_use():
            if not self.protocol.end(channel, NEVER_NS, ErrorClass.CUT) and channel.phase in _OPENING:
                self.protocol.lost(channel, ErrorClass.CUT, "")
        self._close_dropped()

    def drop(self, channel: Channel) -> None:
        """Close a channel; its descriptor stays until the end of the batch, so that its number is not reused."""
        if channel.sock is not None:
            if self._resumes and channel.phase is Phase.OPEN and isinstance(channel.sock, ssl.SSLSocket):
                channel.tls_session = channel.sock.session
            self.channels[channel.fd] = GONE
            self._closing.append((channel.fd, channel.sock))
            channel.sock = None
        channel.phase = Phase.CLOSED

    def _close_dropped(self) -> None:
        for fd, sock in self._closing:
            if self.channels[fd] is GONE:
                del self.channels[fd]
            if isinstance(self._poller, LoopPoller):
                self._poller.forget(fd)
            sock.close()
        self._closing.clear()
