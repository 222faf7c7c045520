"""Objects that were there before: read or deleted by their numbers in the list that was made of them."""

from random import Random

from loadgen.base.exchange import Request, RequestGroup
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.s3_sizes import class_of
from loadgen.workloads.s3.found import Found
from loadgen.workloads.s3.objects import PRESIGNED_FOR_S, Signed
from loadgen.workloads.s3.protocol.operations import Operations


class Existing:
    """Makes the requests for objects of a list by their number. Belongs to one thread.

    `random` draws where ranges begin: they lie within the object, and are all of it where that is no larger. Where all
    have one size, replies to one operation say the same (see RequestGroup).
    """

    def __init__(self, operations: Operations, s3: S3Job, items: Found, random: Random) -> None:
        self._operations = operations
        self._items = items
        self._presigned, self._range_bytes = s3.presigned, s3.range_bytes
        self._random = random
        self._shared = not s3.most_retries
        self._named = s3.naming.added
        alike = items.alike and s3.range_bytes is None
        self._get_group, self._stat_group = (RequestGroup(repeats=False) if alike else None for _ in range(2))
        self._whole = Signed(self._get, operations.provider)
        self._head = Signed(self._stat, operations.provider)

    def get(self, index: int) -> Request:
        item = self._items[index]
        if self._range_bytes is not None:
            length = min(self._range_bytes, item.size)
            start = self._random.randrange(item.size - length + 1)
            request = self._operations.get_range(item.key, start, length, item.version)
            request.payload = length
            return request
        return self._whole(index) if self._shared else self._whole(index).twin()

    def stat(self, index: int) -> Request:
        return self._head(index) if self._shared else self._head(index).twin()

    def delete(self, index: int) -> Request:
        item = self._items[index]
        return self._operations.delete(item.key, item.version)

    def delete_group(self, size: int, end: int, group: int) -> Request:
        """Delete `size` objects with one request, of those before object `end`."""
        items = [self._items[index] for index in range(group * size, min(end, (group + 1) * size))]
        return self._operations.delete_many((item.key for item in items), (item.version for item in items))

    def _get(self, index: int) -> Request:
        item = self._items[index]
        if self._presigned:
            request = self._operations.presigned_get(item.key, PRESIGNED_FOR_S, item.size)
        else:
            request = self._operations.get(item.key, item.size, item.version)
        request.payload, request.group = item.size, self._get_group
        if self._named:
            request.name_id += self._named[class_of(item.size)]
        return request

    def _stat(self, index: int) -> Request:
        item = self._items[index]
        request = self._operations.stat(item.key, version=item.version)
        request.group = self._stat_group
        return request
