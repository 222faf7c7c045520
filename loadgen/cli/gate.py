"""`loadgen gate`: may this build pass? Judges saved results, and never runs anything."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from loadgen.base.errors import UsageError
from loadgen.cli.against import Anyway, BaselineName, MaxRegression, read_against
from loadgen.cli.ci import CiFiles, Junit, Markdown, OpenMetrics, tell_github
from loadgen.cli.options import FLAG
from loadgen.cli.output import check_output, emit, text_width, wants_colour
from loadgen.cli.run import Form
from loadgen.cli.saved import load_rounds

if TYPE_CHECKING:
    from loadgen.judge.gate import Gate
    from loadgen.results.result import Result


def gate(
    files: Annotated[
        list[str], typer.Argument(metavar="RESULT", help="Saved results (`loadgen run -o FILE`): one or more rounds.")
    ],
    threshold: Annotated[
        list[str] | None,
        typer.Option("-T", "--threshold", metavar="EXPR", help="Instead of those of the run; repeatable."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", metavar=FLAG, help="Fail also where it cannot be told, or the run is not valid.")
    ] = False,
    baseline: BaselineName = None,
    max_regression: MaxRegression = None,
    anyway: Anyway = False,
    junit: Junit = None,
    markdown: Markdown = None,
    openmetrics: OpenMetrics = None,
    form: Form = "text",
) -> None:
    """Decide whether a build may pass: thresholds and a baseline.

    Worse needs both: beyond the margin, and more than chance. What cannot be
    told passes with a warning.

    Exit codes: 0 passed; 99 a threshold failed; 120 worse than the baseline;
    121 not to be trusted; 105, 108 and 1 as the run had them.
    """
    check_output(None, form)
    ci_files = CiFiles(junit, markdown, openmetrics)
    ci_files.check()
    rounds = _rounds(files)
    names = list(dict.fromkeys(name for result in rounds for name in result.requests))
    against = read_against(baseline, max_regression, names, anyway=anyway)
    if not threshold and against.baseline is None and not any(result.plan.get("thresholds") for result in rounds):
        raise UsageError("nothing to judge by: add --threshold 'p99 < 250ms', or --baseline NAME")
    judged = against.judge(rounds, threshold or (), strict=strict)
    show(judged, ci_files, machine=form == "json", quiet=form == "json")
    if form == "json":
        from loadgen.report.run.gate import gate_to_json

        emit(gate_to_json(judged))
    raise typer.Exit(judged.code)


def show(judged: "Gate", ci_files: CiFiles, *, machine: bool, quiet: bool, brief: bool = False) -> None:
    """Print a gate and write its files; `brief` where the run was reported already.

    `machine`: standard output is for JSON.
    """
    from loadgen.report.run.checks import checks_of_gate
    from loadgen.report.run.gate import render_gate

    checks = checks_of_gate(judged)
    with ExitStack() as rest:  # whatever fails, the others are written
        rest.callback(tell_github, judged.result, checks, machine=machine)
        rest.callback(ci_files.write, judged.result, checks)
        if not quiet:
            emit(render_gate(judged, width=text_width(), colour=wants_colour(), brief=brief) + "\n")


def _rounds(files: Sequence[str]) -> "list[Result]":
    if len(set(files)) < len(files):
        raise UsageError("a result is given twice")
    return [result for file in files for result in load_rounds(file).results]
