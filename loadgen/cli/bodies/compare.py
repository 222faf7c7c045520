"""`loadgen compare`: the same load in several ways, in rounds, and what can be told of their difference."""

from collections.abc import Collection
from contextlib import closing, nullcontext
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.base.units import counted, format_duration_s, parse_duration_s
from loadgen.cli.commands.compare import Compare
from loadgen.cli.elsewhere import opened
from loadgen.cli.exporting import asked_outs, check_no_log, exporting
from loadgen.cli.live_form import check_form
from loadgen.cli.output import Delivery
from loadgen.cli.plans import Comparison
from loadgen.cli.rounds import MeasureRounds, measure_rounds
from loadgen.cli.streams import tell
from loadgen.cli.variants import make_variants
from loadgen.judge.exit_code import worst_code
from loadgen.plan.plan import Plan
from loadgen.report.campaigns.comparison import comparison_outcome, make_page
from loadgen.results.rounds import Rounds

START_S = 0.7
"""Of a run's process, and its connections."""


def compare(given: Compare, measure: MeasureRounds = measure_rounds) -> int:
    """Make the variants, and compare them."""
    targets = [given.target, *(given.others or ())]
    where = given.elsewhere.where
    with nullcontext() if where is None else closing(opened(where)) as site:
        variants, left_out = make_variants(targets, given.settings, given.flags, site)
    whole = Comparison(variants, left_out, given.rounds, given.settle, given)
    return compare_variants(whole, measure)


def compare_variants(given: Comparison, measure: MeasureRounds = measure_rounds) -> int:
    """Run the variants, save every round, print what differs."""
    shows = given.shows
    delivery = Delivery(shows.output)
    check_form(shows.live)
    outs = asked_outs(shows.outs, shows.web)
    try:
        settle_s = parse_duration_s(given.settle)
    except ValueError as error:
        raise UsageError(f"--settle: {error}") from None
    variants, where = given.variants, shows.elsewhere.where
    check_no_log(outs)
    if not shows.output.quiet:
        tell("".join(f"left out: {line}\n" for line in given.left_out))
        tell(_announcement(variants.values(), given.rounds, settle_s))
    more: dict[str, Any] = {"live": shows.live or "line"} | ({} if where is None else {"where": where})
    with exporting(outs, quiet=shows.output.quiet, linger=shows.web.linger) as exporters:
        outcome = measure(
            [*variants.values()],
            [*variants],
            given.rounds,
            quiet=shows.output.quiet,
            settle_s=settle_s,
            observers=exporters,
            **more,
        )
        rounds = [Rounds(results, label) for results, label in zip(outcome.results, variants, strict=True) if results]
        said = comparison_outcome(rounds, outcome.ended_by, outcome.ended_because)
        code = worst_code((result for results in outcome.results for result in results), outcome.ended_by)
        if rounds:
            delivery.deliver("comparison", make_page(rounds, outcome=said))
        if code and not (rounds and delivery.shows_text):
            tell(f"loadgen: {said}\n")
    return code


def _announcement(plans: Collection[Plan], rounds: int, settle_s: float) -> str:
    """What is about to run, and for how long where that is known."""
    each_s = [None if plan.planned_s is None else plan.planned_s + settle_s + START_S for plan in plans]
    known = [seconds for seconds in each_s if seconds is not None]
    about = f", about {format_duration_s(round(rounds * sum(known)))}" if len(known) == len(each_s) else ""
    return f"{counted(len(plans), 'variant')}, {counted(rounds, 'round')}{about}\n"
