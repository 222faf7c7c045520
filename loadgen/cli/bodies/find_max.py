"""`loadgen find-max`: the highest rate that meets an SLO."""

from collections.abc import Awaitable, Callable
from contextlib import closing, nullcontext

from loadgen.base.loop import run_on_loop
from loadgen.campaigns.find_max import Runner, parse_slo, with_room
from loadgen.campaigns.find_max import find_max as search_for_max
from loadgen.campaigns.isolated import Isolated
from loadgen.campaigns.rounds import Rest
from loadgen.cli.commands.find_max import FindMax
from loadgen.cli.elsewhere import opened
from loadgen.cli.exporting import asked_outs, check_no_log, exporting
from loadgen.cli.live import live_view
from loadgen.cli.live_form import check_form
from loadgen.cli.output import Delivery
from loadgen.cli.plans import SEARCH_FROM, Search, plan_for
from loadgen.cli.streams import tell
from loadgen.executors.places.limits import check_room_for_a_loop
from loadgen.judge.find_max import search_code
from loadgen.observe.live import LiveLine
from loadgen.plan.condition import Condition
from loadgen.plan.plan import Plan
from loadgen.report.campaigns.find_max import render_trial, search_outcome
from loadgen.report.draw.style import format_rate
from loadgen.results.find_max import MaxRate, Trial
from loadgen.results.result import Result

Find = Callable[[Plan, tuple[Condition, ...], Runner, Rest, Callable[[Trial], None]], Awaitable[MaxRate]]


def find_max(given: FindMax, search: Find = search_for_max) -> int:
    """Make the plan, and search."""
    where = given.elsewhere.where
    flags = {**given.flags, "rate": given.flags.get("rate", SEARCH_FROM)}
    with nullcontext() if where is None else closing(opened(where)) as site:
        plan = plan_for(given.target, given.settings, flags, site)
    roomy = "max_connections" not in given.flags
    return search_plan(Search(plan, given.slo or (), roomy, given), search)


def search_plan(given: Search, search: Find = search_for_max) -> int:
    """Search, and show each run as it ends."""
    check_room_for_a_loop()
    shows = given.shows
    delivery = Delivery(shows.output)
    check_form(shows.live)
    outs = asked_outs(shows.outs, shows.web)
    check_no_log(outs)
    where = shows.elsewhere.where
    slo = parse_slo(given.plan, given.slo)
    roomy = with_room(given.plan) if given.roomy else given.plan
    with (
        exporting(outs, quiet=shows.output.quiet, linger=shows.web.linger) as exporters,
        live_view(shows.live or "line", quiet=shows.output.quiet) as live,
    ):

        def show(trial: Trial) -> None:
            live.end()
            if not shows.output.quiet:
                tell(render_trial(trial) + "\n")

        async def all_runs() -> MaxRate:
            with Isolated(live, *exporters, where=where) as isolated:

                async def run(plan: Plan) -> Result:
                    named = exporters or not isinstance(live, LiveLine)  # a line of its own follows each run
                    return await isolated.run(plan, _rate(plan) if named else "")

                return await search(roomy, slo, run, isolated.rest, show)

        found = run_on_loop(all_runs())
        live.end()
        delivery.deliver("search", found)
        if not delivery.shows_text and search_code(found):
            tell(f"loadgen: {search_outcome(found)}\n")
    return search_code(found)


def _rate(plan: Plan) -> str:
    return f"{format_rate(plan.arrivals.stages[0].to_rps)}/s" if plan.arrivals is not None else ""
