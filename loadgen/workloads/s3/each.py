"""Jobs that do the same with one object after another: put, get, stat, copy, delete."""

from collections.abc import Callable
from random import Random

from loadgen.base.exchange import Request
from loadgen.plan.jobs.s3 import S3Job
from loadgen.workloads.s3.desk import Desk
from loadgen.workloads.s3.objects import Objects


class Each:
    """The objects of one shard in order: `index`, `index + count`, ... below `end`, once or (`again`) over and over."""

    only: Request | None = None

    def __init__(
        self,
        make: Callable[[int], Request],
        desk: Desk,
        index: int,
        count: int,
        end: int | None,
        *,
        again: bool = False,
    ) -> None:
        self._make = make
        self._desk = desk
        self._retries = desk.retries
        self._first = self._next = index
        self._count = count
        self._end = end
        self._again = again

    @property
    def pending(self) -> int:
        """Requests whose end is still to be told."""
        return self._desk.pending

    @property
    def left(self) -> int:
        """How many objects it would have gone on with."""
        if self._again or self._end is None:
            return 0
        return max(0, -(-(self._end - self._next) // self._count))

    def next(self) -> Request | None:
        """The request for the next object."""
        if self._retries:
            again = self._desk.again()
            if again is not None:
                return again
        index = self._next
        if self._end is not None and index >= self._end:
            if not self._again or self._first >= self._end:
                return None
            index = self._first
        self._next = index + self._count
        return self._desk.send(lambda: self._make(index)) if self._retries else self._make(index)

    def skip(self) -> int:
        """The only name there is."""
        return 0


def make_each(s3: S3Job, objects: Objects, desk: Desk, index: int, count: int, seed: int) -> Each:
    """The job of a plan for shard `index` of `count`."""
    match s3.job:
        case "get":
            return Each(_reader(s3, objects, seed), desk, index, count, s3.objects, again=True)
        case "stat":
            return Each(objects.stat, desk, index, count, s3.objects, again=True)
        case "copy":
            return Each(objects.copy, desk, index, count, s3.objects, again=True)
        case "delete" if s3.delete_many > 1:
            return _delete_many(s3, objects, desk, index, count)
        case "delete":
            return Each(objects.delete, desk, index, count, s3.objects)
        case _:
            return Each(objects.put, desk, index, count, s3.objects)


def _reader(s3: S3Job, objects: Objects, seed: int) -> Callable[[int], Request]:
    """Downloads, of ranges from a random byte on where ranges are asked for."""
    length = s3.range_bytes
    if length is None:
        return objects.get
    random = Random(seed)
    return lambda index: objects.get(index, random.randrange(objects.size(index) - length + 1))


def _delete_many(s3: S3Job, objects: Objects, desk: Desk, index: int, count: int) -> Each:
    """Deletes of `delete_many` objects each."""
    total, size = s3.objects or 0, s3.delete_many

    def delete(group: int) -> Request:
        keys = (objects.key(number) for number in range(group * size, min(total, (group + 1) * size)))
        return objects.operations.delete_many(keys)

    return Each(delete, desk, index, count, -(-total // size))
