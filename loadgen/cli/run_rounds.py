"""`loadgen run` with --rounds or --baseline: the same plan again and again, reported as one and judged at the end."""

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from loadgen.cli.against import Against
from loadgen.cli.ci import CiFiles
from loadgen.cli.output import HistogramFiles, deliver, emit, show_result
from loadgen.cli.rounds import measure_rounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadgen.judge.exit_code import ExitCode
    from loadgen.judge.gate import Gate
    from loadgen.plan.plan import Plan
    from loadgen.results.result import Result


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
    from loadgen.campaigns.rounds import SETTLE_S
    from loadgen.cli.run import signals_restored
    from loadgen.judge.exit_code import ExitCode
    from loadgen.judge.gate import check_likeness
    from loadgen.plan.codec import describe_plan
    from loadgen.session.environment import describe_environment

    if against.baseline is not None:
        check_likeness(describe_plan(plan), describe_environment(), against.baseline, anyway=against.anyway)
    with signals_restored():
        found = measure_rounds([plan], [""], rounds, quiet=quiet, seed=plan.seed, settle_s=SETTLE_S)
        ended = {"signal": ExitCode.SIGNAL, "error": ExitCode.INTERNAL}.get(found.ended_by)
        if found.ended_by != "completed":
            sys.stderr.write(f"loadgen: ended early ({found.ended_because or found.ended_by})\n")
        results = found.results[0]
        if not results:
            return ended or ExitCode.INTERNAL
        judged = against.judge(results)
        _report(judged, results, output, form, quiet=quiet, histograms=histograms, ci_files=ci_files)
    return ended if ended is not None else judged.code


def _report(
    judged: "Gate",
    results: "Sequence[Result]",
    output: str | None,
    form: str,
    *,
    quiet: bool,
    histograms: HistogramFiles,
    ci_files: CiFiles,
) -> None:
    from loadgen.cli.gate import show

    silent = quiet and output is not None
    machine = output == "-" or form == "json"
    compares = judged.baseline is not None and not silent and not machine
    with ExitStack() as rest:  # whatever fails, the others are written
        rest.callback(show, judged, ci_files, machine=machine, quiet=not compares, brief=True)
        if compares:
            rest.callback(emit, "\n")
        rest.callback(histograms.write, judged.result)
        deliver(
            lambda: _document(results), lambda: show_result(judged.result), output, as_json=form == "json", quiet=quiet
        )


def _document(results: "Sequence[Result]") -> str:
    """Every round; people see all of them as one."""
    from loadgen.results.result import to_json
    from loadgen.results.rounds import rounds_to_json

    return rounds_to_json(results) if len(results) > 1 else to_json(results[0])
