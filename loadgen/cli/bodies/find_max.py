"""`loadgen find-max`: the highest rate that meets an SLO."""

from collections.abc import Awaitable, Callable
from contextlib import closing, nullcontext

from loadgen.base.loop import run_on_loop
from loadgen.campaigns.find_max import Runner, parse_slo, with_room
from loadgen.campaigns.find_max import find_max as search_for_max
from loadgen.campaigns.isolated import Isolated
from loadgen.campaigns.rounds import Rest
from loadgen.cli.commands.find_max import FindMax
from loadgen.cli.live import live_line
from loadgen.cli.output import Delivery
from loadgen.cli.plans import plan_for
from loadgen.cli.streams import tell
from loadgen.executors.places.limits import check_room_for_a_loop
from loadgen.judge.find_max import search_code
from loadgen.plan.condition import Condition
from loadgen.plan.plan import Plan
from loadgen.report.campaigns.find_max import render_trial, search_outcome
from loadgen.results.find_max import MaxRate, Trial

START = "100/s"
Search = Callable[[Plan, tuple[Condition, ...], Runner, Rest, Callable[[Trial], None]], Awaitable[MaxRate]]


def find_max(given: FindMax, search: Search = search_for_max) -> int:
    """Search, and show each run as it ends."""
    check_room_for_a_loop()
    delivery = Delivery(given.output)
    where = given.elsewhere.where
    flags = {**given.flags, "rate": given.flags.get("rate", START)}
    with nullcontext() if where is None else closing(where.open()) as site:
        plan = plan_for(given.target, given.settings, flags, site)
    slo = parse_slo(plan, given.slo or ())
    roomy = plan if "max_connections" in given.flags else with_room(plan)
    with live_line(quiet=given.output.quiet) as live:

        def show(trial: Trial) -> None:
            live.end()
            if not given.output.quiet:
                tell(render_trial(trial) + "\n")

        async def all_runs() -> MaxRate:
            with Isolated(live, where=where) as isolated:
                return await search(roomy, slo, isolated.run, isolated.rest, show)

        found = run_on_loop(all_runs())
    delivery.deliver("search", found)
    if not delivery.shows_text and search_code(found):
        tell(f"loadgen: {search_outcome(found)}\n")
    return search_code(found)
