"""`loadgen compare`: the same load in several ways, in rounds, and what can be told of their difference."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from loadgen.base.errors import UsageError
from loadgen.base.units import format_duration_s, parse_duration_s
from loadgen.cli.comparison_output import FORMS, Form, Html, deliver_comparison, page_of
from loadgen.cli.options import OPTIONS, RunOption, with_options
from loadgen.cli.output import check_file, check_output
from loadgen.cli.rounds import measure_rounds
from loadgen.cli.run import Output, Quiet, Settings, Target, signals_restored
from loadgen.cli.variants import make_variants
from loadgen.report.draw.style import counted

if TYPE_CHECKING:
    from loadgen.campaigns.rounds import RoundsOutcome
    from loadgen.cli.variants import Variant

START_S = 0.7
"""Of a run's process, and its connections."""

COMPARED = "What is compared (lists: a,b; the first is what the others are set against)"
LISTS = {
    "mode": (("--modes",), "Of pool, threads, async. (default: all three, if nothing else varies)"),
    "client": (("--clients",), "Of raw, httpx. (default: raw)"),
    "processes": ((), "Processes. (default: by mode)"),
    "workers": ((), "Threads with a loop each, per process; of pool only. (default: by mode)"),
    "connections": ((), "Virtual users, one connection each. (default: 50)"),
}


def _listed(option: RunOption) -> RunOption:
    if option.key not in LISTS:
        return option
    more, said = LISTS[option.key]
    return replace(option, flags=(*option.flags, *more), panel=COMPARED, help=said, metavar="LIST")


COMPARE_OPTIONS = tuple(sorted(map(_listed, OPTIONS), key=lambda option: option.panel != COMPARED))


@with_options(COMPARE_OPTIONS)
def compare(
    *,
    target: Target,
    rounds: Annotated[
        int,
        typer.Option(
            "--rounds", metavar="N", min=1, help="Runs of each variant, interleaved.", rich_help_panel=COMPARED
        ),
    ] = 5,
    settle: Annotated[
        str, typer.Option("--settle", metavar="TIME", help="Pause before each run.", rich_help_panel=COMPARED)
    ] = "1s",
    settings: Settings = None,
    output: Output = None,
    html: Html = None,
    form: Form = "text",
    quiet: Quiet = False,
    flags: dict[str, Any],
) -> None:
    """Put the same load on TARGET in several ways: what differs?

    Every round runs each variant once, in a shuffled order, each run in a
    process of its own.

    The exit code is that of `loadgen run` for the run which went worst.
    """
    check_output(output, form, FORMS)
    check_file("--html", html)
    try:
        settle_s = parse_duration_s(settle)
    except ValueError as error:
        raise UsageError(f"--settle: {error}") from None
    variants, left_out = make_variants(target, settings or [], flags)
    if not quiet:
        for line in left_out:
            sys.stderr.write(f"left out: {line}\n")
    raise typer.Exit(compare_and_report(variants, rounds, output, html, form, quiet=quiet, settle_s=settle_s))


def _announcement(variants: Sequence["Variant"], rounds: int, settle_s: float) -> str:
    """What is about to run, and for how long where that is known."""
    each_s = [
        None if plan.duration_s is None else plan.warmup_s + plan.duration_s + plan.cool_down_s + settle_s + START_S
        for plan in (item.plan for item in variants)
    ]
    known = [seconds for seconds in each_s if seconds is not None]
    about = f", about {format_duration_s(round(rounds * sum(known)))}" if len(known) == len(each_s) else ""
    return f"{counted(len(variants), 'variant')}, {counted(rounds, 'round')}{about}\n"


def compare_and_report(
    variants: Sequence["Variant"],
    rounds: int,
    output: str | None,
    html: str | None,
    form: str,
    *,
    quiet: bool,
    settle_s: float,
) -> int:
    """Run the variants, save every round, print what differs; the exit code."""
    from loadgen.results.rounds import Rounds, comparison_to_json

    if not quiet:
        sys.stderr.write(_announcement(variants, rounds, settle_s))
    plans, labels = [item.plan for item in variants], [item.label for item in variants]
    with signals_restored():
        done = measure_rounds(plans, labels, rounds, quiet=quiet, seed=plans[0].seed, settle_s=settle_s)
        measured = [Rounds(results, label) for results, label in zip(done.results, labels, strict=True) if results]
        if done.ended_by != "completed":
            sys.stderr.write(f"loadgen: ended early ({done.ended_because or done.ended_by})\n")
        if measured:
            deliver_comparison(comparison_to_json(measured), page_of(measured), output, html, form, quiet=quiet)
    return _exit_code(done)


def _exit_code(done: "RoundsOutcome") -> int:
    """That of the run which went worst; of how it all ended, where a run has no Result."""
    from loadgen.judge.exit_code import ExitCode, exit_code

    codes = {exit_code(result) for results in done.results for result in results}
    codes |= {"signal": {ExitCode.SIGNAL}, "error": {ExitCode.INTERNAL}}.get(done.ended_by, set())
    return next((code for code in ExitCode if code in codes and code != ExitCode.OK), ExitCode.OK)
