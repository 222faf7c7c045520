"""From a plan to the workload of one shard: which job, on which of the run's objects."""

import os
from collections.abc import Callable

from loadgen.base.encode import Encoder
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.plan import Plan, Shard
from loadgen.workloads.base import Workload
from loadgen.workloads.s3.batch import Batch
from loadgen.workloads.s3.checksums import make_checksum
from loadgen.workloads.s3.credentials import find_credentials
from loadgen.workloads.s3.desk import Desk
from loadgen.workloads.s3.each import make_each
from loadgen.workloads.s3.listing import Listing
from loadgen.workloads.s3.located import address_of
from loadgen.workloads.s3.mixed import Mixed
from loadgen.workloads.s3.multipart import Multipart
from loadgen.workloads.s3.objects import Objects
from loadgen.workloads.s3.operations import Operations
from loadgen.workloads.s3.sizes import Sizes
from loadgen.workloads.s3.steps import MakeBucket, Sweep


def make_s3_workload(
    plan: Plan, s3: S3Job, shard: Shard, transactions: Transactions, on_lost: Callable[[str], None]
) -> Workload:
    """The shard's workload. Shards take objects in turn, so that they need not tell each other anything.

    What takes several requests is told to `transactions`. `on_lost` is called, from another thread, when credentials
    have expired and there are no others.
    """
    provider = find_credentials(os.environ, s3.profile)
    provider.watch(on_lost)
    names = {operation: name_id for name_id, operation in enumerate(s3.operations)}
    checksum = make_checksum(s3.checksum)
    encoder = Encoder(plan.origin, keep_alive=plan.keep_alive) if plan.client == "raw" else None
    operations = Operations(
        address_of(plan, s3), provider, names, payload=s3.payload, checksum=checksum, encoder=encoder
    )
    desk = Desk(s3.retries, len(names))
    match s3.job:
        case "bucket":
            return MakeBucket(operations, desk)
        case "sweep":
            return Sweep(operations, s3.own_prefix, desk)
        case "list":
            return Listing(operations, s3.own_prefix, desk)
        case "batch":
            return Batch(s3, operations, desk, transactions, Sizes(s3.sizes, plan.seed), shard.index, shard.count)
        case "multipart":
            return Multipart(s3, Objects(operations, s3, plan.seed), desk, transactions, shard.index, shard.count)
        case "mixed":
            return Mixed(s3, Objects(operations, s3, plan.seed), desk, shard.index, shard.count, shard.seed)
        case _:
            return make_each(s3, Objects(operations, s3, plan.seed), desk, shard.index, shard.count, shard.seed)
