"""Results of one plan over time: where a metric changed its level, and whether that was for the worse."""

from collections.abc import Sequence
from itertools import pairwise
from math import exp, inf, log, sqrt
from typing import Literal

from loadgen.base.dataclass import dataclass
from loadgen.judge.change_points import Split, change_points
from loadgen.judge.exit_code import ExitCode
from loadgen.judge.figures import Figures
from loadgen.judge.observe import is_supported, settled
from loadgen.judge.statistics import quantile
from loadgen.plan.identity import plan_differences
from loadgen.plan.metrics import Metric
from loadgen.results.machine import machine_differences
from loadgen.results.result import Result

METRICS = ("ok_rps", "p50", "p99", "error_rate")
LEAST = 0.05
"""A smaller change is none: of a share so many percentage points, a fifth of that."""
SHARE_POINTS = 0.2
NEWEST = 10
"""Results among which a change is new: it is found some results after it came, and a gate should see it then."""

Direction = Literal["better", "worse", "changed"]


@dataclass(frozen=True, slots=True)
class Dated:
    """A result with the name by which it is shown: a label, a commit, or when it began."""

    name: str
    result: Result


@dataclass(frozen=True, slots=True)
class Level:
    """Neighbouring results, `first` to `last` by index, of one level: mean and 95 % interval (None for one result).

    The mean is the geometric one, or where values may be 0 the plain one.
    """

    first: int
    last: int
    mean: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """From the result of index `at` on the level is another. `ratio` is None where the metric is a share; `is_new`: it
    is among the newest results.
    """

    at: int
    before: Level
    after: Level
    ratio: float | None
    direction: Direction
    is_new: bool


@dataclass(frozen=True, slots=True)
class Course:
    """One metric over all results; None where a result does not have it."""

    metric: Metric
    values: Sequence[float | None]
    levels: Sequence[Level]
    changes: Sequence[ChangePoint]


@dataclass(frozen=True, slots=True)
class Trend:
    """`dated` are in the order in which they were made. `warnings` say what is mixed, and what was left out."""

    dated: Sequence[Dated]
    courses: Sequence[Course]
    warnings: Sequence[str]

    @property
    def worse(self) -> list[tuple[Course, ChangePoint]]:
        """New changes for the worse."""
        return [
            (course, change)
            for course in self.courses
            for change in course.changes
            if change.is_new and change.direction == "worse"
        ]

    @property
    def code(self) -> ExitCode:
        """120 for a new change for the worse."""
        return ExitCode.WORSE if self.worse else ExitCode.OK


def judge_trend(dated: Sequence[Dated], metrics: Sequence[Metric], least: float = LEAST, newest: int = NEWEST) -> Trend:
    """`least` is the share by which a level must change, `newest` among how many results a change is new.

    Raises ValueError for a damaged histogram.
    """
    ordered = sorted(dated, key=lambda item: item.result.started_at)
    trusted = [item for item in ordered if item.result.generator.verdict != "invalid"]
    left_out = len(ordered) - len(trusted)
    warnings = [f"left out: {left_out} of {len(ordered)} results, whose runs are invalid"] if left_out else []
    figures = [Figures(item.result) for item in trusted]
    courses = [_course(metric, figures, least, newest) for metric in metrics]
    return Trend(trusted, courses, [*warnings, *_mixed(trusted)])


def _mixed(dated: Sequence[Dated]) -> list[str]:
    """Where the plan or the machine is not that of the result before."""
    said = []
    for before, after in pairwise(dated):
        if plans := plan_differences(before.result.plan, after.result.plan):
            said.append(f"NOT ALIKE: from {after.name} on {'; '.join(plans)}. What changes there may be the load.")
        if machines := machine_differences(before.result.environment, after.result.environment):
            said.append(
                f"ANOTHER MACHINE: from {after.name} on {'; '.join(machines)}. What changes there may be the machine."
            )
    return said


def _course(metric: Metric, figures: Sequence[Figures], least: float, newest: int) -> Course:
    values = [_value(metric, one) for one in figures]
    known = [(index, value) for index, value in enumerate(values) if value is not None]
    by_ratio = metric.unit != "share" and all(value > 0 for _, value in known)
    scaled = [log(value) if by_ratio else value for _, value in known]
    margin = log(1 + least) if by_ratio else least * SHARE_POINTS if metric.unit == "share" else 0.0
    splits = change_points(scaled, margin)
    bounds = [0, *(split.index for split in splits), len(known)]
    levels = [_level(known, scaled, start, end, by_ratio=by_ratio) for start, end in pairwise(bounds) if end > start]
    changes = [
        _change(metric, split, levels[number], levels[number + 1], len(values) - newest, by_ratio=by_ratio)
        for number, split in enumerate(splits)
    ]
    return Course(metric, values, levels, changes)


def _value(metric: Metric, figures: Figures) -> float | None:
    observed = settled(figures.observe(metric))
    if observed is None or observed.high == inf or not observed.is_exact or not is_supported(metric, observed):
        return None
    return observed.low


def _level(
    known: Sequence[tuple[int, float]], scaled: Sequence[float], start: int, end: int, *, by_ratio: bool
) -> Level:
    part, count = scaled[start:end], end - start
    mean = sum(part) / count
    first, last = known[start][0], known[end - 1][0]
    back = exp if by_ratio else float
    if count < 2:
        return Level(first, last, back(mean))
    error = sqrt(sum((value - mean) ** 2 for value in part) / (count - 1) / count)
    half = quantile(count - 1) * error
    return Level(first, last, back(mean), back(mean - half), back(mean + half))


def _change(metric: Metric, split: Split, before: Level, after: Level, new_from: int, *, by_ratio: bool) -> ChangePoint:
    direction: Direction = "changed"
    if metric.better is not None:
        direction = "better" if (split.shift < 0) == (metric.better == "lower") else "worse"
    ratio = exp(split.shift) if by_ratio else None
    return ChangePoint(after.first, before, after, ratio, direction, after.first >= new_from)
