"""`loadgen profiles`: what is shipped."""

from loadgen.base.errors import UsageError
from loadgen.cli.commands.profiles import Profiles, Show
from loadgen.cli.streams import emit
from loadgen.plan.profiles.shipped import find_shipped, shipped_profiles
from loadgen.report.draw.style import align


def profiles(_given: Profiles) -> int:
    """List them."""
    rows = [(profile.name, profile.summary) for profile in shipped_profiles()]
    emit("\n".join(align(rows, right=frozenset())) + "\n")
    return 0


def show(given: Show) -> int:
    """Print one."""
    path = find_shipped(given.name)
    if path is None:
        raise UsageError(f"no shipped profile is called {given.name!r}; `loadgen profiles` lists them")
    emit(path.read_text(encoding="utf-8"))
    return 0
