"""What comes before and after the measured run: a missing bucket is made; what the run has put is deleted."""

from collections import deque
from collections.abc import Iterable, Iterator

from loadgen.base.exchange import Done, ErrorClass, Reply, Request
from loadgen.workloads.s3.desk import Desk, Make
from loadgen.workloads.s3.documents import DocumentError, S3Expect, fits_xml, read_page, read_uploads
from loadgen.workloads.s3.operations import Operations

_MISSING = 404
_A_LIST = S3Expect(body_contains=b"ListBucketResult")


class _ThereOrMissing(S3Expect):
    """A good reply says that the bucket is there, or that there is none: not everything with status 404 does."""

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        """None for a good reply, else what is wrong with it."""
        if status == _MISSING and self.code(kept) == "NoSuchBucket":
            return None
        return S3Expect.verdict(self, status, body_length, kept)


_THERE_OR_MISSING = _ThereOrMissing(body_contains=_A_LIST.body_contains)


class _Steps:
    """A queue of requests, each of which may put more into it."""

    only: Request | None = None
    left = 0

    def __init__(self, operations: Operations, desk: Desk) -> None:
        self._operations = operations
        self._desk = desk
        self._ready: deque[tuple[Make, Done | None]] = deque()

    @property
    def pending(self) -> int:
        """Requests whose end is still to be told."""
        return self._desk.pending

    def next(self) -> Request | None:
        """The next request that is ready."""
        again = self._desk.again()
        if again is not None or not self._ready:
            return again
        return self._desk.send(*self._ready.popleft())

    def skip(self) -> int:
        """Steps have no arrivals, and so none to skip."""
        return 0


class MakeBucket(_Steps):
    """Asks for a page of one key, whose reply says what is wrong where something is; creates a missing bucket."""

    def __init__(self, operations: Operations, desk: Desk) -> None:
        super().__init__(operations, desk)
        self._ready.append((self._look, self._looked))

    def _look(self) -> Request:
        request = self._operations.list(max_keys=1)
        request.expect = _THERE_OR_MISSING
        return request

    def _looked(self, reply: Reply | None, error: ErrorClass | None) -> None:
        if reply is not None and error is None and reply.status == _MISSING:
            self._ready.append((self._operations.create_bucket, None))


class Sweep(_Steps):
    """Deletes what is listed under a prefix, page after page, and aborts uploads that were begun there."""

    def __init__(self, operations: Operations, prefix: str, desk: Desk) -> None:
        super().__init__(operations, desk)
        self._prefix = prefix
        self._list(None)
        self._ready.append((lambda: operations.list_uploads(prefix), self._uploads))

    def _list(self, token: str | None) -> None:
        def make() -> Request:
            request = self._operations.list(self._prefix, token=token)
            request.expect = _A_LIST
            return request

        self._ready.append((make, self._page))

    def _page(self, reply: Reply | None, error: ErrorClass | None) -> None:
        if reply is None or error is not None:
            return
        try:
            page = read_page(reply.kept)
        except DocumentError:
            return
        self._delete([item.key for item in page.objects if item.key.startswith(self._prefix)])
        if page.token is not None:
            self._list(page.token)

    def _delete(self, keys: list[str]) -> None:
        plain = [key for key in keys if fits_xml(key)]
        if plain:
            self._ready.append((lambda: self._operations.delete_many(plain), None))
        for key in _others(keys):
            self._ready.append((lambda key=key: self._operations.delete(key), None))  # type: ignore[misc]

    def _uploads(self, reply: Reply | None, error: ErrorClass | None) -> None:
        if reply is None or error is not None:
            return
        for key, upload_id in _read_uploads(reply.kept):
            if key.startswith(self._prefix):
                self._ready.append(
                    (lambda key=key, upload=upload_id: self._operations.abort_multipart(key, upload), None)  # type: ignore[misc]
                )


def _others(keys: Iterable[str]) -> Iterator[str]:
    return (key for key in keys if not fits_xml(key))


def _read_uploads(kept: bytes) -> tuple[tuple[str, str], ...]:
    try:
        return read_uploads(kept)
    except DocumentError:
        return ()
