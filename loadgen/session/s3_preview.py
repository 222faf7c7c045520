"""What a batch would take of its source: listed as the batch does, and no object is read."""

from loadgen.base.errors import UsageError
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.plan import Plan, Shard
from loadgen.session.s3_direct import Direct, direct
from loadgen.session.s3_words import nothing_under
from loadgen.workloads.s3.batch import Batch, Work
from loadgen.workloads.s3.sizes import Sizes
from loadgen.workloads.s3.tasks import Send
from loadgen.workloads.s3.workload import make_operations


async def find_works(plan: Plan, s3: S3Job) -> list[Work]:
    """Its objects in the order of the list, without what a journal says is done. Raises UsageError."""
    operations = make_operations(plan, s3)
    send = Send(s3.most_retries, len(s3.operations))
    all_of_it = Shard(0, 1, 0, 1, None, plan.seed)
    batch = Batch(s3, (operations, operations), send, Transactions(), Sizes(s3.sizes, plan.seed), all_of_it, None)

    def look(at_once: Direct) -> list[Work]:
        listing = batch.begin()
        assert listing is not None  # a batch with a source begins with its list
        at_once.do(listing)
        return [*batch.works]

    works = await direct(plan, look)
    if not works and not s3.resumed:
        raise UsageError(nothing_under(s3))
    return works
