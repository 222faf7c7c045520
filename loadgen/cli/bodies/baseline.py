"""`loadgen baseline`: keep results under a name, to compare with later."""

import os

from loadgen.base.errors import UsageError
from loadgen.cli.commands.baseline import USUAL, Save, Show, Update
from loadgen.cli.saved import load_rounds, text_of
from loadgen.cli.streams import emit
from loadgen.judge.gate import as_one
from loadgen.report.run.baselines import Entry, render_baseline, render_baselines
from loadgen.results.baselines import Baselines, origin_of, read_origin
from loadgen.results.result import Result


def save(given: Save | Update) -> int:
    """Make a new one, or replace one."""
    rounds: dict[str, Result] = {}
    for file in given.files:
        results = load_rounds(file).results
        rounds |= {f"{file}#{n}" if len(results) > 1 else file: result for n, result in enumerate(results, 1)}
    as_one(rounds)  # raises for plans that are not alike
    for source, result in rounds.items():
        if result.generator.verdict == "invalid" or result.ended_by != "completed" or not result.ledger.ok:
            raise UsageError(f"{source}: no baseline: {_unfit(result)}")
    origin = origin_of(given.files, os.environ)
    replaces = isinstance(given, Update)
    path = Baselines(given.folder).save(given.name, list(rounds.values()), origin, replace=replaces)
    emit(f"Saved as {path}; compare with --baseline {given.name if given.folder == USUAL else path}\n")
    return 0


def show(given: Show) -> int:
    """List all, or print one."""
    kept = Baselines(given.folder)
    if given.name is None:
        emit(render_baselines([_entry(kept, name) for name in kept.names()], str(given.folder)) + "\n")
    else:
        emit(render_baseline(*_entry(kept, given.name)) + "\n")
    return 0


def _entry(kept: Baselines, name: str) -> Entry:
    file = str(kept.find(name))
    return name, load_rounds(file).results, read_origin(text_of(file))


def _unfit(result: Result) -> str:
    """Why nothing should be compared with a result."""
    if result.ended_by != "completed":
        return f"the run did not end as planned ({result.ended_because or result.ended_by})"
    if not result.ledger.ok:
        return "not one good reply came back"
    return "its measurement is invalid, as `loadgen report` says"
