"""The mixed job: gets, stats, puts and deletes by weight, over objects that come and go."""

from collections import Counter
from collections.abc import Callable
from itertools import cycle
from random import Random

from loadgen.base.exchange import Request
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.plan import Shard
from loadgen.workloads.s3.objects import Objects
from loadgen.workloads.s3.tasks import Send, Task
from loadgen.workloads.weights import weighted_cycle

_TRIES = 8
"""How often an object that nobody reads is looked for: with half of them being read, 1 in 256 deletes becomes a put."""


class Mixed:
    """One shard's objects, those that are known to be there. It reads and deletes no others, so none can be missing.

    An object that is being read is not deleted, and one that is being deleted is not read. Where there is none to read
    or to delete, one is put.
    """

    def __init__(self, s3: S3Job, objects: Objects, send: Send, shard: Shard) -> None:
        self._objects = objects
        self._send = send
        self._random = Random(shard.seed)
        self._names = [name for name, _ in s3.mix]
        self._picks = cycle(weighted_cycle([weight for _, weight in s3.mix], self._random))
        self._there = list(range(shard.index, s3.objects or 0, shard.count))
        self._reading: Counter[int] = Counter()
        self._next = shard.index + shard.count * len(self._there)
        self._count = shard.count

    def begin(self) -> Task | None:
        match self._names[next(self._picks)]:
            case "get" if self._there:
                return self._read(self._objects.get)
            case "stat" if self._there:
                return self._read(self._objects.stat)
            case "delete" if (place := self._to_delete()) is not None:
                return self._delete(place)
        if "put" in self._names:
            return self._put()
        if not self._there:
            return None
        return self._read(self._objects.stat if "stat" in self._names else self._objects.get)

    def skip(self) -> int:
        """The name of the next request, which is passed over."""
        return next(self._picks)

    def _read(self, make: Callable[[int], Request]) -> Task:
        index = self._there[self._any_place()]
        self._reading[index] += 1
        yield from self._send(lambda: make(index))
        self._reading[index] -= 1
        if not self._reading[index]:
            del self._reading[index]

    def _put(self) -> Task:
        index = self._next
        self._next += self._count
        outcome = yield from self._send(lambda: self._objects.put(index))
        if outcome.error is None:
            self._there.append(index)

    def _delete(self, place: int) -> Task:
        index = self._there[place]
        self._there[place] = self._there[-1]
        self._there.pop()
        yield from self._send(lambda: self._objects.delete(index))

    def _to_delete(self) -> int | None:
        """The place of an object that nobody reads; None where none was found soon."""
        for _ in range(min(_TRIES, len(self._there))):
            place = self._any_place()
            if self._there[place] not in self._reading:
                return place
        return None

    def _any_place(self) -> int:
        return int(self._random.random() * len(self._there))  # a fifth of what randrange takes
