"""A bucket behind the hostile server: what it would answer were it good."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from loadgen.base.exchange import Fields, Request
from tests.support.s3_fake import FakeStore, Fault

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE01", "AWS_SECRET_ACCESS_KEY": "secret"}
KEPT_FIELDS = ("x-amz-copy-source", "x-amz-write-offset-bytes", "host")


class Store:
    """Thread-safe. The bucket is not there until it is made. `fault` and more as in FakeStore."""

    def __init__(self, fault: Fault = lambda *_: None, **more: Any) -> None:
        self._store = FakeStore(exists=False, fault=fault, **more)
        self._lock = Lock()

    def add(self, objects: dict[str, bytes]) -> None:
        """Have the bucket, with these in it."""
        self._store.exists = True
        self._store.objects |= objects

    def lock_all(self) -> None:
        """No version may be deleted."""
        self._store.locks_all = True

    def twist(self, twist: Callable[[str, bytes], bytes]) -> None:
        """Change good answers in another way from here on."""
        self._store._twist = twist

    def forget_requests(self) -> None:
        """Know nothing of what was asked so far."""
        self._store.seen.clear()

    @property
    def put_keys(self) -> list[str]:
        """The keys of all puts, in order."""
        return [key for method, key, _ in self._store.seen if method == "PUT"]

    @property
    def data(self) -> dict[str, bytes]:
        """What is in the bucket."""
        return self._store.objects

    @property
    def left(self) -> list[str]:
        """What is in the bucket, and begun uploads."""
        store = self._store
        return [*store.objects, *store.uploads, *(f"{key} {version}" for key, version in store.versions)]

    def answer(self, head: bytes, body: bytes) -> bytes:
        """Do what is asked; the whole reply."""
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        pairs = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        kept = Fields(tuple(pair for pair in pairs if pair[0].lower() in KEPT_FIELDS))
        parts: list[bytes] = []
        with self._lock:
            try:
                reply = self._store.answer(Request(0, method, target, kept, body=body, sink=parts.append))
            except KeyError:
                return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
            except ValueError:
                return b"HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n"
        text = b"".join(parts)
        begun = b"HTTP/1.1 %d So\r\nContent-Length: %d\r\nETag: %b\r\n\r\n" % (
            reply.status,
            len(text),
            _etag(reply.head),
        )
        return begun if method == "HEAD" or reply.status == 204 else begun + text


def _etag(head: bytes) -> bytes:
    return head.partition(b"ETag: ")[2].partition(b"\r\n")[0]
