"""The mixed job: gets, stats, puts and deletes by weight, over objects that come and go."""

from collections.abc import Callable
from itertools import cycle
from random import Random

from loadgen.base.exchange import Done, ErrorClass, Reply, Request
from loadgen.plan.jobs.s3 import S3Job
from loadgen.workloads.http import weighted_cycle
from loadgen.workloads.s3.desk import Desk
from loadgen.workloads.s3.objects import Objects

_TRIES = 8


class Mixed:
    """One shard's objects, those that are known to be there. It reads and deletes no others, so none can be missing.

    An object that is being read is not deleted, and one that is being deleted is not read. Where there is none to read
    or to delete, one is put.
    """

    only: Request | None = None
    left = 0

    def __init__(self, s3: S3Job, objects: Objects, desk: Desk, index: int, count: int, seed: int) -> None:
        self._objects = objects
        self._desk = desk
        self._range_bytes = s3.range_bytes
        self._random = Random(seed)
        self._names = [name for name, _ in s3.mix]
        self._picks = cycle(weighted_cycle([weight for _, weight in s3.mix], self._random))
        self._there = list(range(index, s3.objects or 0, count))
        self._reading: dict[int, int] = {}
        self._next = index + count * len(self._there)
        self._count = count

    @property
    def pending(self) -> int:
        """Requests whose end is still to be told."""
        return self._desk.pending

    def next(self) -> Request | None:
        """The next request in the shuffled order of the weights."""
        again = self._desk.again()
        if again is not None:
            return again
        match self._names[next(self._picks)]:
            case "get" if self._there:
                return self._read(self._get)
            case "stat" if self._there:
                return self._read(self._objects.stat)
            case "delete" if (place := self._to_delete()) is not None:
                return self._delete(place)
        if "put" in self._names:
            return self._put()
        if not self._there:
            return None
        return self._read(self._objects.stat if "stat" in self._names else self._get)

    def skip(self) -> int:
        """The name of the next request, which is passed over."""
        return next(self._picks)

    def _get(self, index: int) -> Request:
        if self._range_bytes is None:
            return self._objects.get(index)
        return self._objects.get(index, self._random.randrange(self._objects.size(index) - self._range_bytes + 1))

    def _read(self, make: Callable[[int], Request]) -> Request:
        index = self._there[self._any_place()]
        self._reading[index] = self._reading.get(index, 0) + 1
        return self._desk.send(lambda: make(index), self._read_done(index))

    def _read_done(self, index: int) -> Done:
        def done(_reply: Reply | None, _error: ErrorClass | None) -> None:
            left = self._reading.pop(index) - 1
            if left:
                self._reading[index] = left

        return done

    def _put(self) -> Request:
        index = self._next
        self._next += self._count

        def done(_reply: Reply | None, error: ErrorClass | None) -> None:
            if error is None:
                self._there.append(index)

        return self._desk.send(lambda: self._objects.put(index), done)

    def _any_place(self) -> int:
        return int(self._random.random() * len(self._there))  # a fifth of what randrange takes

    def _to_delete(self) -> int | None:
        """The place of an object that nobody reads; None where none was found soon."""
        for _ in range(min(_TRIES, len(self._there))):
            place = self._any_place()
            if self._there[place] not in self._reading:
                return place
        return None

    def _delete(self, place: int) -> Request:
        index = self._there[place]
        self._there[place] = self._there[-1]
        self._there.pop()
        return self._desk.send(lambda: self._objects.delete(index))
