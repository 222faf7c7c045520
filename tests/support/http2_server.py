"""An HTTP/2 server on loopback that a library speaks for; what it does wrong is asked of it.

Paths: `/SIZE` has a body of that many bytes, `/echo` the body that came, `/never` no reply;
`/parts` is an event, and no end.
"""

import socket
import ssl
from collections import Counter
from dataclasses import dataclass

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings

from tests.support.listener import Listener, Talk

READ_BYTES = 65536


@dataclass(frozen=True)
class Manners:
    """What a server does: `goaway_after` requests of a connection it takes no more, `refuses` each so-many-th stream,
    `closes_after` requests the connection without a word, and allows `most_streams` at once. `alike`: replies to a path
    are the same bytes each time."""

    most_streams: int = 100
    goaway_after: int = 0
    refuses: int = 0
    closes_after: int = 0
    window: int = 65535
    alike: bool = False


class Http2Server(Listener):
    """`requests` by path and `most_at_once` are counted over all connections."""

    def __init__(self, manners: Manners = Manners(), tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.manners = manners
        self.requests: Counter[str] = Counter()
        self.fields: list[dict[str, str]] = []
        self.most_at_once = 0

    @property
    def url(self) -> str:
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}"

    def accepted(self, index: int) -> Talk:
        del index
        return self._talk

    def _talk(self, raw: socket.socket, index: int) -> None:
        sock = self.secured(raw, index)
        state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        state.local_settings = h2.settings.Settings(
            client=False,
            initial_values={
                h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: self.manners.most_streams,
                h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: self.manners.window,
            },
        )
        state.initiate_connection()
        sock.sendall(state.data_to_send())
        one = _Connection(self, state)
        while data := sock.recv(READ_BYTES):
            one.take(data)
            sock.sendall(state.data_to_send())
            if one.closed:
                return


class _Connection:
    def __init__(self, server: Http2Server, state: h2.connection.H2Connection) -> None:
        self.closed = False
        self._server = server
        self._state = state
        self._paths: dict[int, str] = {}
        self._bodies: dict[int, bytes] = {}
        self._taken = 0
        self._said_goodbye = False

    def take(self, data: bytes) -> None:
        """Requests are answered together, when all that came is read."""
        if self._said_goodbye:
            return
        whole: list[int] = []
        for event in self._state.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                self._begin(event)
            elif isinstance(event, h2.events.DataReceived):
                self._bodies[event.stream_id] += event.data
                self._state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamReset):
                self._paths.pop(event.stream_id, None)
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.closed = True
            if isinstance(event, h2.events.StreamEnded):
                whole.append(event.stream_id)
        for stream in whole:
            self._answer(stream)

    def _begin(self, event: h2.events.RequestReceived) -> None:
        fields = {str(name): str(value) for name, value in event.headers}
        self._paths[event.stream_id], self._bodies[event.stream_id] = fields[":path"], b""
        with self._server.lock:
            self._server.fields.append(fields)
            self._server.most_at_once = max(self._server.most_at_once, len(self._paths))

    def _answer(self, stream: int) -> None:
        manners, path = self._server.manners, self._paths.get(stream)
        if path is None or path == "/never" or (manners.goaway_after and self._taken >= manners.goaway_after):
            return
        self._taken += 1
        with self._server.lock:
            self._server.requests[path] += 1
        del self._paths[stream]
        if manners.closes_after and self._taken == manners.closes_after:
            self.closed = True
            return
        if manners.refuses and self._taken % manners.refuses == 0:
            self._state.reset_stream(stream, h2.errors.ErrorCodes.REFUSED_STREAM)
            return
        if path == "/parts":
            self._state.send_headers(stream, [(":status", "200")])
            self._state.send_data(stream, b"data: a\n\n")
            return
        body = self._bodies.pop(stream) if path == "/echo" else bytes(int(path[1:] or 0))
        date = "now" if manners.alike else str(stream)
        self._state.send_headers(stream, [(":status", "200"), ("content-length", str(len(body))), ("date", date)])
        for at in range(0, len(body), 16384):
            last = manners.alike and at + 16384 >= len(body)
            self._state.send_data(stream, body[at : at + 16384], end_stream=last)
        if not (manners.alike and body):
            self._state.end_stream(stream)
        if manners.goaway_after and self._taken == manners.goaway_after:
            self._state.close_connection(last_stream_id=stream)
            self._said_goodbye = True
