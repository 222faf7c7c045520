"""The opening of a WebSocket: an HTTP request that asks for it, and the reply that agrees. RFC 6455, 4."""

import hashlib
import os
from base64 import b64encode
from collections.abc import Iterable

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
HEAD_END = b"\r\n\r\n"
MOST_HEAD_BYTES = 65536


class RefusedError(Exception):
    """The server does not agree, and why."""


class Opening:
    """One request for a WebSocket, and what its reply must say."""

    def __init__(self, target: str, fields: str, subprotocols: Iterable[str] = (), *, compress: bool = False) -> None:
        self.subprotocol = ""
        self.deflate = False
        self.keeps_ours = self.keeps_theirs = True  # whether compression goes on from message to message
        self._subprotocols = tuple(subprotocols)
        self._compress = compress
        self._key = b64encode(os.urandom(16))
        self._target = target
        self._fields = fields

    @property
    def request(self) -> bytes:
        """`fields` are the user's, Host among them, each with its line end."""
        lines = [
            f"GET {self._target} HTTP/1.1\r\n{self._fields}Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {self._key.decode()}\r\n"
        ]
        if self._subprotocols:
            lines.append(f"Sec-WebSocket-Protocol: {', '.join(self._subprotocols)}\r\n")
        if self._compress:
            lines.append("Sec-WebSocket-Extensions: permessage-deflate\r\n")
        return "".join([*lines, "\r\n"]).encode("latin-1")

    def read(self, head: bytes) -> None:
        """Raises RefusedError where the head, with its empty line, does not agree."""
        status_line, *lines = head[: -len(HEAD_END)].decode("latin-1").split("\r\n")
        version, _, status = status_line.partition(" ")
        if not version.startswith("HTTP/1."):
            raise RefusedError("the server did not answer in HTTP")
        if not status.startswith("101"):
            raise RefusedError(f"status {status[:3]}")
        fields: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            key = name.strip().lower()
            fields[key] = f"{fields[key]}, {value.strip()}" if key in fields else value.strip()
        accept = b64encode(hashlib.sha1(self._key + _MAGIC, usedforsecurity=False).digest()).decode()
        if fields.get("upgrade", "").lower() != "websocket" or fields.get("sec-websocket-accept") != accept:
            raise RefusedError("status 101, but not for this WebSocket (Upgrade, Sec-WebSocket-Accept)")
        self.subprotocol = fields.get("sec-websocket-protocol", "")
        if self.subprotocol and self.subprotocol not in self._subprotocols:
            raise RefusedError(f"the server took the subprotocol {self.subprotocol!r}, which was not offered")
        self._read_extensions(fields.get("sec-websocket-extensions", ""))

    def _read_extensions(self, text: str) -> None:
        for extension in filter(None, (part.strip() for part in text.split(","))):
            name, *parameters = (part.strip() for part in extension.split(";"))
            known = {"server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits"}
            if name != "permessage-deflate" or not self._compress or self.deflate:
                raise RefusedError(f"the server uses the extension {name!r}, which was not offered")
            for parameter in parameters:
                if parameter.partition("=")[0] not in known:
                    raise RefusedError(f"the server asks for {parameter!r}, which was not offered")
            self.deflate = True
            self.keeps_theirs = "server_no_context_takeover" not in parameters
            self.keeps_ours = "client_no_context_takeover" not in parameters
