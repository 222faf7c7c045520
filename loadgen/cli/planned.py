"""What `run` and `s3` are to run."""

from dataclasses import dataclass

from loadgen.cli.output import Delivery
from loadgen.cli.parameters import Against
from loadgen.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, found to be good before what runs it is imported."""

    plan: Plan
    delivery: Delivery
    rounds: int
    against: Against

    @property
    def body(self) -> str:
        """What runs it: to make rounds and judge them takes more."""
        return "rounds:rounds" if self.rounds > 1 or self.against.asked else "run:run"
