"""Jobs that do the same with one object after another: put, get, stat, copy, delete."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from operator import length_hint

from loadgen.base.exchange import Outcome, Request
from loadgen.measure.recorder import Recorder
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.plan import Shard
from loadgen.workloads.s3.existing import Existing
from loadgen.workloads.s3.objects import Objects
from loadgen.workloads.s3.order import over_and_over
from loadgen.workloads.s3.tasks import Send, Task


class Each:
    """A request for each of some objects, once or over and over: the script of all users, and their workload.

    Nobody awaits what comes of a request; with retries, `begin` makes a task of each instead.
    """

    only: Request | None = None

    def __init__(self, make: Callable[[int], Request], indices: Iterator[int]) -> None:
        self._make = make
        self._indices = indices
        self._requests = map(make, indices)

    @property
    def left(self) -> int:
        return length_hint(self._indices)

    def script(self, _user: int) -> "Each":
        return self

    def resume(self, _outcome: Outcome | None) -> Request | None:
        return next(self._requests, None)

    def begin(self, send: Send) -> Task | None:
        index = next(self._indices, None)
        return None if index is None else send(partial(self._make, index))

    def never_sent(self, recorder: Recorder, waited_ns: int) -> None:
        recorder.never_sent(0, waited_ns)


def make_each(s3: S3Job, objects: Objects | Existing, shard: Shard, seed: int) -> Each:
    """The job of a plan, whose seed that is, for one shard of those that take the objects in turn."""
    index, shards, end = shard.index, shard.count, s3.objects or 0
    once = range(index, end, shards)
    match s3.job:
        case "get" | "stat" | "copy" as name:
            return Each(getattr(objects, name), over_and_over(s3.order, end, shard, seed))
        case "delete" if s3.delete_many > 1:
            groups = range(index, -(-end // s3.delete_many), shards)
            return Each(partial(objects.delete_group, s3.delete_many, end), iter(groups))
        case "delete":
            return Each(objects.delete, iter(once))
        case _:
            assert isinstance(objects, Objects)
            return Each(objects.put, count(index, shards) if s3.objects is None else iter(once))
