"""`loadgen demo`: everything at once, in five seconds and without another program."""

import typer

from loadgen.cli.output import emit
from loadgen.cli.run import run_and_report
from loadgen.cli.target_argument import plan_for


def demo() -> None:
    """Start the demo target, run a short profile against it, report."""
    from loadgen.target.process import TargetProcess

    with TargetProcess() as server:
        emit(f"the embedded target is at {server.url}; running the profile `quickstart` against it\n\n")
        plan = plan_for("quickstart", [f"TARGET={server.url}"], {})
        code = run_and_report(plan, None, "text", quiet=False)
    raise typer.Exit(code)
