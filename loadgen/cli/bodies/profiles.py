"""`loadgen profiles`: what is shipped."""

from loadgen.base.errors import UsageError
from loadgen.cli.commands.profiles import Profiles, Show
from loadgen.cli.output import emit
from loadgen.plan.profiles.shipped import find_shipped, shipped_profiles
from loadgen.report.plans.profiles import render_profiles


def profiles(_given: Profiles) -> int:
    """List them."""
    emit(render_profiles([(profile.name, profile.summary) for profile in shipped_profiles()]) + "\n")
    return 0


def show(given: Show) -> int:
    """Print one."""
    path = find_shipped(given.name)
    if path is None:
        raise UsageError(f"no shipped profile is called {given.name!r}; `loadgen profiles` lists them")
    emit(path.read_text(encoding="utf-8"))
    return 0
