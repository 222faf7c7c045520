"""`loadgen check`: the plan, printed; no socket is opened."""

from loadgen.cli.commands.check import Check
from loadgen.cli.plans import profile_for
from loadgen.cli.streams import emit, report_width
from loadgen.report.plans.plan import render_plan
from loadgen.session.here import plan_here


def check(given: Check) -> int:
    """Print what a run would do."""
    profile = profile_for(given.target, given.settings, given.flags)
    emit(render_plan(plan_here(profile), report_width(), profile.origins.found_values) + "\n")
    return 0
