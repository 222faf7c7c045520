"""Swift's own log of the requests it got, as it sends it to syslog; and which operation each of them was."""

import socket
from collections import Counter
from queue import SimpleQueue
from threading import Thread
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

PATIENCE_S = 20.0
_LONGEST = 65536
_ITS_OWN = "/v1/"  # what Swift asks itself


class AccessLog:
    """Takes a line for each request, `NAME: METHOD TARGET STATUS ...` with the target encoded, at a port of its own."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._reader = Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        self._reader.join()
        self._socket.close()

    def until(self, marker: str) -> "Counter[str]":
        """How often each operation was asked for, up to a request with `marker` in its target; each line counts once.

        Raises `queue.Empty` if that never comes.
        """
        seen: Counter[str] = Counter()
        while marker not in (text := self._lines.get(timeout=PATIENCE_S)):
            method, target = text.partition(": ")[2].split()[:2]
            if not target.startswith(_ITS_OWN):
                seen[operation_of(method, unquote(target))] += 1
        return seen

    def _read(self) -> None:
        while data := self._socket.recv(_LONGEST):
            self._lines.put(data.rstrip(b"\0\n").decode())


def operation_of(method: str, target: str) -> str:
    """The name that loadgen gives a request with this method and target, path-style."""
    parts = urlsplit(target)
    query = parse_qs(parts.query, keep_blank_values=True)
    of_object = parts.path.strip("/").count("/") > 0
    match method:
        case "PUT" if of_object:
            return "put-part" if "partNumber" in query else "put"
        case "POST" if of_object:
            return "create-multipart" if "uploads" in query else "complete-multipart"
        case "DELETE" if of_object:
            return "abort-multipart" if "uploadId" in query else "delete"
        case "GET" | "HEAD" if of_object:
            return "get" if method == "GET" else "stat"
        case "GET":
            return "list-uploads" if "uploads" in query else "list"
    return {"PUT": "create-bucket", "POST": "delete-many", "HEAD": "stat-bucket"}.get(method, method)
