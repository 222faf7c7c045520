"""`loadgen run`: read the profile, make the plan, run it, save it, print it, exit with its code."""

import os
import signal
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from loadgen.cli.against import BASELINE, Anyway, BaselineName, MaxRegression, read_against
from loadgen.cli.ci import CiFiles, Junit, Markdown, OpenMetrics, tell_github
from loadgen.cli.options import FLAG, own_option, with_run_options
from loadgen.cli.output import HistogramFiles, check_output, deliver_result
from loadgen.cli.target_argument import plan_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loadgen.plan.plan import Plan
    from loadgen.results.result import Result

OUTPUT = "Output"
NO_HISTOGRAMS = HistogramFiles()
NO_CI_FILES = CiFiles()
Target = Annotated[
    str, typer.Argument(metavar="TARGET", help="A URL, a profile file, or the name of a shipped profile.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set a profile's variable; repeatable.", rich_help_panel=OUTPUT),
]
Output = Annotated[str | None, own_option(["-o", "--output"], OUTPUT, "Save the result as JSON; - is stdout.")]
Form = Annotated[str, own_option(["--format"], OUTPUT, "text or json on stdout.", "FORM")]
Quiet = Annotated[bool, own_option(["-q", "--quiet"], OUTPUT, "No progress, and no report when -o is given.", FLAG)]
Hgrm = Annotated[str | None, own_option(["--hgrm"], OUTPUT, "Save response percentiles as HdrHistogram text.")]
Hlog = Annotated[str | None, own_option(["--hlog"], OUTPUT, "Save response times as an HdrHistogram interval log.")]
RoundsOutcome = Annotated[
    int,
    own_option(
        ["--rounds"], BASELINE, "Run it so often, each time in a fresh process, and report all as one.", "N", least=1
    ),
]


@with_run_options
def run(
    *,
    target: Target,
    settings: Settings = None,
    rounds: RoundsOutcome = 1,
    baseline: BaselineName = None,
    max_regression: MaxRegression = None,
    anyway: Anyway = False,
    output: Output = None,
    hgrm: Hgrm = None,
    hlog: Hlog = None,
    junit: Junit = None,
    markdown: Markdown = None,
    openmetrics: OpenMetrics = None,
    form: Form = "text",
    quiet: Quiet = False,
    flags: dict[str, Any],
) -> None:
    """Put load on TARGET and report what happened.

    Exit codes: 0 finished; 1 internal error; 2 usage; 99 a threshold failed,
    or not one reply; 105 stopped by a signal; 108 stopped by --fail-fast,
    --max-errors or --abort-if; 120 worse than the baseline; 121 not trusted.
    """
    check_output(output, form)
    histograms = HistogramFiles(hgrm, hlog)
    histograms.check()
    ci_files = CiFiles(junit, markdown, openmetrics)
    ci_files.check()
    plan = plan_for(target, settings or [], flags)
    against = read_against(baseline, max_regression, plan.job.request_names, anyway=anyway)
    if rounds > 1 or against.baseline is not None:
        from loadgen.cli.run_rounds import run_rounds_and_report

        code = run_rounds_and_report(
            plan, rounds, against, output, form, quiet=quiet, histograms=histograms, ci_files=ci_files
        )
        raise typer.Exit(code)
    raise typer.Exit(run_and_report(plan, output, form, quiet=quiet, histograms=histograms, ci_files=ci_files))


def run_and_report(
    plan: "Plan",
    output: str | None,
    form: str,
    *,
    quiet: bool,
    histograms: HistogramFiles = NO_HISTOGRAMS,
    ci_files: CiFiles = NO_CI_FILES,
) -> int:
    """Run a plan, save and print its Result; the exit code."""
    import asyncio

    import uvloop

    from loadgen.cli.calibrate import last_calibration
    from loadgen.cli.live import live_line
    from loadgen.judge.exit_code import exit_code
    from loadgen.session.job import run_job
    from loadgen.session.observers import Observers
    from loadgen.session.run import Hooks

    live = live_line(quiet=quiet)

    def finish(result: "Result") -> None:
        with ExitStack() as rest:  # whatever fails, the others are written
            rest.callback(tell_github, result, machine=output == "-" or form == "json")
            rest.callback(ci_files.write, result)
            rest.callback(histograms.write, result)
            deliver_result(result, output, form, quiet=quiet)

    def emergency(result: "Result") -> None:
        try:
            live.end()
            finish(result)
        finally:
            os._exit(exit_code(result))

    def crashed(error: BaseException) -> None:
        import traceback

        live.end()
        traceback.print_exception(error, file=sys.stderr)

    with signals_restored():
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            try:
                result = runner.run(run_job(plan, Hooks(Observers(live), emergency, crashed), last_calibration()))
            finally:
                live.end()
        finish(result)
    return exit_code(result)


@contextmanager
def signals_restored() -> "Iterator[None]":
    """A run that is over ignores signals, so that none can cost its result; afterwards they mean what they did."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
