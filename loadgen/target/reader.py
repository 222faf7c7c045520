"""Reads the requests of one connection from bytes in any pieces; no sockets here."""

from dataclasses import field

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from loadgen.base.dataclass import dataclass

MAX_HEAD_BYTES = 65536
MAX_KEPT_BYTES = 65536
_KEPT_FIELDS = (b"authorization", b"cookie", b"content-type")


@dataclass(frozen=True, slots=True)
class Received:
    """A request that has come whole; of its `body_length` bytes of body those at the beginning were kept, up to 64 KiB.

    `old_client`: it is HTTP/1.0. `keep_alive`: more requests may follow. `fields` are a few of the head's, by their
    names in lower case.
    """

    method: bytes
    target: bytes
    body_length: int
    keep_alive: bool
    old_client: bool
    body: bytes = b""
    fields: dict[bytes, bytes] = field(default_factory=dict)


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
        self._body = b""
        self._fields: dict[bytes, bytes] = {}
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
        self._target = self._body = b""
        self._fields = {}

    def on_url(self, url: bytes) -> None:
        self._target += url
        self._add_to_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field, or a trailer."""
        self._add_to_head(len(name) + len(value) + len(": \r\n"))
        name = name.lower()
        if name == b"expect":
            self.awaits_continue = value.lower() == b"100-continue"
        elif name in _KEPT_FIELDS and self._in_head:
            self._fields[name] = value

    def on_headers_complete(self) -> None:
        self._in_head = False

    def on_body(self, data: bytes) -> None:
        if self._body_length < MAX_KEPT_BYTES:
            self._body += data[: MAX_KEPT_BYTES - self._body_length]
        self._body_length += len(data)
        self.awaits_continue = False

    def on_message_complete(self) -> None:
        if self.closed:
            return
        self.in_message = self.awaits_continue = False
        parser = self._parser
        keep_alive = parser.should_keep_alive() and not parser.should_upgrade()
        old_client = parser.get_http_version() == "1.0"
        method, target, length = parser.get_method(), self._target, self._body_length
        self._whole.append(Received(method, target, length, keep_alive, old_client, self._body, self._fields))
        self.closed = not keep_alive
