"""`loadgen profiles`: what is shipped."""

from typing import Annotated

import typer

from loadgen.base.errors import UsageError
from loadgen.cli.output import emit

profiles_app = typer.Typer(name="profiles", help="List the shipped profiles; `show NAME` prints one.")


@profiles_app.callback(invoke_without_command=True)
def profiles(context: typer.Context) -> None:
    """List the shipped profiles; `show NAME` prints one."""
    if context.invoked_subcommand is None:
        from loadgen.plan.profiles.shipped import shipped_profiles
        from loadgen.report.plans.profiles import render_profiles

        emit(render_profiles([(profile.name, profile.summary) for profile in shipped_profiles()]) + "\n")


@profiles_app.command()
def show(name: Annotated[str, typer.Argument(metavar="NAME", help="As listed by `loadgen profiles`.")]) -> None:
    """Print a shipped profile, to read or to start one of your own from."""
    from loadgen.plan.profiles.shipped import find_shipped

    path = find_shipped(name)
    if path is None:
        raise UsageError(f"no shipped profile is called {name!r}; `loadgen profiles` lists them")
    emit(path.read_text(encoding="utf-8"))
