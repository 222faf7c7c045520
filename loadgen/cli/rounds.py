"""Several runs in rounds, with their progress on stderr."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from loadgen.cli.live import live_line
from loadgen.report.draw.style import columns, pad

if TYPE_CHECKING:
    from loadgen.campaigns.rounds import Round, RoundsOutcome
    from loadgen.plan.plan import Plan
    from loadgen.results.result import Result


def measure_rounds(
    plans: Sequence["Plan"], labels: Sequence[str], rounds: int, *, quiet: bool, seed: int, settle_s: float
) -> "RoundsOutcome":
    """Run every plan `rounds` times. Raises UsageError before the first run where one cannot be run on this host.

    Signals are ignored afterwards: the caller keeps what was measured within `signals_restored`.
    """
    import asyncio

    import uvloop

    from loadgen.campaigns.isolated import Isolated
    from loadgen.campaigns.rounds import run_rounds
    from loadgen.session.limits import check_descriptors

    for plan in plans:
        check_descriptors(plan)
    live = live_line(quiet=quiet)
    longest = max(map(columns, labels), default=0)

    async def main() -> "RoundsOutcome":
        with Isolated(live) as isolated:

            async def run(round_: "Round") -> "Result":
                live.lead(f"{round_.round + 1}/{rounds} {pad(labels[round_.variant], longest)}")
                return await isolated.run(round_.plan)

            return await run_rounds(plans, rounds, run, isolated.rest, seed=seed, settle_s=settle_s)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(main())
        finally:
            live.end()
