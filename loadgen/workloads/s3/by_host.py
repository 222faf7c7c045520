"""Several endpoints of one store: each user has its own, and what is to be done is dealt out to all of them."""

from collections.abc import Sequence
from dataclasses import replace

from loadgen.base.dataclass import dataclass
from loadgen.measure.recorder import Recorder
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.plan import Shard
from loadgen.workloads.base import Script, Workload


def shard_of(shard: Shard, s3: S3Job, place: int) -> Shard:
    """The part of a shard that is done at one endpoint."""
    count = len(s3.hosts)
    return replace(shard, index=shard.index * count + place, count=shard.count * count, seed=shard.seed * 31 + place)


@dataclass(frozen=True, slots=True)
class ByHost:
    """The workloads of a shard's endpoints."""

    workloads: Sequence[Workload]
    shard: Shard

    @property
    def left(self) -> int:
        return sum(workload.left for workload in self.workloads)

    def script(self, user: int) -> Script:
        return self.workloads[self.shard.place_of_user(user, len(self.workloads))].script(user)

    def never_sent(self, recorder: Recorder, waited_ns: int) -> None:
        self.workloads[0].never_sent(recorder, waited_ns)
