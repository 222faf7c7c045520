"""Reads the requests of one connection from bytes in any pieces; no sockets here."""

from dataclasses import dataclass

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

MAX_HEAD_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Received:
    """A request that has come whole; its body of `body_length` bytes was counted, not kept.

    `old_client`: it is HTTP/1.0. `keep_alive`: more requests may follow.
    """

    method: bytes
    target: bytes
    body_length: int
    keep_alive: bool
    old_client: bool


class RequestReader:
    """After each `feed`: `refusal` is the status to refuse with, or 0; `closed` says that nothing more is taken.

    `in_message`: a request is half read; `awaits_continue`: its client wants to be asked for the body.
    """

    def __init__(self) -> None:
        self.refusal = 0
        self.closed = False
        self.in_message = False
        self.awaits_continue = False
        self._whole: list[Received] = []
        self._in_head = False
        self._head_bytes = 0
        self._target = b""
        self._body_length = 0
        self._parser = HttpRequestParser(self)

    def feed(self, data: bytes) -> list[Received]:
        """The requests that these bytes complete."""
        if self.closed:
            return []
        self._whole = []
        was_in_head = self._in_head
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            self.closed = True  # declined: what follows the request is not HTTP
        except HttpParserError:
            self._refuse(400)
        if was_in_head and self._in_head:
            self._add_to_head(len(data))
        return self._whole

    def _refuse(self, status: int) -> None:
        if not self.closed:
            self.closed, self.refusal = True, status
            self.awaits_continue = False

    def _add_to_head(self, length: int) -> None:
        self._head_bytes += length
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(431)

    # Called by the parser, in this order.

    def on_message_begin(self) -> None:
        self.in_message = self._in_head = True
        self._head_bytes = self._body_length = 0
        self._target = b""

    def on_url(self, url: bytes) -> None:
        self._target += url
        self._add_to_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field, or a trailer."""
        self._add_to_head(len(name) + len(value) + len(": \r\n"))
        if name.lower() == b"expect":
            self.awaits_continue = value.lower() == b"100-continue"

    def on_headers_complete(self) -> None:
        self._in_head = False

    def on_body(self, data: bytes) -> None:
        self._body_length += len(data)
        self.awaits_continue = False

    def on_message_complete(self) -> None:
        if self.closed:
            return
        self.in_message = self.awaits_continue = False
        parser = self._parser
        keep_alive = parser.should_keep_alive() and not parser.should_upgrade()
        old_client = parser.get_http_version() == "1.0"
        received = Received(parser.get_method(), self._target, self._body_length, keep_alive, old_client)
        self._whole.append(received)
        self.closed = not keep_alive
