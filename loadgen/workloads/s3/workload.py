"""From a plan to the workload of one shard: which job, on which of the run's objects."""

import os
from collections.abc import Callable
from functools import partial
from random import Random
from threading import Lock
from time import time

from loadgen.base.clock import Clock, now_ns
from loadgen.base.encode import Encoder
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.s3_fields import fields_by_operation
from loadgen.plan.jobs.s3_places import Target
from loadgen.plan.plan import Plan, Shard
from loadgen.workloads.base import Workload
from loadgen.workloads.s3.appends import Appends
from loadgen.workloads.s3.batch import Batch
from loadgen.workloads.s3.bucket import go_through, make_bucket
from loadgen.workloads.s3.by_host import ByHost, shard_of
from loadgen.workloads.s3.each import Each, make_each
from loadgen.workloads.s3.existing import Existing
from loadgen.workloads.s3.found import Found, pages_of, survey
from loadgen.workloads.s3.listing import listed
from loadgen.workloads.s3.mixed import Mixed
from loadgen.workloads.s3.multipart import Multipart
from loadgen.workloads.s3.objects import Objects
from loadgen.workloads.s3.protocol.checksums import make_checksum
from loadgen.workloads.s3.protocol.documents import read_end
from loadgen.workloads.s3.protocol.endpoint import BucketAddress
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.s3.sizes import Sizes
from loadgen.workloads.s3.sweep import sweep
from loadgen.workloads.s3.tasks import MOST_PAUSING, Locked, Send, Task, Tasks, nobody_asks
from loadgen.workloads.sigv4.credentials import find_credentials


def make_s3_workload(
    plan: Plan,
    s3: S3Job,
    shard: Shard,
    transactions: Transactions,
    on_lost: Callable[[str], None],
    on_unwritten: Callable[[], None],
    on_failed: Callable[[int], None],
    *,
    threads: bool = False,
) -> Workload:
    """The shard's workload. Shards take objects in turn, so that they need not tell each other anything.

    `transactions` takes what several requests belong to. `on_lost` is called, from another thread, when credentials
    have expired and there are no others; `on_unwritten` where a batch cannot write down what is done; `on_failed`,
    with retries, where a request has failed for good. `threads`: each user has a thread of its own.
    """
    operations = make_operations(plan, s3)
    operations.provider.watch(on_lost)
    puts = operations
    if s3.to is not None:
        puts = make_operations(plan, s3, s3.to)
        puts.provider.watch(on_lost)
    make = partial(job_workload, s3, puts=puts, on_unwritten=on_unwritten, on_failed=on_failed)
    if s3.hosts:
        workload: Workload = ByHost(
            [
                make(make_operations(plan, s3, host, place), transactions, shard_of(shard, s3, place), plan.seed)
                for place, host in enumerate(s3.hosts)
            ],
            shard,
        )
    else:
        workload = make(operations, transactions, shard, plan.seed)
    return Locked(workload, Lock()) if threads else workload


def make_operations(plan: Plan, s3: S3Job, to: Target | None = None, place: int = 0) -> Operations:
    """The operations of a located job, on its bucket or another: that which it puts into, or the same at the endpoint
    with that `place`. Raises UsageError where there are no credentials.
    """
    at = s3 if to is None else to
    origin = plan.origin if to is None or to.origin is None else to.origin
    provider = find_credentials(os.environ, at.profile)
    names = s3.naming.ids(place)
    checksum = make_checksum(s3.checksum)
    encoder = Encoder(origin, keep_alive=plan.keep_alive) if plan.writes_wire else None
    assert at.addressing != "auto"  # it was located
    address = BucketAddress(origin, at.region, at.bucket, at.root, at.addressing)
    return Operations(
        address, provider, names, payload=s3.payload, checksum=checksum, encoder=encoder, timeout_s=plan.timeout_s,
        elsewhere=origin != plan.origin, own=fields_by_operation(s3.own_fields(time()), s3.job), waits=s3.waits,
    )  # fmt: skip


def job_workload(
    s3: S3Job,
    operations: Operations,
    transactions: Transactions,
    shard: Shard,
    seed: int,
    *,
    puts: Operations | None = None,
    on_unwritten: Callable[[], None],
    on_failed: Callable[[int], None] = nobody_asks,
    clock: Clock = now_ns,
) -> Workload:
    """The same for users of one thread, with operations on the bucket, and on that which a batch puts into, if it is
    another; `seed` is that of the run.
    """
    told = on_failed if s3.most_retries else nobody_asks
    send = Send(s3.most_retries, len(s3.operations), clock, told, s3.naming.wholes)
    tasks = partial(Tasks, clock=clock)
    match s3.job:
        case "bucket":
            return tasks(_once(make_bucket(operations, send)))
        case "sweep":
            return tasks(_once(sweep(operations, send, s3.own_prefix)))
        case "survey":
            return tasks(_once(survey(operations, send, s3, transactions)))
        case "list":
            if s3.versions:
                return tasks(lambda: go_through(pages_of(operations, send, s3)))
            prefix = s3.own_prefix if s3.existing is None else s3.existing
            return tasks(lambda: go_through(listed(operations, send, prefix, read_end)))
        case "batch":
            both = operations, puts or operations
            batch = Batch(s3, both, send, transactions, Sizes(s3.sizes, seed), shard, on_unwritten)
            return tasks(batch.begin, batch.left, most_pausing=MOST_PAUSING)
    if s3.listing is not None:
        there = Existing(operations, s3, Found(s3.listing), Random(shard.seed))
        return _each(make_each(s3, there, shard, seed), send, s3)
    objects = Objects(operations, s3, seed, Random(shard.seed))
    match s3.job:
        case "multipart":
            multipart = Multipart(s3, objects, send, transactions, shard)
            return tasks(multipart.begin, multipart.left)
        case "append":
            return tasks(Appends(s3, objects, send, shard).begin)
        case "mixed":
            mixed = Mixed(s3, objects, send, shard)
            return tasks(mixed.begin, skip=mixed.skip)
        case _:
            return _each(make_each(s3, objects, shard, seed), send, s3)


def _each(each: Each, send: Send, s3: S3Job) -> Workload:
    """It, or with retries a task for each of its requests."""
    return Tasks(lambda: each.begin(send), lambda: each.left, clock=send.clock) if s3.most_retries else each


def _once(task: Task) -> Callable[[], Task | None]:
    return partial(next, iter((task,)), None)
