"""`loadgen profiles`: what is shipped."""

from loadgen.base.errors import UsageError
from loadgen.cli.commands.profiles import Profiles, Show
from loadgen.cli.streams import emit
from loadgen.plan.profiles.shipped import shipped_file, shipped_profiles, summary_of
from loadgen.report.draw.style import align


def profiles(_given: Profiles) -> int:
    """List them."""
    rows = [(name, summary_of(path)) for name, path in shipped_profiles().items()]
    emit("\n".join(align(rows, right=frozenset())) + "\n")
    return 0


def show(given: Show) -> int:
    """Print one."""
    path = shipped_file(given.name)
    if path is None:
        raise UsageError(f"no shipped profile is called {given.name!r}; `loadgen profiles` lists them")
    emit(path.read_text(encoding="utf-8"))
    return 0
