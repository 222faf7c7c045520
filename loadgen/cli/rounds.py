"""`loadgen run` with --rounds or --baseline: the same plan again and again, reported as one and judged at the end."""

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from loadgen.base.errors import UsageError
from loadgen.cli.against import Against
from loadgen.cli.ci import CiFiles
from loadgen.cli.output import HistogramFiles, deliver, emit, write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadgen.judge.exit_code import ExitCode
    from loadgen.measure.result import Result
    from loadgen.plan.plan import Plan
    from loadgen.session.rounds import Rounds, Turn


def run_rounds_and_report(
    plan: "Plan",
    rounds: int,
    against: Against,
    output: str | None,
    form: str,
    *,
    quiet: bool,
    histograms: HistogramFiles,
    ci_files: CiFiles,
) -> "ExitCode":
    """Run a plan `rounds` times, save all results, print them as one, and judge them; the exit code.

    Raises UsageError, before anything runs, for a baseline that cannot be compared with.
    """
    from loadgen.cli.gate import show
    from loadgen.judge.exit_code import ExitCode
    from loadgen.judge.gate import check_likeness
    from loadgen.plan.codec import describe_plan
    from loadgen.session.environment import describe_environment

    if against.baseline is not None:
        check_likeness(describe_plan(plan), describe_environment(), against.baseline, anyway=against.anyway)
    found = run_all(plan, rounds, quiet=quiet)
    results = found.results[0]
    ended = {"signal": ExitCode.SIGNAL, "error": ExitCode.INTERNAL}.get(found.ended_by)
    if not results:
        raise UsageError(f"no round came to a result: {found.ended_because or found.ended_by}")
    judged = against.judge(results)
    silent = quiet and output is not None
    machine = output == "-" or form == "json"
    compares = against.baseline is not None and not silent and not machine
    with ExitStack() as rest:  # whatever fails, the others are written
        rest.callback(show, judged, ci_files, machine=machine, quiet=not compares, brief=True)
        if compares:
            rest.callback(emit, "\n")
        rest.callback(histograms.write, judged.result)
        _deliver(results, judged.result, output, form, quiet=silent)
    return ended if ended is not None else judged.code


def run_all(plan: "Plan", rounds: int, *, quiet: bool) -> "Rounds":
    """Run, and say a line of each round."""
    import asyncio

    from loadgen.cli.live import LiveLine
    from loadgen.cli.run import signals_restored
    from loadgen.report.live import render_round
    from loadgen.session.isolated import Isolated
    from loadgen.session.rounds import run_rounds

    live = LiveLine(quiet=quiet)

    async def all_rounds() -> "Rounds":
        with Isolated(live.show) as isolated:

            async def one(turn: "Turn") -> "Result":
                result = await isolated.run(turn.plan)
                live.end()
                if not quiet:
                    sys.stderr.write(render_round(turn.round + 1, rounds, result) + "\n")
                return result

            return await run_rounds([plan], rounds, one, isolated.rest, seed=plan.seed)

    with signals_restored():
        try:
            return asyncio.run(all_rounds())
        finally:
            live.end()


def _deliver(results: "Sequence[Result]", merged: "Result", output: str | None, form: str, *, quiet: bool) -> None:
    """Every round in the file and in JSON; for a person, all of them as one."""
    from loadgen.measure.result import to_json
    from loadgen.measure.series import series_to_json

    text = series_to_json(results) if len(results) > 1 else to_json(results[0])
    if output not in (None, "-"):
        write_text(str(output), text)
    if output == "-" or form == "json":
        emit(text)
    else:
        deliver(merged, None, form, quiet=quiet)
