"""Several plans, several rounds each: interleaved in shuffled blocks, so that drift of the machine hits all alike."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from random import Random

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import LoadgenError, UsageError
from loadgen.plan.plan import Plan
from loadgen.results.result import Result

SETTLE_S = 1.0
"""Between two runs: what one has left in queues and closing connections is gone when the next begins."""


@dataclass(frozen=True, slots=True)
class Round:
    """One run: `variant` in `round`, both counted from 0."""

    round: int
    variant: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class RoundsOutcome:
    """What was measured: `results[variant][round]`. A variant that was ended early has fewer rounds.

    `ended_by` is "completed" after the last run, else that of the run which ended it all, "signal" where it was
    between two runs, or "error" where a run gave no Result.
    """

    results: tuple[tuple[Result, ...], ...]
    ended_by: str = "completed"
    ended_because: str = ""


class RunLostError(LoadgenError):
    """A run without a Result; `ended_by` is "signal" or "error"."""

    def __init__(self, ended_by: str, because: str) -> None:
        self.ended_by = ended_by
        super().__init__(because)


Runner = Callable[[Round], Awaitable[Result]]
Rest = Callable[[float], Awaitable[bool]]
"""Waits so many seconds; False where a signal came."""


def interleaved(plans: Sequence[Plan], rounds: int, seed: int) -> Iterator[Round]:
    """Every plan once in each round, in an order that the seed decides."""
    random = Random(seed)
    for number in range(rounds):
        order = list(range(len(plans)))
        random.shuffle(order)
        for variant in order:
            yield Round(number, variant, plans[variant])


async def run_rounds(
    plans: Sequence[Plan], rounds: int, runner: Runner, rest: Rest, *, seed: int = 1, settle_s: float = SETTLE_S
) -> RoundsOutcome:
    """Run all plans `rounds` times, with a pause before each run but the first.

    A run that does not end as planned ends all; its Result, if it has one, is kept like those before it. Raises
    UsageError where a plan cannot be run and there is nothing to keep yet.
    """
    results: list[list[Result]] = [[] for _ in plans]
    for index, round_ in enumerate(interleaved(plans, rounds, seed)):
        if index and not await rest(settle_s):
            return _rounds(results, "signal", "a signal between two runs")
        try:
            result = await runner(round_)
        except RunLostError as error:
            return _rounds(results, error.ended_by, str(error))
        except UsageError as error:
            if not index:
                raise
            return _rounds(results, "error", str(error))
        results[round_.variant].append(result)
        if result.ended_by != "completed":
            return _rounds(results, result.ended_by, result.ended_because)
    return _rounds(results)


def _rounds(results: list[list[Result]], ended_by: str = "completed", because: str = "") -> RoundsOutcome:
    return RoundsOutcome(tuple(map(tuple, results)), ended_by, because)
