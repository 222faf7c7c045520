"""Thresholds: conditions that a saved Result meets or not. Pure; nothing is judged that is not known for certain."""

from collections.abc import Iterable, Sequence
from typing import Literal

from loadgen.judge.figures import Figures
from loadgen.judge.observe import Observed, is_supported, samples_needed
from loadgen.plan.condition import Condition
from loadgen.results.result import Result, ThresholdRow

Verdict = Literal["pass", "fail", "no_data"]
End = tuple[float, bool]
"""What was observed, and whether it was that at least."""
Judged = tuple[Verdict, End | None]

_WORST_FIRST: tuple[Verdict, ...] = ("fail", "no_data", "pass")


def judge_thresholds(result: Result, thresholds: Iterable[Condition]) -> list[ThresholdRow]:
    """A row for each threshold, in order.

    `pass` and `fail` hold whatever the lower bounds among the latencies stand for; where they could turn it, or where
    there are too few samples, or none, it is `no_data`. Over windows the worst one decides. `observed` (in the metric's
    unit) is the end of what is known that decides. An invalid run is judged like any other: what follows from that is
    said by its exit code.
    """
    figures = Figures(result)
    return [_row(figures, condition) for condition in thresholds]


def _row(figures: Figures, condition: Condition) -> ThresholdRow:
    try:
        verdict, end = _judge(figures, condition)
    except ValueError:  # a damaged histogram
        return threshold_row(condition)
    if end is None:
        hint = figures.problem(condition.metric) or _shortage(figures, condition)
        return threshold_row(condition, None, verdict, hint=hint)
    return threshold_row(condition, round(end[0], 6), verdict, end[1], unit=figures.unit(condition.metric))


def threshold_row(
    condition: Condition,
    observed: float | None = None,
    verdict: Verdict = "no_data",
    at_least: bool = False,
    *,
    unit: str = "",
    hint: str = "",
) -> ThresholdRow:
    """How a condition went; the row says by itself what it was about, so that nobody reads its text again."""
    metric, value = condition.metric, condition.value
    return ThresholdRow(condition.text, observed, verdict, at_least, metric.text, value, unit or metric.unit, hint)


def _shortage(figures: Figures, condition: Condition) -> str:
    """How many samples it takes, and how many there were."""
    needed = max(condition.min_count or 1, samples_needed(condition.metric))
    if condition.window_s is not None:
        found = figures.stretches(condition.metric, round(condition.window_s))
        stretches = [item.samples if item else 0 for item in found]
        if not stretches and (why := figures.no_stretches(condition.metric)):
            return why
        there = f"none of its windows has more than {max(stretches):,}" if stretches else "it has no whole window"
    else:
        observed = figures.observe(condition.metric)
        there = f"there are {observed.samples if observed else 0:,}"
    return f"too few samples: it takes {needed:,}, and {there}"


def _judge(figures: Figures, condition: Condition) -> Judged:
    metric, least = condition.metric, condition.min_count or 0
    if condition.window_s is None:
        observed = figures.observe(metric)
        return _verdict(condition, observed if observed is not None and observed.samples >= least else None)
    stretches = figures.stretches(metric, round(condition.window_s))
    return _worst(condition, [_verdict(condition, item) for item in stretches if item and item.samples >= least])


def _verdict(condition: Condition, observed: Observed | None) -> Judged:
    """The verdict on one window, and the end of what is known that decides; for no data, what is known at least."""
    if observed is None or not is_supported(condition.metric, observed):
        return "no_data", None
    held = [condition.holds(end) for end in (observed.low, observed.high)]
    low, high = (observed.low, not observed.is_exact), (observed.high, False)
    if all(held):
        return "pass", high if condition.is_ceiling else low
    if any(held) or observed.low < condition.value < observed.high:
        return "no_data", low
    if condition.is_ceiling or observed.low > condition.value:
        return "fail", low
    return "fail", high


def _worst(condition: Condition, windows: Sequence[Judged]) -> Judged:
    """Of all windows the one that decides: by its verdict, then by how far it is out."""
    verdict: Verdict = next((item for item in _WORST_FIRST if any(item == each for each, _ in windows)), "no_data")
    ends = [end for each, end in windows if each == verdict and end is not None]
    if not ends:
        return verdict, None
    if condition.op == "==":
        return verdict, max(ends, key=lambda end: abs(end[0] - condition.value))
    return verdict, max(ends) if condition.is_ceiling else min(ends)
