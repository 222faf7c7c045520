"""The reactor's blocking twin: one connection with one stream, one thread, and the same session."""

import select
import socket
import ssl
from collections import defaultdict

from loadgen.base.clock import NS_PER_S
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome, Request
from loadgen.base.reply import Reply
from loadgen.clients.blocking_connection import BlockingConnection
from loadgen.clients.faults import connect_error, explain, why_no_reply
from loadgen.clients.http2.frames import BrokenProtocolError
from loadgen.clients.http2.header_decoder import Head
from loadgen.clients.http2.header_encoder import Fields
from loadgen.clients.http2.known_reply import show
from loadgen.clients.http2.session import MOST_TRIES, NOT_HTTP2, READ_BYTES, Session
from loadgen.clients.http2.stream import Http2Stream

_IDLE_CHECK_NS = 1_000_000
_TIMED_OUT = (BlockingIOError, TimeoutError)


class BlockingHttp2Client(BlockingConnection):
    """One virtual user's connection. `exchange` never suspends."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._fields = Fields(self.endpoint.origin)
        self._stream = Http2Stream(0, None)
        self._bytes_sent: dict[int, int] = defaultdict(int)
        self._heads: dict[bytes, Head] = {}
        self._session: Session | None = None
        self._first_ns = self._now_ns = 0
        self._reused: bool | None = None
        self._answered = self._unseen = False
        self._error: tuple[ErrorClass, str] | None = None

    async def connect(self) -> ErrorClass | None:
        try:
            self._open(self.clock() + self._connect_timeout_ns)
        except BrokenProtocolError:
            self.drop()
            return ErrorClass.MALFORMED_REPLY
        except OSError as error:
            self.drop()
            return connect_error(error)
        return None

    def again(self, request: Request, sent_ns: int) -> Outcome | None:
        """There is no short way here."""
        del request, sent_ns
        return None  # for mypy

    async def exchange(self, request: Request) -> Outcome:
        sent_ns = self.clock()
        timeout_ns = request.timeout_ns or self._timeout_ns
        deadline_ns = sent_ns + timeout_ns
        stream = self._stream
        stream.request, stream.head, stream.trailers, stream.wire = request, None, None, 0
        self._bytes_sent.clear()
        self._first_ns = 0
        if self._sock is not None and sent_ns - self._done_ns > _IDLE_CHECK_NS:
            self._look()
        for _ in range(MOST_TRIES):
            session = self._session
            if session is None or session.room <= 0:
                self.drop()
                try:
                    session = self._open(min(deadline_ns, sent_ns + self._connect_timeout_ns))
                except BrokenProtocolError as error:
                    return self._failed(sent_ns, ErrorClass.MALFORMED_REPLY, str(error))
                except OSError as error:
                    return self._failed(sent_ns, self._not_opened(error, timeout_ns), explain(error))
            self._reused = reused = session.replies > 0
            self.counts.used += not reused
            self._answered, self._unseen, self._error = False, False, None
            session.start(stream, request)
            failed = self._await(session, request, sent_ns, reused=reused)
            if failed is not None:
                return self._failed(sent_ns, *failed)
            if self._error is not None:
                self._done_ns = self.clock()
                return self._outcome(sent_ns, None, *self._error)
            if self._answered:
                return self._reply(request, sent_ns)
        said = f"{MOST_TRIES} connections ended before the request was looked at"
        return self._failed(sent_ns, ErrorClass.REFUSED_STREAM, said)

    def _await(
        self, session: Session, request: Request, sent_ns: int, *, reused: bool
    ) -> tuple[ErrorClass, str] | None:
        """Talk until something has become of the request; what ended the connection before."""
        try:
            while not (self._answered or self._unseen or self._error):
                self._talk(session, sent_ns + (request.timeout_ns or self._timeout_ns))
        except BrokenProtocolError as error:
            return ErrorClass.MALFORMED_REPLY, str(error)
        except _TIMED_OUT:
            session.give_up(self._stream)
            return ErrorClass.TIMEOUT, ""
        except (EOFError, OSError) as error:
            if self._stream.head is not None and getattr(request.sink, "enough", False):  # it was ended by us
                self._answered = True
                self.drop()
                return None
            said = error if isinstance(error, OSError) else None
            return why_no_reply(said, reused=reused, begun=self._stream.head is not None)
        return None

    def _talk(self, session: Session, deadline_ns: int) -> None:
        """Send what there is to send, and take what comes next."""
        sock, out = self._sock, session.out
        assert sock is not None
        while out:
            self._limit(sock, deadline_ns)
            del out[: sock.send(out)]
            if session.blocked:
                session.send_more()
        self._limit(sock, deadline_ns)
        data = sock.recv(READ_BYTES)
        if not data:
            raise EOFError
        self._now_ns = self.clock()
        if not session.take_one(data, self._now_ns):
            session.take(data, self._now_ns)
        if session.blocked:
            session.send_more()

    def _limit(self, sock: socket.socket, deadline_ns: int) -> None:
        left_ns = deadline_ns - self.clock()
        if left_ns <= 0:
            raise TimeoutError
        sock.settimeout(left_ns / NS_PER_S)

    def _reply(self, request: Request, sent_ns: int) -> Outcome:
        stream = self._stream
        assert stream.head is not None
        if request.group is not None and request.group.keeps_body:
            show(request.group, stream)
        self._done_ns = self.clock()
        reply = Reply(stream.head.status, stream.received, stream.wire, stream.kept, stream.example)
        return self._outcome(sent_ns, reply)

    def _failed(self, sent_ns: int, error: ErrorClass, detail: str = "") -> Outcome:
        """The connection has come to its end."""
        return self._outcome(sent_ns, None, *self._ended(error, detail))

    def _outcome(self, sent_ns: int, reply: Reply | None, error: ErrorClass | None = None, detail: str = "") -> Outcome:
        stream = self._stream
        head, sent = b"" if reply else stream.example, sum(self._bytes_sent.values())
        return Outcome(
            sent_ns, self._done_ns, reply, error, detail, head, sent, stream.wire, self._first_ns, self._reused
        )

    # What the session tells.

    def replied(self, stream: Http2Stream) -> None:
        if stream.first_byte_ns != self._now_ns:
            self._first_ns = stream.first_byte_ns
        self._answered = True

    def alike(self, streams: list[Http2Stream], took_ns: list[int], head: Head, length: int, wire: int) -> bool:
        """There is one stream."""
        del streams, took_ns, head, length, wire
        return False

    def failed(self, stream: Http2Stream, error: ErrorClass, detail: str) -> None:
        del stream
        self._error = error, detail

    def unseen(self, stream: Http2Stream) -> None:
        del stream
        self._unseen = True

    def ready(self) -> None:
        """Nothing waits for it."""

    # The connection.

    def _open(self, deadline_ns: int) -> Session:
        """A connection whose server has said what it allows. Raises OSError, and BrokenProtocolError."""
        sock = self._sock = self._dial.dial(deadline_ns)
        if isinstance(sock, ssl.SSLSocket) and sock.selected_alpn_protocol() != "h2":
            raise BrokenProtocolError(NOT_HTTP2)
        session = self._session = Session(self._fields, self, 1, self._bytes_sent, self._heads)
        try:
            while not session.ready:
                self._talk(session, deadline_ns)
        except EOFError:
            raise BrokenProtocolError(f"the server closed the connection; {NOT_HTTP2}") from None
        self._done_ns = self.clock()
        return session

    def _look(self) -> None:
        """After a pause: take what the server has said meanwhile; it may have closed."""
        sock, session = self._sock, self._session
        assert sock is not None
        assert session is not None
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        try:
            while poll.poll(0):
                self._talk(session, self.clock() + NS_PER_S)
        except (EOFError, OSError, BrokenProtocolError):
            self.counts.idle_closed += 1
            self.drop()

    def drop(self) -> None:
        super().drop()
        self._session = None
