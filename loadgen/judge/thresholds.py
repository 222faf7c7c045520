"""Thresholds: conditions that a saved Result meets or not. Pure; nothing is judged that is not known for certain."""

from collections.abc import Collection

from loadgen.judge.figures import Figures, Interval
from loadgen.plan.condition import Condition, parse_condition
from loadgen.results.result import Result, ThresholdRow

_WORST_FIRST = ("fail", "no_data", "pass")

Known = tuple[float, bool]
"""What was observed, and whether it was that at least."""


def judge_thresholds(result: Result, names: Collection[str]) -> list[ThresholdRow]:
    """A row for each of the plan's thresholds, in order; `names` are the requests that one may be about.

    `pass` and `fail` hold whatever the lower bounds among the latencies stand for; where they could turn it, or where
    there are too few samples, or none, it is `no_data`. Over windows the worst one decides. `observed` (milliseconds,
    a share from 0 to 1, per second, or a count) is the end of what is known that decides. An invalid run is judged
    like any other: what follows from that is said by its exit code.
    """
    figures = Figures(result)
    return [_row(figures, str(text), names) for text in result.plan.get("thresholds") or ()]


def _row(figures: Figures, text: str, names: Collection[str]) -> ThresholdRow:
    try:
        condition = parse_condition(text, use="threshold", names=names)
        if condition.window_s is None:
            verdict, known = _judged(condition, figures.whole(condition))
        else:
            verdict, known = _worst(condition, [_judged(condition, found) for found in figures.windows(condition)])
    except ValueError:  # not a threshold of ours, or a damaged histogram
        return ThresholdRow(text)
    if known is None:
        return ThresholdRow(text, None, verdict)
    observed, at_least = known
    return ThresholdRow(text, round(observed, 6), verdict, at_least)


def _judged(condition: Condition, found: Interval | None) -> tuple[str, Known | None]:
    """The verdict on one interval, and the end of it that decides; for no data, what is known at least."""
    if found is None:
        return "no_data", None
    ends = (found.low, found.high)
    held = [condition.holds(end) for end in ends]
    low, high = (found.low, found.low < found.high), (found.high, False)
    if all(held):
        return "pass", high if condition.is_ceiling else low
    if any(held) or found.low < condition.value < found.high:
        return "no_data", low
    if condition.is_ceiling or found.low > condition.value:
        return "fail", low
    return "fail", high


def _worst(condition: Condition, windows: list[tuple[str, Known | None]]) -> tuple[str, Known | None]:
    """Of all windows the one that decides: by its verdict, then by how far it is out."""
    verdict = next((word for word in _WORST_FIRST if any(found == word for found, _ in windows)), "no_data")
    known = [end for found, end in windows if found == verdict and end is not None]
    if not known:
        return verdict, None
    if condition.op == "==":
        return verdict, max(known, key=lambda end: abs(end[0] - condition.value))
    return verdict, max(known) if condition.is_ceiling else min(known)
