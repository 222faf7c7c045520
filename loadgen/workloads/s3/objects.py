"""The objects of one run: what the key, the size and the bytes of object number `index` are. Nothing is kept."""

from dataclasses import dataclass

from loadgen.base.exchange import ErrorClass, Request
from loadgen.plan.s3 import S3Plan
from loadgen.workloads.s3.data import Bodies, Body, Match
from loadgen.workloads.s3.expect import S3Expect
from loadgen.workloads.s3.operations import Operations
from loadgen.workloads.s3.sizes import Sizes

COPIES = "copies/"
_WHOLE = ((200, 200),)
_PARTIAL = ((206, 206),)


@dataclass(frozen=True, slots=True)
class SameExpect(S3Expect):
    """A good download is what was put, byte by byte; `match` is the request's sink."""

    match: Match | None = None

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        """None for a good reply, else what is wrong with it."""
        problem = S3Expect.verdict(self, status, body_length, kept)
        if problem is None and self.match is not None and self.match.problem(body_length) is not None:
            return ErrorClass.WRONG_CONTENT
        return problem

    def said(self, status: int, code: str) -> str:
        """Where the object differs, or what the reply says of itself."""
        differs = self.match.problem(self.length or 0) if self.match is not None and not code else None
        good = any(low <= status <= high for low, high in self.statuses)
        return differs if good and differs is not None else S3Expect.said(self, status, code)


class Objects:
    """Makes the requests for objects by their number. Belongs to one thread."""

    def __init__(self, operations: Operations, s3: S3Plan, seed: int) -> None:
        self.operations = operations
        self._prefix = s3.own_prefix
        self._sizes = Sizes(s3.sizes, seed)
        self._bodies = Bodies(seed)
        self._range_bytes = s3.range_bytes
        self._verify = s3.verify

    def key(self, index: int) -> str:
        """The key of an object."""
        return f"{self._prefix}{index:08d}"

    def size(self, index: int) -> int:
        """The size of an object."""
        return self._sizes.of(index)

    def body(self, index: int, size: int, part: int = 0) -> Body:
        """What an object, or a part of one, consists of."""
        return self._bodies.body(index, size, part)

    def put(self, index: int) -> Request:
        """Upload an object."""
        size = self._sizes.of(index)
        request = self.operations.put(self.key(index), self._bodies.body(index, size))
        request.payload = size
        return request

    def get(self, index: int, start: int = 0) -> Request:
        """Download an object, or a range of it from `start` on, as the plan says."""
        length = size = self._sizes.of(index)
        match = Match((self._bodies.body(index, size),), start) if self._verify else None
        if self._range_bytes is None:
            request = self.operations.get(self.key(index), size, match)
        else:
            length = self._range_bytes
            request = self.operations.get_range(self.key(index), start, length, match)
        if match is not None:
            request.expect = SameExpect(_WHOLE if self._range_bytes is None else _PARTIAL, length=length, match=match)
        request.payload = length
        return request

    def stat(self, index: int) -> Request:
        """Ask for an object's head."""
        return self.operations.stat(self.key(index))

    def copy(self, index: int) -> Request:
        """Copy an object within the store, each time to the same place."""
        request = self.operations.copy(self.key(index), f"{self._prefix}{COPIES}{index:08d}")
        request.payload = self._sizes.of(index)
        return request

    def delete(self, index: int) -> Request:
        """Delete an object."""
        return self.operations.delete(self.key(index))
