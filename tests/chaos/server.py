"""A server on loopback that plays a Script, and counts what it saw and said."""

import socket
import ssl
import time
from collections import Counter
from contextlib import closing, suppress
from functools import partial
from random import Random

from tests.chaos.answers import ECHO, WHOLE, Answer, End, Flood, Wait, Write, whole
from tests.chaos.script import Opening, Script
from tests.chaos.store import Store
from tests.support.listener import JOIN_S, Listener, Talk, reset_on_close

HEAD_END = b"\r\n\r\n"
SPOKE_FIRST = "spoke first"
ANSWER_PAUSE_S = 0.001
"""Before each answer: a run of a second is to be disturbed, not to take both cores."""


class HostileServer(Listener):
    """`requests` are whole heads that came; `passable` the replies that a client may have taken for good, and `surplus`
    those of them that answered no request. They grow before the replies are sent, so that a client never has more.
    `met` are the connections. All count from `begin` on.
    """

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None, store: Store | None = None) -> None:
        super().__init__(tls)
        self.requests = 0
        self.passable = 0
        self.surplus = 0
        self.answers: Counter[str] = Counter()
        self._script = script
        self._store = store
        self._first = 0
        self._probes = 0

    @property
    def met(self) -> int:
        return self.connections - self._first - self._probes

    def begin(self, script: Script) -> None:
        """Count from nothing, and play this script, now that no client is connected."""
        self._script, self._first = script, self.connections
        self._probes = self.requests = self.passable = self.surplus = 0
        self.answers.clear()

    def catch_up(self) -> None:
        """Accept all connections that were made until now, of which one may still wait in the queue."""
        with closing(socket.create_connection(("127.0.0.1", self.port))) as probe:
            name = probe.getsockname()
            deadline = time.monotonic() + JOIN_S
            while self.last_peer != name and time.monotonic() < deadline:
                time.sleep(0.001)
        self._probes += 1

    def accepted(self, index: int) -> Talk:
        return partial(self._talk, index - self._first)

    def _talk(self, number: int, raw: socket.socket, index: int) -> None:
        with suppress(ValueError):
            connection = self._opened(raw, index, self._script.opening(number))
            if connection is not None:
                self._serve(connection, number)

    def _opened(self, raw: socket.socket, index: int, opening: Opening) -> socket.socket | None:
        """The connection once it can carry requests; None where it is over."""
        match opening:
            case Opening.CLOSE:
                return None
            case Opening.RESET:
                reset_on_close(raw)
                return None
            case Opening.STALL:
                self.stopping.wait()
                return None
            case Opening.PLAIN:
                raw.recv(100)
                raw.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return None
            case Opening.GARBAGE:
                raw.sendall(b"\x16\x03\x03\xff\xff" + b"\x00" * 5000)
                return None
            case Opening.HELLO_CUT | Opening.HELLO_RESET | Opening.HELLO_STALL if self.tls is not None:
                hello = _server_hello(raw, self.tls)
                raw.sendall(hello[: len(hello) // 2])
                if opening is Opening.HELLO_STALL:
                    self.stopping.wait()
                if opening is Opening.HELLO_RESET:
                    reset_on_close(raw)
                return None
        connection = self.secured(raw, index)
        if opening is Opening.SPEAK_FIRST:
            self._count(SPOKE_FIRST, 1)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        elif opening is Opening.HALF_CLOSE:
            socket.socket.shutdown(connection, socket.SHUT_WR)
        return connection

    def _serve(self, connection: socket.socket, index: int) -> None:
        data, number = b"", 0
        while True:
            while HEAD_END not in data:
                more = connection.recv(65536)
                if not more:
                    return
                data += more
            head, _, data = data.partition(HEAD_END)
            body, data = _body_and_rest(connection, head, data)
            answer = self._answer(index, number, head, body)
            number += 1
            with self.lock:
                self.requests += 1
            self._count(answer.kind, answer.passes)
            if not self._say(connection, answer, head):
                return

    def _answer(self, index: int, number: int, head: bytes, body: bytes) -> Answer:
        """What the script says; where it may be taken for good, or gets lost, the store does what was asked."""
        method = head.split(b" ", 1)[0].decode("latin-1")
        answer = self._script.answer(index, number, method)
        if self.requests < self._script.good_first:
            answer = whole(Random(number), method)
        if self._store is None or not (answer.passes or self._script.does(index, number)):
            return answer
        said = self._store.answer(head, body)
        return Answer(WHOLE, (Write(said),)) if answer.kind == WHOLE else answer

    def _count(self, kind: str, passes: int) -> None:
        with self.lock:
            self.answers[kind] += 1
            self.passable += passes
            self.surplus += max(0, passes - (kind != SPOKE_FIRST))

    def _say(self, connection: socket.socket, answer: Answer, head: bytes) -> bool:
        """Whether the connection goes on."""
        self.stopping.wait(ANSWER_PAUSE_S)
        for step in answer.steps:
            match step:
                case Wait(seconds):
                    self.stopping.wait(seconds)
                case Write(data, piece, pause_s):
                    data = data.replace(ECHO, head)
                    for start in range(0, len(data), piece or len(data)):
                        connection.sendall(data[start : start + (piece or len(data))])
                        if pause_s:
                            self.stopping.wait(pause_s)
                case Flood(unit):
                    while not self.stopping.wait(ANSWER_PAUSE_S):
                        connection.sendall(unit)
        if answer.end is End.STALL:
            self.stopping.wait()
        elif answer.end is End.RESET:
            reset_on_close(connection)
        return answer.end is End.KEEP and not self.stopping.is_set()


def _body_and_rest(connection: socket.socket, head: bytes, data: bytes) -> tuple[bytes, bytes]:
    """The body of a request with Content-Length, and what was read after it."""
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(data) < length:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError("the client closed within a body")
        data += more
    return data[:length], data[length:]


def _server_hello(raw: socket.socket, tls: ssl.SSLContext) -> bytes:
    """The server's first bytes of a handshake."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = tls.wrap_bio(incoming, outgoing, server_side=True)
    while not outgoing.pending:
        incoming.write(raw.recv(65536) or b"\x00")
        with suppress(ssl.SSLWantReadError):
            session.do_handshake()
    return outgoing.read()
