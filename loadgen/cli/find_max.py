"""`loadgen find-max`: the highest rate that meets an SLO."""

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

from loadgen.cli.options import JUDGING, own_option, with_run_options
from loadgen.cli.output import check_file, check_output, deliver, show_find_max, write_text
from loadgen.cli.run import OUTPUT, Form, Output, Quiet, Settings, Target, signals_restored
from loadgen.cli.target_argument import plan_for

if TYPE_CHECKING:
    from loadgen.judge.exit_code import ExitCode
    from loadgen.plan.condition import Condition
    from loadgen.plan.plan import Plan
    from loadgen.results.find_max import MaxRate, Trial

START = "100/s"
Slo = Annotated[
    list[str] | None,
    typer.Option("--slo", metavar="EXPR", help="'p99 < 50ms' or 'error_rate < 0.1%'; repeatable.",
                 rich_help_panel=JUDGING),
]  # fmt: skip
Html = Annotated[str | None, own_option(["--html"], OUTPUT, "Save the curve as a page of its own.")]


@with_run_options
def find_max(
    *,
    target: Target,
    slo: Slo = None,
    settings: Settings = None,
    output: Output = None,
    html: Html = None,
    form: Form = "text",
    quiet: Quiet = False,
    flags: dict[str, Any],
) -> None:
    """Find the highest rate at which TARGET meets the SLO.

    Runs of --duration at one rate each: from --rate (default 100/s) it doubles
    until the SLO is missed, then the edge is halved in, with repeats.

    Exit codes: 0 found; 99 no rate meets it, or no more replies; 105 stopped
    by a signal; 121 the generator was the limit (with --strict).
    """
    from loadgen.campaigns.find_max import parse_slo, with_room

    check_output(output, form)
    check_file("--html", html)
    plan = plan_for(target, settings or [], {**flags, "rate": flags.get("rate", START)})
    wanted = parse_slo(plan, slo or ())
    with signals_restored():
        found = search(plan if "max_connections" in flags else with_room(plan), wanted, quiet=quiet)
        _deliver(found, output, html, form, quiet=quiet)
    raise typer.Exit(_exit_code(found, strict=plan.strict))


def search(plan: "Plan", slo: "tuple[Condition, ...]", *, quiet: bool) -> "MaxRate":
    """Search, and show each run as it ends.

    Signals are ignored afterwards: the caller keeps what was found within `signals_restored`.
    """
    import asyncio

    import uvloop

    from loadgen.campaigns.find_max import find_max as searched
    from loadgen.campaigns.isolated import Isolated
    from loadgen.cli.live import live_line
    from loadgen.report.campaigns.find_max import render_trial

    live = live_line(quiet=quiet)

    def told(trial: "Trial") -> None:
        live.end()
        if not quiet:
            sys.stderr.write(render_trial(trial) + "\n")

    async def all_runs() -> "MaxRate":
        with Isolated(live) as isolated:
            return await searched(plan, slo, isolated.run, isolated.rest, told)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(all_runs())
        finally:
            live.end()


def _deliver(found: "MaxRate", output: str | None, html: str | None, form: str, *, quiet: bool) -> None:
    """Save and print; whatever fails, the others are written."""
    from loadgen.report.campaigns.find_max_html import find_max_html
    from loadgen.results.find_max import to_json

    with ExitStack() as rest:
        if html is not None:
            rest.callback(write_text, html, find_max_html(found))
        deliver(lambda: to_json(found), lambda: show_find_max(found), output, as_json=form == "json", quiet=quiet)


def _exit_code(found: "MaxRate", *, strict: bool) -> "ExitCode":
    from loadgen.judge.exit_code import ExitCode

    match found.ended_by:
        case "error":
            return ExitCode.INTERNAL
        case "signal":
            return ExitCode.SIGNAL
        case "no_replies":
            return ExitCode.THRESHOLD
    if strict and found.limit:
        return ExitCode.NOT_TRUSTED
    return ExitCode.OK if found.best_rps is not None else ExitCode.THRESHOLD
