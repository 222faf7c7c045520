"""Several runs in rounds, with their progress on stderr."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from loadgen.base.descriptors import raise_descriptor_limit
from loadgen.base.loop import run_on_loop
from loadgen.campaigns.isolated import Isolated
from loadgen.campaigns.rounds import Round, RoundsOutcome, run_rounds
from loadgen.cli.live import live_view
from loadgen.cli.streams import tell
from loadgen.executors.places.limits import check_descriptors
from loadgen.plan.plan import Plan
from loadgen.report.draw.style import columns, pad
from loadgen.results.result import Result
from loadgen.session.observers import Observer

if TYPE_CHECKING:  # for runs on other machines
    from loadgen.executors.places.machines.fleet import Where

MeasureRounds = Callable[..., RoundsOutcome]
"""See `measure_rounds`."""


def measure_rounds(
    plans: Sequence[Plan],
    labels: Sequence[str],
    rounds: int,
    *,
    quiet: bool,
    settle_s: float,
    observers: Sequence[Observer] = (),
    where: "Where | None" = None,
    live: str | None = None,
) -> RoundsOutcome:
    """Run every plan `rounds` times, in an order that the first one's seed decides.

    `observers` are told of each run, `where` are other machines to make them on. Raises UsageError before the first
    where one cannot be run on this host. Signals do nothing afterwards. `live` is the form of the view.
    """
    for plan in plans if where is None else ():
        check_descriptors(plan, raise_descriptor_limit())
    longest = max(map(columns, labels), default=0)
    with live_view(live, quiet=quiet, several=True) as view:

        async def main() -> RoundsOutcome:
            with Isolated(view, *observers, where=where) as isolated:

                async def run(round_: Round) -> Result:
                    name = f"{round_.round + 1}/{rounds} {pad(labels[round_.variant], longest)}"
                    return await isolated.run(round_.plan, name)

                return await run_rounds(plans, rounds, run, isolated.rest, seed=plans[0].seed, settle_s=settle_s)

        return run_on_loop(main())


def show_early_end(outcome: RoundsOutcome) -> None:
    """Say on stderr why there are fewer runs than were asked for."""
    if outcome.ended_by != "completed":
        tell(f"loadgen: ended early ({outcome.ended_because or outcome.ended_by})\n")
