"""How the processes of a plan, and with them its shards, are dealt out to machines."""

from collections.abc import Sequence

from loadgen.base.errors import UsageError
from loadgen.base.units import counted
from loadgen.plan.plan import Plan


def deal(plan: Plan, cores: Sequence[int]) -> list[range]:
    """Each machine's shards: as many processes as it has cores where there is one for each, else in proportion.

    Raises UsageError where a machine would have none.
    """
    if plan.processes < len(cores):
        raise UsageError(
            f"{len(cores)} machines need at least as many processes, but there {_are(plan)}; "
            "use fewer machines, or more --processes and connections"
        )
    counts = _in_proportion(plan.processes, cores)
    each = plan.shard_count // plan.processes
    ends = [sum(counts[: index + 1]) * each for index in range(len(counts))]
    return [range(end - count * each, end) for end, count in zip(ends, counts, strict=True)]


def _are(plan: Plan) -> str:
    verb = "is" if plan.processes == 1 else "are"
    return f"{verb} {counted(plan.processes, 'process', 'processes')} in {plan.mode} mode"


def _in_proportion(total: int, weights: Sequence[int]) -> list[int]:
    """Whole numbers that add up: one for each, and the rest to whoever is furthest below its share."""
    counts = [1] * len(weights)
    for _ in range(total - len(weights)):
        behind = min(range(len(weights)), key=lambda index: (counts[index] / weights[index], index))
        counts[behind] += 1
    return counts
