"""The append job: objects grow by a piece at a time, where the store can do that.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-objects-append.html
"""

from collections import deque
from dataclasses import field

from loadgen.base.dataclass import dataclass
from loadgen.base.exchange import Outcome, Request
from loadgen.base.pattern import pattern
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.s3_operations import Operation
from loadgen.plan.plan import Shard
from loadgen.workloads.s3.objects import Objects
from loadgen.workloads.s3.protocol.data import Content
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.s3.tasks import Send, Task

MOST_APPENDS = 9_999
"""S3 takes 10,000 parts of an object, the first of which was put."""
_LENGTH = pattern(rb"(?i)\r\ncontent-length:[ \t]*(\d+)")


def append(operations: Operations, key: str, content: Content, offset: int) -> Request:
    """Add to an object that has so many bytes."""
    return operations.put(key, content, (("x-amz-write-offset-bytes", str(offset)),), Operation.APPEND)


def length_of(outcome: Outcome) -> int | None:
    """How many bytes an object has that was looked at."""
    found = _LENGTH.search(outcome.reply.head) if outcome.error is None and outcome.reply is not None else None
    return None if found is None else int(found[1])


@dataclass(slots=True)
class _Growing:
    index: int
    length: int
    pieces: int = field(default=0)


class Appends:
    """One shard's objects, each appended to by one user at a time; one that is as long as may be is left alone.

    The length of an object whose append was lost is asked for. Where the store does not tell it, that is left alone.
    """

    def __init__(self, s3: S3Job, objects: Objects, send: Send, shard: Shard, most: int = MOST_APPENDS) -> None:
        self._objects = objects
        self._operations = objects.operations
        self._send = send
        self._most = most
        indices = range(shard.index, s3.objects or 0, shard.count)
        self._idle = deque(_Growing(index, objects.sizes.of(index)) for index in indices)

    def begin(self) -> Task | None:
        return self._append(self._idle.popleft()) if self._idle else None

    def _append(self, growing: _Growing) -> Task:
        index, number = growing.index, growing.pieces + 1
        key, size = self._objects.key(index), self._objects.sizes.of(index)
        content = self._objects.bodies.body(index, size, number)

        def make() -> Request:
            request = append(self._operations, key, content, growing.length)
            request.payload = size
            return request

        outcome = yield from self._send(make)
        length: int | None = growing.length
        if outcome.error is None:
            length, growing.pieces = growing.length + size, number
        elif outcome.reply is None or outcome.reply.status // 100 == 2:
            length = length_of((yield from self._send(lambda: self._operations.stat(key))))
        if length is not None and growing.pieces < self._most:
            growing.length = length
            self._idle.append(growing)
