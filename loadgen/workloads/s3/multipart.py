"""Multipart uploads: begin one, send its parts by whoever is free, put them together; or give it up."""

from collections import deque
from dataclasses import dataclass, field

from loadgen.base.exchange import Done, ErrorClass, Reply, Request
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.s3 import S3Job
from loadgen.workloads.s3.desk import Desk
from loadgen.workloads.s3.documents import DocumentError, Part, find_etag, read_upload_id
from loadgen.workloads.s3.objects import Objects


@dataclass(slots=True)
class Upload:
    """One upload under way: parts `next_part` to `last_part` are still to be sent, `out` are on their way."""

    index: int
    size: int
    last_part: int
    upload_id: str = ""
    transaction: int = 0
    next_part: int = 1
    out: int = 0
    failed: bool = False
    done: list[Part] = field(default_factory=list)


class Multipart:
    """Parts that are ready go before new uploads. After a failed part no more are sent, and the upload is aborted."""

    only: Request | None = None

    def __init__(
        self, s3: S3Job, objects: Objects, desk: Desk, transactions: Transactions, index: int, count: int
    ) -> None:
        self._objects = objects
        self._operations = objects.operations
        self._desk = desk
        self._transactions = transactions
        self._part_bytes = s3.part_bytes
        self._next = index
        self._count = count
        self._end = s3.objects
        self._open: deque[Upload] = deque()
        self._to_close: deque[Upload] = deque()

    @property
    def pending(self) -> int:
        """Requests whose end is still to be told."""
        return self._desk.pending

    @property
    def left(self) -> int:
        """The requests of uploads that were not finished or not begun, if all had gone well."""
        under_way = sum(upload.last_part - upload.next_part + 2 for upload in self._open) + len(self._to_close)
        if self._end is None:
            return under_way
        return under_way + sum(self._parts(index) + 2 for index in range(self._next, self._end, self._count))

    def next(self) -> Request | None:
        """The end of an upload, a part, or the beginning of another upload."""
        again = self._desk.again()
        if again is not None:
            return again
        if self._to_close:
            return self._close(self._to_close.popleft())
        if self._open:
            return self._part(self._open[0])
        if self._end is not None and self._next >= self._end:
            return None
        upload = Upload(self._next, self._objects.size(self._next), self._parts(self._next))
        self._next += self._count
        key = self._objects.key(upload.index)
        request = self._desk.send(lambda: self._operations.create_multipart(key), self._begun(upload))
        upload.transaction = self._transactions.begin()
        return request

    def skip(self) -> int:
        """The name of a part, which most requests are."""
        return 0

    def _parts(self, index: int) -> int:
        return max(1, -(-self._objects.size(index) // self._part_bytes))

    def _begun(self, upload: Upload) -> Done:
        def done(reply: Reply | None, error: ErrorClass | None) -> None:
            if reply is None or error is not None:
                self._transactions.end(upload.transaction, error)
                return
            try:
                upload.upload_id = read_upload_id(reply.kept)
            except DocumentError:
                self._transactions.end(upload.transaction, ErrorClass.UNEXPECTED_BODY)
                return
            self._open.append(upload)

        return done

    def _part(self, upload: Upload) -> Request:
        number = upload.next_part
        upload.next_part += 1
        upload.out += 1
        if number == upload.last_part:
            self._open.popleft()
        size = min(self._part_bytes, upload.size - (number - 1) * self._part_bytes)
        key, content = self._objects.key(upload.index), self._objects.body(upload.index, size, number)

        def make() -> Request:
            request = self._operations.put_part(key, upload.upload_id, number, content)
            request.payload = size
            return request

        def done(reply: Reply | None, error: ErrorClass | None) -> None:
            upload.out -= 1
            etag = find_etag(reply.head) if reply is not None and error is None else None
            if etag is None:
                self._fail(upload, error or ErrorClass.UNEXPECTED_BODY)
            else:
                upload.done.append(Part(number, etag, self._operations.checksum_of(content)))
            if upload.out == 0 and (upload.failed or len(upload.done) == upload.last_part):
                self._to_close.append(upload)

        return self._desk.send(make, done)

    def _fail(self, upload: Upload, error: ErrorClass) -> None:
        upload.failed = True
        self._transactions.end(upload.transaction, error)
        if upload in self._open:
            self._open.remove(upload)

    def _close(self, upload: Upload) -> Request:
        """Complete it, or abort it where a part or the completion has failed."""
        key, upload_id = self._objects.key(upload.index), upload.upload_id
        if upload.failed:
            return self._desk.send(lambda: self._operations.abort_multipart(key, upload_id))

        def done(_reply: Reply | None, error: ErrorClass | None) -> None:
            if error is not None:
                self._fail(upload, error)
                self._to_close.append(upload)
            else:
                self._transactions.end(upload.transaction, None, upload.size)

        return self._desk.send(lambda: self._operations.complete_multipart(key, upload_id, upload.done), done)
