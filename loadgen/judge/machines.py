"""Whether to believe one of several machines."""

from dataclasses import replace

from loadgen.judge.validity import own_limits
from loadgen.results.result import MachineRow, Result

LATE_MS = 10.0
"""As much later than the others it began: more than any clock of a local network is off."""

CLOCK_BOUND_MS = 50.0
"""Farther apart than this, machines do not start together by any human measure: it takes a wide network."""


def judge_machine(row: MachineRow, own: Result) -> MachineRow:
    """The same with its verdict and reasons. `own` is the whole run, with the generator of this machine alone."""
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
    return replace(row, verdict="limited" if reasons else "valid", reasons=reasons)
