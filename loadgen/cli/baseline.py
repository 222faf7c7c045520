"""`loadgen baseline`: keep results under a name, to compare with later."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loadgen.base.errors import UsageError
from loadgen.cli.output import emit
from loadgen.cli.saved import load_rounds, text_of

if TYPE_CHECKING:
    from loadgen.results.result import Result

HELP = "Keep results under a name, for `--baseline NAME`."
baseline_app = typer.Typer(name="baseline", help=HELP, no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Such as main.")]
Files = Annotated[
    list[str], typer.Argument(metavar="RESULT", help="Saved results (`loadgen run -o FILE`): one or more rounds.")
]
Folder = Annotated[Path, typer.Option("--folder", metavar="DIR", help="Where baselines are kept.")]
USUAL = Path(".loadgen/baselines")


@baseline_app.command()
def save(name: Name, files: Files, folder: Folder = USUAL) -> None:
    """Save results as a new baseline."""
    _save(name, files, folder, replace=False)


@baseline_app.command()
def update(name: Name, files: Files, folder: Folder = USUAL) -> None:
    """Replace a baseline by newer results."""
    _save(name, files, folder, replace=True)


@baseline_app.command()
def show(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One of them; without it, all.")] = None,
    folder: Folder = USUAL,
) -> None:
    """List the baselines, or print one with its origin."""
    from loadgen.report.run.baselines import Entry, render_baseline, render_baselines
    from loadgen.results.baselines import Baselines, read_origin

    kept = Baselines(folder)

    def read(wanted: str) -> Entry:
        file = str(kept.find(wanted))
        return wanted, load_rounds(file).results, read_origin(text_of(file))

    if name is None:
        emit(render_baselines([read(found) for found in kept.names()], str(folder)) + "\n")
    else:
        emit(render_baseline(*read(name)) + "\n")


def _save(name: str, files: Sequence[str], folder: Path, *, replace: bool) -> None:
    from loadgen.judge.gate import as_one
    from loadgen.results.baselines import Baselines, origin_of

    rounds: dict[str, Result] = {}
    for file in files:
        found = load_rounds(file).results
        rounds |= {f"{file}#{number}" if len(found) > 1 else file: result for number, result in enumerate(found, 1)}
    as_one(rounds)  # raises for plans that are not alike
    for source, result in rounds.items():
        if result.generator.verdict == "invalid" or result.ended_by != "completed" or not result.ledger.ok:
            raise UsageError(f"{source}: no baseline: {_unfit(result)}")
    path = Baselines(folder).save(name, list(rounds.values()), origin_of(files, os.environ), replace=replace)
    emit(f"Saved as {path}; compare with --baseline {name if folder == USUAL else path}\n")


def _unfit(result: "Result") -> str:
    """Why nothing should be compared with a result."""
    if result.ended_by != "completed":
        return f"the run did not end as planned ({result.ended_because or result.ended_by})"
    if not result.ledger.ok:
        return "not one good reply came back"
    return "its measurement is invalid, as `loadgen report` says"
