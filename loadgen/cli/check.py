"""`loadgen check`: the plan, printed; no socket is opened."""

from typing import Any

from loadgen.cli.options import with_run_options
from loadgen.cli.output import emit
from loadgen.cli.run import Settings, Target
from loadgen.cli.target_argument import made, profile_for


@with_run_options
def check(*, target: Target, settings: Settings = None, flags: dict[str, Any]) -> None:
    """Print what a run would do: users, workers, limits, requests. Opens no socket."""
    from loadgen.report.plans.plan import render_plan

    profile = profile_for(target, settings or [], flags)
    emit(render_plan(made(profile), values=profile.found_values) + "\n")
