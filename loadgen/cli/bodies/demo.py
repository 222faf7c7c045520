"""`loadgen demo`: everything at once, in five seconds and without another program."""

from loadgen.cli.bodies.run import run
from loadgen.cli.commands.demo import Demo
from loadgen.cli.output import Delivery
from loadgen.cli.parameters import Against, Output
from loadgen.cli.plans import Planned, plan_for
from loadgen.cli.streams import emit
from loadgen.target.process import TargetProcess


def demo(_given: Demo) -> int:
    """Run the profile `quickstart` against the embedded target."""
    with TargetProcess() as server:
        emit(f"the embedded target is at {server.url}; running the profile `quickstart` against it\n\n")
        plan = plan_for("quickstart", [f"TARGET={server.url}"], {})
        return run(Planned(plan, Delivery(Output()), 1, Against()))
