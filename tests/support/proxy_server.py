"""A proxy of HTTP and SOCKS5 for tests: it forwards, tunnels, asks for a password, or answers as it is told.

with ProxyServer() as proxy:
    ... proxy.port, and afterwards proxy.seen: what was asked of it, as "CONNECT host:port" or "SOCKS host:port"
"""

import socket
import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit

Say = Callable[[socket.socket], None]


class ProxyServer:
    """Goes where it is asked to, or to `to`. With `password` ("user:password") it asks who is there.

    `answer` are the bytes that it says to whatever it was first told, in place of all that; `code` is what SOCKS5
    says in place of a connection.
    """

    def __init__(
        self, *, password: str | None = None, answer: bytes | None = None, code: int = 0, to: int | None = None
    ) -> None:
        self.password, self.answer, self.code, self.to = password, answer, code, to
        self.seen: list[str] = []
        self.fields: list[bytes] = []
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError, ValueError):
                    proxy._serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> "ProxyServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, client: socket.socket) -> None:
        first = client.recv(65536)
        if self.answer is not None:
            client.sendall(self.answer)
            client.recv(1)
        elif first[:1] == b"\x05":
            self._socks(client, first)
        else:
            self._http(client, first)

    def _http(self, client: socket.socket, data: bytes) -> None:
        """CONNECT, or requests that name their origin, one after another."""
        while data:
            while b"\r\n\r\n" not in data:
                data += client.recv(65536)
            head, _, rest = data.partition(b"\r\n\r\n")
            line, *fields = head.split(b"\r\n")
            method, place, _ = line.decode().split(" ")
            self.seen.append(f"{method} {place}")
            self.fields += fields
            if self.password is not None and not any(row.startswith(b"Proxy-Authorization: Basic ") for row in fields):
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            if method == "CONNECT":
                host, _, port = place.rpartition(":")
                with self._onward(host.strip("[]"), int(port)) as server:
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    _pump(client, server)
                return
            data = self._forwarded(client, method, place, fields, rest)

    def _forwarded(self, client: socket.socket, method: str, place: str, fields: list[bytes], rest: bytes) -> bytes:
        """Send one request on, on a connection of its own, and its reply back; the first bytes of the next request."""
        parts = urlsplit(place)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        own = [row for row in fields if not row.lower().startswith((b"proxy-", b"connection:"))]
        lines = [f"{method} {target} HTTP/1.1".encode(), *own, b"Connection: close"]
        with self._onward(parts.hostname or "", parts.port or 80) as server:
            server.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + rest)
            while reply := server.recv(65536):
                client.sendall(reply.replace(b"Connection: close\r\n", b""))
        return client.recv(65536)

    def _socks(self, client: socket.socket, data: bytes) -> None:
        methods = data[2 : 2 + data[1]]
        if self.password is not None:
            if 2 not in methods:
                client.sendall(b"\x05\xff")
                return
            client.sendall(b"\x05\x02")
            said = client.recv(600)
            user = said[2 : 2 + said[1]]
            password = said[3 + said[1] :]
            fine = b"%b:%b" % (user, password) == self.password.encode()
            client.sendall(b"\x01\x00" if fine else b"\x01\x01")
            if not fine:
                return
        else:
            client.sendall(b"\x05\x00")
        asked = client.recv(600)
        if asked[3] == 3:
            host = asked[5 : 5 + asked[4]].decode()
        else:
            host = socket.inet_ntop(socket.AF_INET if asked[3] == 1 else socket.AF_INET6, asked[4:-2])
        port = int.from_bytes(asked[-2:], "big")
        self.seen.append(f"SOCKS {host}:{port}")
        if self.code:
            client.sendall(b"\x05" + bytes((self.code,)) + b"\x00\x01" + bytes(6))
            return
        with self._onward(host, port) as server:
            client.sendall(b"\x05\x00\x00\x03\x04test\x00\x50")
            _pump(client, server)

    def _onward(self, host: str, port: int) -> socket.socket:
        place = ("127.0.0.1", self.to) if self.to is not None else (host, port)
        return socket.create_connection(place, timeout=10)


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Both ways, until one side ends."""
    other.settimeout(None)
    back = threading.Thread(target=_copy, args=(other, one), daemon=True)
    back.start()
    _copy(one, other)
    back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
