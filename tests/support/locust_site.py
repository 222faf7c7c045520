"""The site that the locustfiles of the tests are run against: a fake hub and a real server answer alike."""

import json
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

Sent = tuple[str, str, list[tuple[str, str]], bytes]
Answer = tuple[int, list[tuple[str, str]], bytes]


def answer(method: str, path: str) -> Answer:
    """Status, header fields and body for a request."""
    path, _, query = path.partition("?")
    body = json.dumps({"path": path, "id": 7, "token": "t-1", "items": [1, 2, 3]}).encode()
    fields = [("Content-Type", "application/json"), ("X-Site", "tests")]
    status = 200
    match path.split("/")[1:]:
        case ["status", code]:
            status = int(code)
        case ["login"]:
            fields += [("Set-Cookie", "session=abc; Path=/; HttpOnly"), ("Set-Cookie", "lang=en; Path=/docs")]
        case ["redirect"]:
            status = int(parse_qs(query).get("status", ["302"])[0])
            fields += [("Set-Cookie", "hop=1; Path=/"), ("Location", "/home?from=redirect")]
        case ["loop"]:
            status = 302
            fields += [("Location", "/loop")]
        case ["html"]:
            fields[0] = ("Content-Type", "text/html; charset=utf-8")
            body = "<h1>Grüße</h1><a href='/next'>next</a>".encode()
        case ["latin"]:
            fields[0] = ("Content-Type", "text/plain")
            body = "Grüße".encode("latin-1")
        case ["lines"]:
            fields[0] = ("Content-Type", "text/plain")
            body = b"one\ntwo\nthree\n"
        case ["broken-json"]:
            body = b"{not json"
        case ["empty"]:
            body = b""
    return status, fields, b"" if method == "HEAD" or status in (204, 304) else body


def normal(sent: Sent) -> list[object]:
    """A request as it is compared: without what every client has of its own, and the boundary of a form."""
    method, path, headers, body = sent
    text = body.decode("latin-1")
    kept = {}
    for name, value in headers:
        name = name.lower()
        if name == "content-type" and "boundary=" in value:
            boundary = value.partition("boundary=")[2]
            value, text = value.replace(boundary, "BOUNDARY"), text.replace(boundary, "BOUNDARY")
        if name not in ("host", "user-agent", "accept-encoding", "connection", "content-length") and value != "*/*":
            kept[name] = value
    return [method, path, dict(sorted(kept.items())), text]


def as_set(requests: Iterable[list[object]]) -> list[list[object]]:
    """Each of them once, in an order of its own."""
    return [json.loads(text) for text in sorted({json.dumps(request) for request in requests})]


class Site(ThreadingHTTPServer):
    """The site on loopback; `sent` are the requests that it has seen."""

    daemon_threads = True

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def _any(self) -> None:
        body = b""
        if self.headers.get("transfer-encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.sent.append((self.command, self.path, list(self.headers.items()), body))
        status, fields, reply = answer(self.command, self.path)
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)


for _method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
    setattr(_Handler, f"do_{_method}", _Handler._any)
