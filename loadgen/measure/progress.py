"""How far a run is: what the live line shows."""

from dataclasses import dataclass
from typing import Literal

Phase = Literal["opening", "running", "draining"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of a run at one moment. `planned_s` and `planned_requests` are None where there is no such limit.

    `elapsed_s` counts from the start gate, `done` are complete replies and errors so far, `rate_rps` and `p99_ms`
    are of the last moments; `connected` of `users` connections are open. `step` names what is not
    the run itself: a preparation, a clean-up.
    """

    elapsed_s: float
    planned_s: float | None
    planned_requests: int | None
    done: int
    rate_rps: float
    p99_ms: float | None
    errors: int
    connected: int
    users: int
    phase: Phase
    step: str = ""

    @property
    def progress(self) -> float | None:
        """How much of the plan is done, 0 to 1: the limit that is nearer; None without any limit."""
        if self.phase == "opening":
            return min(1.0, self.connected / self.users) if self.users else 1.0
        parts = [
            done / planned
            for done, planned in ((self.elapsed_s, self.planned_s), (self.done, self.planned_requests))
            if planned
        ]
        return min(1.0, max(parts)) if parts else None
