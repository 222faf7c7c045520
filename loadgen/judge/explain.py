"""What a comparison shows, in sentences that hold: each is said only where the figures carry it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from math import log
from statistics import median_high
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.base.units import counted, format_ms, listed
from loadgen.judge.comparison import Comparison, summary
from loadgen.judge.findings import LAG_FLOOR_MS, LAG_SHARE
from loadgen.judge.redirects import redirect_notes
from loadgen.judge.statistics import FEWEST_ROUNDS
from loadgen.results.result import Machines, Result
from loadgen.results.rounds import Rounds

BUSY, IDLE = 0.9, 0.7
"""Shares of a core: above the first a worker has none to spare, below the second it has. Between them it is open."""
MOST_OF_IT = 0.6
"""More than half by a margin: p99s of loop lag and of response times are of different samples, and do not add up."""
MUCH_LONGER = 2.0
"""The faster tail may be the target's and the rest waiting: then "most" is waiting from twice as long on."""
MANY_SWITCHES, MANY_TIMES = 0.2, 5.0
"""A thread that waits for each reply switches about once for each. A fifth of that, and five times what a loop does, is
the difference in kind of which the sentence speaks."""
ENOUGH_ROUNDS = 5
"""An interval of 5 rounds is 2.8 standard errors wide on a side (Student's t), one of 3 rounds 4.3, one of 2 12.7."""


@dataclass(frozen=True, slots=True)
class _Side:
    """One variant: milliseconds, microseconds of CPU and context switches a request.

    `busy` is the share of a core that the busiest worker used, `wanted` also counts the time it waited for one.
    """

    label: str
    p99_ms: float
    lag_ms: float
    cpu_us: float
    switches: float
    busy: float
    wanted: float
    mode: str
    unpaced: bool


def explain(comparison: Comparison) -> list[str]:
    """Sentences, the most telling first; none where there is nothing to say."""
    unanswered = [item for item in comparison.variants if not any(result.ledger.ok for result in item.results)]
    idle = [item.label for item in unanswered if not any(result.journeys.ok for result in item.results)]
    if idle:
        return [f"Not one good reply came back to {listed(idle)}."]
    if unanswered:  # journeys that send nothing: all that follows is of requests
        return []
    sides = [_side(item) for item in comparison.variants]
    return [*_own_tails(sides), *_waiting(comparison), *_limits(sides), *_switches(sides), *_noise(comparison)]


def alarms(comparison: Comparison) -> list[str]:
    """Why figures are not to be believed at all, or are not of what was meant."""
    reasons = ((item.label, _reason(item, "invalid", all_of_them=True)) for item in comparison.variants)
    invalid = [f"INVALID: {label}: {reason}. Do not trust its figures." for label, reason in reasons if reason]
    notes = [f"{item.label}: {note}." for item in comparison.variants for note in redirect_notes(item.results[0])]
    return [*invalid, *notes]


def doubts(comparison: Comparison) -> list[str]:
    """What to bear in mind: runs near the generator's limits, or that ended early, missed thresholds, few rounds."""
    variants = comparison.variants
    limited = [f"{item.label}: {reason}" for item in variants if (reason := _reason(item, "limited"))]
    return [*limited, *_early(variants), *_missed(variants), *_few(comparison)]


def _side(rounds: Rounds) -> _Side:
    figures = {name: observed.low for name, observed in summary(rounds.results).items() if observed}
    generator = rounds.results[0].generator
    return _Side(
        label=rounds.label,
        p99_ms=figures.get("p99", 0.0),
        lag_ms=figures.get("loop_lag.p99", 0.0),
        cpu_us=figures.get("cpu_us", 0.0),
        switches=figures.get("context_switches", 0.0),
        busy=median_high(_share(result, waiting=False) for result in rounds.results),
        wanted=median_high(_share(result, waiting=True) for result in rounds.results),
        mode=generator.mode,
        unpaced=_is_unpaced(rounds.results[0].plan),
    )


def _is_unpaced(plan: Mapping[str, Any]) -> bool:
    """Whether each user sends again as soon as its reply is in, and all of them from the beginning."""
    return not plan.get("arrivals") and not any(plan.get("think_s") or ()) and not plan.get("user_stages")


def _share(result: Result, *, waiting: bool) -> float:
    """The core of the busiest worker, with the time that it waited for one or without."""
    seconds = [row.cpu_s + (row.core_wait_s if waiting else 0.0) for row in result.generator.workers]
    return max(seconds, default=0.0) / (result.duration_s or 1.0)


def _own_tails(sides: list[_Side]) -> Iterator[str]:
    own = [side for side in sides if side.lag_ms > max(LAG_FLOOR_MS, LAG_SHARE * side.p99_ms)]
    if not own:
        return
    tails = "The tail of {} is" if len(own) == 1 else "The tails of {} are"
    part = "" if all(side.lag_ms > MOST_OF_IT * side.p99_ms for side in own) else " partly"
    yield (
        f"{tails.format(listed(side.label for side in own))}{part} the generator's own: loop lag p99 "
        f"{listed(format_ms(side.lag_ms) for side in own)} in a response p99 of "
        f"{listed(format_ms(side.p99_ms) for side in own)}."
    )


def _waiting(comparison: Comparison) -> Iterator[str]:
    """The tail of threads, which have no loop to be late: what another variant shows that the target can do."""
    sides = {item.label: item for item in comparison.variants}
    for against in comparison.against:
        row = against.row("p99")
        pair = {"better": (comparison.first, against.label), "worse": (against.label, comparison.first)}
        if row is None or row.verdict not in pair:
            continue
        slow, fast = (sides[label] for label in pair[row.verdict])
        if not (_is_threads(slow) and not _is_threads(fast) and _users(slow) == _users(fast)):
            continue
        low_ms, high_ms = sorted(side.low for side in (row.first, row.other) if side)
        if high_ms >= MUCH_LONGER * low_ms:
            yield (
                f"The same target answered {fast.label} within {format_ms(low_ms)} at p99: most of the "
                f"{format_ms(high_ms)} of {slow.label} is its threads' waiting for their turn."
            )
            return


def _is_threads(rounds: Rounds) -> bool:
    return rounds.results[0].generator.mode == "threads"


def _users(rounds: Rounds) -> int:
    return rounds.results[0].users.asked


def _limits(sides: list[_Side]) -> Iterator[str]:
    """What the throughput of closed loops that never pause was limited by."""
    if not sides or not all(side.unpaced for side in sides):
        return
    busy = [side for side in sides if side.busy >= BUSY]
    if busy:
        costs = listed(f"{side.label} {format_ms(side.cpu_us / 1000)}" for side in busy)
        yield (
            f"{listed(side.label for side in busy)} used up a core: the throughput is what the generator can do, not "
            f"the target. CPU a request: {costs}."
        )
    elif all(side.wanted <= IDLE for side in sides):
        most = max(side.wanted for side in sides)
        yield f"No worker used more than {most:.0%} of a core: the throughput is the target's, not the generator's."


def _switches(sides: list[_Side]) -> Iterator[str]:
    threads = [side for side in sides if side.mode == "threads"]
    loops = [side for side in sides if side.mode != "threads"]
    if not threads or not loops:
        return
    most, least = max(threads, key=lambda side: side.switches), min(loops, key=lambda side: side.switches)
    if most.switches >= max(MANY_SWITCHES, MANY_TIMES * least.switches):
        yield (
            f"{most.label} switches context {most.switches:.2g} times a request, {least.label} {least.switches:.2g}: a "
            "thread waits for each reply of its own, a loop takes many replies in one wake-up."
        )


def _noise(comparison: Comparison) -> Iterator[str]:
    """How small a difference could have been seen, where none was."""
    for against in comparison.against:
        row = against.row("ok_rps")
        low, high = (row.estimate.low, row.estimate.high) if row else (None, None)
        differs = any(item.verdict != "cannot tell" for item in against.rows)
        if differs or low is None or high is None or not low <= 1 <= high:
            continue
        width = log(high / low) / 2
        yield (
            f"No row of {against.label} differs from {comparison.first} beyond the noise. A throughput within "
            f"{max(width, 0.001):.1%} could not be told apart; more rounds or longer runs tell more."
        )


def _reason(rounds: Rounds, verdict: str, *, all_of_them: bool = False) -> str:
    """How many runs have the verdict, and why the first one has, without the remedies; empty for none.

    The first reason stands for all unless `all_of_them` are wanted.
    """
    found = [result for result in rounds.results if result.generator.verdict == verdict]
    if not found:
        return ""
    reasons = [_cause(reason, found[0].machines) for reason in found[0].generator.reasons]
    text = f": {listed(reasons if all_of_them else reasons[:1])}" if reasons else ""
    verb = "was" if len(rounds.results) == 1 else "were"
    return f"{_runs(len(found), rounds)} {verb} {verdict}{text}"


def _cause(reason: str, machines: Machines | None) -> str:
    """Without the remedy, behind the names of the machines that it is said of."""
    names = "|".join(re.escape(row.name) for row in machines.rows) if machines else ""
    named = re.match(rf"(?:(?:{names}|\d+ more)(?:, | and |: ))*" if names else "", reason)
    whose = named[0] if named else ""
    return whose + re.split("[:;]", reason.removeprefix(whose))[0]


def _runs(count: int, rounds: Rounds) -> str:
    return "the run" if len(rounds.results) == 1 else f"{count} of {len(rounds.results)} runs"


def _missed(variants: Iterable[Rounds]) -> Iterator[str]:
    """Thresholds that runs did not meet."""
    for item in variants:
        missed = Counter(row.expr for result in item.results for row in result.thresholds if row.verdict != "pass")
        for expression, count in missed.items():
            yield f"{item.label}: {expression} was not met in {_runs(count, item)}"


def _early(variants: Iterable[Rounds]) -> Iterator[str]:
    for item in variants:
        early = [result for result in item.results if result.ended_by != "completed"]
        if early:
            because = f": {early[0].ended_because}" if early[0].ended_because else ""
            yield f"{item.label}: {_runs(len(early), item)} ended early{because}"


def _few(comparison: Comparison) -> Iterator[str]:
    for against in comparison.against:
        match against.basis:
            case "blocks":
                yield (
                    f"{against.label}: one run on a side, so the intervals know only what varied within the runs; "
                    "several rounds know what differs from run to run"
                )
            case "none":
                yield f"{against.label}: one short run on a side says nothing about noise; run several rounds"
            case "rounds" if against.rounds < ENOUGH_ROUNDS:
                few = counted(against.rounds, "round gives", "rounds give")
                what = "no interval" if against.rounds < FEWEST_ROUNDS else "wide intervals"
                yield f"{against.label}: {few} {what}; 5 are a good start"
