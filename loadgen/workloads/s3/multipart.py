"""Multipart uploads: begin one, send its parts by whoever is free, put them together; or give it up."""

from collections.abc import Iterator
from dataclasses import field

from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.s3_sizes import class_of
from loadgen.plan.plan import Shard
from loadgen.workloads.s3.objects import Objects
from loadgen.workloads.s3.protocol.documents import Part, find_etag, good_body, read_upload_id
from loadgen.workloads.s3.tasks import Fork, Send, Task


@dataclass(slots=True)
class Upload:
    """One that was begun: how many parts are still to be sent, those that arrived, what was wrong with another."""

    index: int
    upload_id: str
    unsent: int
    parts: list[Part] = field(default_factory=list)
    error: ErrorClass | None = None


class Multipart:
    """The uploads of one shard. After a failed part no more are sent, and the upload is aborted."""

    def __init__(self, s3: S3Job, objects: Objects, send: Send, transactions: Transactions, shard: Shard) -> None:
        self._objects = objects
        self._operations = objects.operations
        self._send = send
        self._transactions = transactions
        self._wholes = transactions.numbers(s3.wholes)
        self._part_bytes = s3.part_bytes
        self._next, self._count = shard.index, shard.count
        self._end = s3.objects
        self._open: list[Upload] = []

    def begin(self) -> Task | None:
        index = self._next
        if self._end is not None and index >= self._end:
            return None
        self._next += self._count
        return self._upload(index)

    def left(self) -> int:
        """The requests of uploads that were not finished or not begun, if all goes well."""
        ahead = range(self._next, self._end, self._count) if self._end is not None else ()
        open_parts = sum(upload.unsent + 1 for upload in self._open if upload.error is None)
        return open_parts + sum(self._part_count(index) + 2 for index in ahead)

    def _part_count(self, index: int) -> int:
        return max(1, -(-self._objects.sizes.of(index) // self._part_bytes))

    def _upload(self, index: int) -> Task:
        key, operations, end = self._objects.key(index), self._operations, self._transactions.end
        size = self._objects.sizes.of(index)
        transaction = self._transactions.begin(self._wholes.get(class_of(size)))
        outcome = yield from self._send(lambda: operations.create_multipart(key))
        if outcome.error is not None:
            end(transaction, outcome.error)
            return
        upload_id = read_upload_id(good_body(outcome))
        upload = Upload(index, upload_id, self._part_count(index))
        self._open.append(upload)
        yield Fork(self._parts(upload, transaction))
        self._open.remove(upload)
        error = upload.error
        if error is None:
            outcome = yield from self._send(lambda: operations.complete_multipart(key, upload_id, upload.parts, size))
            error = outcome.error
            end(transaction, error, size)
        if error is not None:
            yield from self._send(lambda: operations.abort_multipart(key, upload_id))

    def _parts(self, upload: Upload, transaction: int) -> Iterator[Task]:
        """In order, as long as none has failed."""
        for number in range(1, upload.unsent + 1):
            if upload.error is not None:
                break
            upload.unsent -= 1
            yield self._part(upload, number, transaction)

    def _part(self, upload: Upload, number: int, transaction: int) -> Task:
        key = self._objects.key(upload.index)
        size = min(self._part_bytes, self._objects.sizes.of(upload.index) - (number - 1) * self._part_bytes)
        content = self._objects.bodies.body(upload.index, size, number)

        def make() -> Request:
            request = self._operations.put_part(key, upload.upload_id, number, content)
            request.payload = size
            return request

        outcome = yield from self._send(make)
        if outcome.error is not None:
            upload.error = outcome.error
            self._transactions.end(transaction, upload.error)
        else:
            etag = (find_etag(outcome.reply.head) if outcome.reply is not None else None) or ""
            upload.parts.append(Part(number, etag, self._operations.checksum_of(content)))
