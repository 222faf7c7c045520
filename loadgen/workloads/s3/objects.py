"""The objects of one run: what the key, the size and the bytes of object number `index` are. Nothing is kept."""

from collections.abc import Callable
from hashlib import sha256
from random import Random
from time import time

from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import JOINED_BODY_BYTES, Request, RequestGroup
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.s3_operations import Operation
from loadgen.plan.jobs.s3_sizes import class_of
from loadgen.workloads.s3.protocol.data import Bodies, Match
from loadgen.workloads.s3.protocol.documents import S3Expect
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.s3.sizes import Sizes
from loadgen.workloads.sigv4.credentials import Provider
from loadgen.workloads.sigv4.signer import UNSIGNED_PAYLOAD

COPIES = "copies/"
PRESIGNED_FOR_S = 900
"""As long as S3 takes a signature that stands in the headers."""
_WHOLE = ((200, 200),)
_UNSIGNED = UNSIGNED_PAYLOAD.encode()
_PARTIAL = ((206, 206),)
GOOD_FOR_S = 60.0
"""S3 takes a signature for 15 minutes: also where the clocks are minutes apart, and signing costs nothing so seldom."""
MOST_KEPT = 16384
"""About 1.5 kB each; the requests for more objects than that are made each time."""
_NONE: tuple[Request | None, float] = (None, 0.0)


@dataclass(frozen=True, slots=True)
class SameExpect(S3Expect):
    """A good download is what was put, byte by byte; `match` is the request's sink."""

    match: Match | None = None

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        problem = S3Expect.verdict(self, status, body_length, kept)
        if problem is None and self.match is not None and self.match.problem(body_length) is not None:
            return ErrorClass.WRONG_CONTENT
        return problem

    def describe(self, status: int, code: str) -> str:
        differs = self.match.problem(self.length or 0) if self.match is not None and not code else None
        good = any(low <= status <= high for low, high in self.statuses)
        return differs if good and differs is not None else S3Expect.describe(self, status, code)


class Objects:
    """Makes the requests for objects by their number. Belongs to one thread.

    `sizes` and `bodies` are theirs, `random` draws where ranges begin. With sizes that are all the same, replies to one
    operation say the same (see RequestGroup).
    """

    def __init__(self, operations: Operations, s3: S3Job, seed: int, random: Random) -> None:
        self.operations = operations
        self._prefix = s3.own_prefix
        self.key = s3.key
        self.sizes = Sizes(s3.sizes, seed)
        self._size = self.sizes.fixed
        self._hashes = operations.hashes
        self._named = s3.naming.added  # by class of size, what is added to a name id
        self.bodies = Bodies(seed, s3.content)
        self._range_bytes = s3.range_bytes
        self._random = random
        self._verify = s3.verify
        self._presigned = s3.presigned
        self._shared = s3.job in ("get", "stat") and not s3.most_retries
        self._whole = Signed(self._get, operations.provider)
        self._head = Signed(self._stat, operations.provider)
        self._put_group, self._get_group, self._stat_group, self._delete_group = (
            RequestGroup(repeats=False) if self._size is not None else None for _ in range(4)
        )
        template = operations.template if s3.prefixes == 1 else _no_template
        self._puts = template(Operation.PUT, self._prefix, self._put_group, self._size or 0)
        self._gets = template(Operation.GET, self._prefix, self._get_group)
        self._stats = template(Operation.STAT, self._prefix, self._stat_group)
        self._deletes = template(Operation.DELETE, self._prefix, self._delete_group)

    def put(self, index: int) -> Request:
        size = self.sizes.of(index) if self._size is None else self._size
        if self._puts is not None and size <= JOINED_BODY_BYTES:
            common, mark = self.bodies.short(index, size)
            hashed = _UNSIGNED
            if self._hashes:
                digest = sha256(common)
                digest.update(mark)
                hashed = digest.hexdigest().encode()
            request = self._puts.upload(b"%08d" % index, hashed, size, common, mark)
            if self._size is not None:
                return request
        else:
            request = self.operations.put(self.key(index), self.bodies.body(index, size))
        request.payload = size
        request.group = self._put_group
        if self._named:
            request.name_id += self._named[class_of(size)]
        return request

    def get(self, index: int) -> Request:
        """Download an object, or a range of it from a random byte on, as the plan says."""
        start = 0
        if self._range_bytes is not None:
            start = self._random.randrange(self.sizes.of(index) - self._range_bytes + 1)
            request = self.operations.get_range(self.key(index), start, self._range_bytes)
            request.payload, request.group = self._range_bytes, self._get_group
        elif self._shared and not self._verify:
            return self._whole(index)
        else:
            request = self._whole(index).twin()
        if self._verify:
            match = Match(self.bodies.body(index, self.sizes.of(index)), start)
            statuses = _WHOLE if self._range_bytes is None else _PARTIAL
            request.expect = SameExpect(statuses, length=request.payload, match=match)
            request.sink, request.group = match, None
        return request

    def stat(self, index: int) -> Request:
        request = self._head(index)
        return request if self._shared else request.twin()

    def copy(self, index: int) -> Request:
        """Copy an object within the store, each time to the same place."""
        size = self.sizes.of(index)
        request = self.operations.copy(self.key(index), f"{self._prefix}{COPIES}{index:08d}", size)
        request.payload = size
        if self._named:
            request.name_id += self._named[class_of(size)]
        return request

    def delete(self, index: int) -> Request:
        template = self._deletes
        request = self.operations.delete(self.key(index)) if template is None else template.plain(b"%08d" % index)
        request.group = self._delete_group
        return request

    def delete_group(self, size: int, end: int, group: int) -> Request:
        """Delete `size` objects with one request, of those before object `end`."""
        return self.operations.delete_many(map(self.key, range(group * size, min(end, (group + 1) * size))))

    def _get(self, index: int) -> Request:
        size = self.sizes.of(index)
        if self._presigned:
            request = self.operations.presigned_get(self.key(index), PRESIGNED_FOR_S, size)
        elif self._gets is not None:
            request = self.operations.moving(size, self._gets.plain(b"%08d" % index))
            request.expect = self.operations.expected(size)
        else:
            request = self.operations.get(self.key(index), size)
        request.payload = size
        request.group = self._get_group
        if self._named:
            request.name_id += self._named[class_of(size)]
        return request

    def _stat(self, index: int) -> Request:
        template = self._stats
        request = self.operations.stat(self.key(index)) if template is None else template.plain(b"%08d" % index)
        request.group = self._stat_group
        return request


def _no_template(_operation: Operation, _prefix: str, _group: RequestGroup | None, _payload: int = 0) -> None:
    """Keys do not all begin alike."""


class Signed:
    """Makes the request for an object, or finds the one that was made less than a minute ago. Belongs to one thread.

    It is the same object again, also while it is under way: whoever changes it takes a `twin`. `clock` gives seconds.
    """

    def __init__(
        self,
        make: Callable[[int], Request],
        provider: Provider,
        clock: Callable[[], float] = time,
        most_kept: int = MOST_KEPT,
    ) -> None:
        self._make = make
        self._most_kept = most_kept
        self._provider = provider
        self._clock = clock
        self._credentials = provider.current
        self._kept: dict[int, tuple[Request, float]] = {}

    def __call__(self, index: int) -> Request:
        if self._provider.current is not self._credentials:
            self._credentials = self._provider.current
            self._kept.clear()
        now = self._clock()
        request, until_s = self._kept.get(index, _NONE)
        if request is not None and now < until_s:
            return request
        request = self._make(index)
        if len(self._kept) < self._most_kept or index in self._kept:
            self._kept[index] = request, now + GOOD_FOR_S
        return request
