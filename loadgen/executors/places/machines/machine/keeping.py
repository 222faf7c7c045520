"""A machine's own copy of its part of a run, for when its coordinator is gone."""

from collections.abc import Callable, Sequence
from typing import Protocol

from loadgen.guard.shared_state import SharedState
from loadgen.measure.recording import Frame
from loadgen.plan.plan import Plan


class Keeper(Protocol):
    """Has what a machine told of one run. Whoever makes it knows what a result is (session/kept_result.py)."""

    def add(self, frames: Sequence[Frame]) -> None:
        """What was recorded. They are the keeper's."""

    def end(self, control: SharedState) -> None:
        """The part is over; of `control` only the slots of its own workers are looked at, now."""

    def keep(self, why: str) -> str:
        """Write it to a file; what to tell of that, in a line. Nothing where nothing was sent."""


MakeKeeper = Callable[[Plan, range, str], Keeper]
"""Of a plan, the machine's shards, and the run's name."""


class NoKeeper:
    """A Keeper that keeps nothing."""

    def add(self, frames: Sequence[Frame]) -> None:
        pass

    def end(self, control: SharedState) -> None:
        pass

    def keep(self, why: str) -> str:
        return ""


def keep_nothing(_plan: Plan, _shards: range, _run: str) -> Keeper:
    """A MakeKeeper."""
    return NoKeeper()
