"""`loadgen run`, its plan."""

from loadgen.cli.commands.run import Run
from loadgen.cli.output import Delivery
from loadgen.cli.plans import Planned, plan_for


def plan_run(given: Run) -> Planned:
    """Raises UsageError."""
    delivery = Delivery(given.output)
    return Planned(plan_for(given.target, given.settings, given.flags), delivery, given.rounds, given.against)
