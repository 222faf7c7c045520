"""Whether to believe one of several machines."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from loadgen.judge.validity import own_limits
from loadgen.results.result import MachineRow, Result

LATE_MS = 10.0
"""As much later than the others it began: more than any clock of a local network is off."""

CLOCK_BOUND_MS = 50.0
"""Farther apart than this, machines do not start together by any human measure: it takes a wide network."""


FAR = 2.0
"""Times the median of all: of the same server on the same path no machine is twice as far away. Below FAR_MS it may be,
for what a kernel and a switch take themselves."""
FAR_MS = 1.0


def judge_machine(row: MachineRow, own: Result, others: Sequence[MachineRow] = ()) -> MachineRow:
    """The same with its verdict and reasons. `own` is the whole run, with the generator of this machine alone.

    `others` are all machines of the run, of which one may be far from the target.
    """
    if row.lost:
        return replace(row, verdict="invalid", reasons=[f"it was lost: {row.lost}"])
    reasons = own_limits(own)
    if row.gate_early_ms is not None and row.gate_early_ms < -LATE_MS:
        reasons.append(
            f"it learned of the start {-row.gate_early_ms:.0f} ms after it, and began later than the others; use a "
            "machine that is less busy, or nearer"
        )
    if row.clock_bound_ms > CLOCK_BOUND_MS:
        reasons.append(
            f"its clock is known to {row.clock_bound_ms:.0f} ms only, and so is when it began; use machines that are "
            "nearer to this one"
        )
    times = [other.service_p50_ms for other in others if other.service_p50_ms is not None]
    if len(times) > 2 and row.service_p50_ms is not None:
        middle_ms = median(times)
        if row.service_p50_ms > FAR * middle_ms and row.service_p50_ms - middle_ms > FAR_MS:
            reasons.append(
                f"its service time is {row.service_p50_ms:.1f} ms at p50, and {middle_ms:.1f} ms on the machine in the "
                "middle: it has another way to the target, or more to do beside"
            )
    return replace(row, verdict="limited" if reasons else "valid", reasons=reasons)
