"""How far a batch is, in objects: what a person waits for."""

from loadgen.measure.names import Kind
from loadgen.plan.jobs.s3 import LISTED
from loadgen.session.collector import Collector


def objects_done(collected: Collector) -> tuple[int, int] | None:
    """How many objects of a batch have ended, and how many were found so far; None where none was."""
    names, total = collected.names, collected.total
    listed = total.metrics.get(names.of(Kind.METRIC).get(LISTED, -1))
    if listed is None:
        return None
    whole = (total.transactions.get(number) for number in names.of(Kind.GROUP).values())
    return sum(tally.ok + tally.failed for tally in whole if tally is not None), round(listed.sum)
