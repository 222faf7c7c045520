"""Rounds of several variants -> a table of each against the first: ratio, 95 % interval, a verdict."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import inf, log
from typing import Literal

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.judge.blocks import compare_blocks, measure_of
from loadgen.judge.change import Change, are_pairs, changes_of
from loadgen.judge.figures import Figures
from loadgen.judge.observe import Observed, settled
from loadgen.judge.statistics import (
    FEWEST_ROUNDS,
    Estimate,
    Verdict,
    always_of,
    holm,
    mean_of_rounds,
    paired,
    verdict_of,
)
from loadgen.plan.metrics import Metric, Unit, metric_named
from loadgen.plan.named import JOURNEYS
from loadgen.results.merge import merge_rounds
from loadgen.results.result import Result
from loadgen.results.rounds import Rounds

Basis = Literal["rounds", "blocks", "none"]

COMPARED = tuple(
    metric_named(name)
    for name in (
        "ok_rps", "p50", "p99", "p99.9", "send_lag.p99", "loop_lag.p99", "cpu_us", "peak_rss_mb", "threads",
        "context_switches", "error_rate",
    )
)  # fmt: skip
"""In the order of the table."""
_OF_PASSES = {"ok_rps": "{}s/s", "p50": "{} p50", "p99": "{} p99", "error_rate": "{}s failed"}
"""Before them, where all runs are of journeys, or of calls."""
BUCKET = 2**-10
"""The relative width of a histogram's bucket: 3 significant digits."""
_STEPS: dict[Unit, float] = {"per_s": 0.001, "ms": 0.001, "us": 0.001, "mb": 0.1}
"""To how much a Result rounds what has the unit; a difference of less is none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of two sides, each the geometric mean of its rounds (the plain one where a value is 0).

    `bound`: the ratio is only known to be "at least" or "at most" what is said. `p` is corrected for the table.
    """

    metric: Metric
    first: Observed | None
    other: Observed | None
    estimate: Estimate
    bound: Literal["", "at least", "at most"] = ""
    p: float | None = None
    verdict: Verdict = "cannot tell"

    @property
    def nonzero(self) -> bool:
        """Whether anything happened on either side."""
        return any(side is not None and side.low for side in (self.first, self.other))


@dataclass(frozen=True, slots=True)
class Against:
    """One variant against the first. `rounds` were compared; `basis` says what the intervals rest on."""

    label: str
    rounds: int
    basis: Basis
    rows: tuple[Row, ...]

    def row(self, name: str) -> Row | None:
        return next((row for row in self.rows if row.metric.text == name), None)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole table. `first` is the label that all others are set against; `variants` begins with it."""

    variants: tuple[Rounds, ...]
    against: tuple[Against, ...]

    @property
    def first(self) -> str:
        return self.variants[0].label


def compare(variants: Sequence[Rounds], *, by_turns: bool = True) -> Comparison:
    """Set every variant against the first one; at least one variant.

    Rounds done `by_turns` are pairs. Others are judged as a gate judges them (change.py), so that both say the same.
    Runs that did not end as planned are left out. Where each side has a single run, the blocks of both stand in for
    rounds. Raises UsageError for damaged histograms.
    """
    first, *others = (replace(item, results=_planned(item.results)) for item in variants)
    return Comparison(tuple(variants), tuple(_against(first, other, by_turns=by_turns) for other in others))


def summary(results: Sequence[Result]) -> dict[str, Observed | None]:
    """Each metric of one side alone, by its text. Raises UsageError for damaged histograms."""
    metrics = _compared(results)
    tables = [_observed(result, metrics) for result in _planned(results)]
    return {metric.text: _mean([table[metric] for table in tables]) for metric in metrics}


def _compared(results: Iterable[Result]) -> tuple[Metric, ...]:
    nouns = {result.noun if result.journeys.started else "" for result in results}
    if "" in nouns:
        return COMPARED
    one = "call" if nouns == {"calls"} else "journey"
    passes = (replace(metric_named(name), of=JOURNEYS, title=text.format(one)) for name, text in _OF_PASSES.items())
    return (*passes, *(metric for metric in COMPARED if one == "journey" or metric.name != "ok_rps"))


def _observed(result: Result, metrics: Sequence[Metric]) -> dict[Metric, Observed | None]:
    """All figures of a run; without a send lag where every request is due when it is sent."""
    figures = Figures(result)
    try:
        table = {metric: settled(figures.observe(metric)) for metric in metrics}
        lag = figures.observe(metric_named("send_lag.max"))
    except ValueError as error:
        raise UsageError(f"damaged result: {error}") from None
    if lag is None or not lag.high:
        table[metric_named("send_lag.p99")] = None
    return table


def _planned(results: Sequence[Result]) -> tuple[Result, ...]:
    """The runs that ended as planned; with none, none is left out."""
    return tuple(result for result in results if result.ended_by == "completed") or tuple(results)


def _against(first: Rounds, other: Rounds, *, by_turns: bool) -> Against:
    rounds = min(len(first.results), len(other.results))
    if not (by_turns or are_pairs(first.results, other.results)):
        return _unpaired(first, other)
    if rounds < 2:
        return _by_blocks(first, other)
    metrics = _compared([*first.results, *other.results])
    pairs = [[_observed(result, metrics) for result in side.results[:rounds]] for side in (first, other)]
    rows = [_paired(metric, *([table[metric] for table in side] for side in pairs)) for metric in metrics]
    return Against(other.label, rounds, "rounds", _judged(rows, few=rounds < FEWEST_ROUNDS))


def _unpaired(first: Rounds, other: Rounds) -> Against:
    """Runs of two days, or one of them on a side."""
    sides = (first.results, other.results)
    metrics = _compared([*first.results, *other.results])
    tables = [[_observed(result, metrics) for result in side] for side in sides]
    rows = []
    for metric, change in zip(metrics, changes_of(metrics, *sides), strict=True):
        seen = [[table[metric] for table in side] for side in tables]
        known = [[observed.low for observed in side if observed is not None] for side in seen]
        estimate = _estimate_of(metric, change)
        if estimate.shift is not None and max(map(len, known)) > 1:
            estimate = replace(estimate, always=always_of(*known))
        rows.append(_bounded(Row(metric, _mean(seen[0]), _mean(seen[1]), estimate)))
    basis: Basis = "rounds" if max(map(len, sides)) > 1 else "blocks"
    has_p = any(row.estimate.p is not None for row in rows)
    rounds = min(map(len, sides))
    fewest = min((len(side) for side in sides if len(side) > 1), default=FEWEST_ROUNDS)
    return Against(other.label, rounds, basis if has_p else "none", _judged(rows, few=fewest < FEWEST_ROUNDS))


def _estimate_of(metric: Metric, change: Change) -> Estimate:
    """A change as the ratio of the two sides; of shares it is their difference."""
    if change.amount is None:
        if change.before and change.after:
            return Estimate(log(change.after / change.before), ratio=change.after / change.before)
        return Estimate()
    sign = 1.0 if metric.better == "lower" else -1.0
    if metric.kind == "ratio":
        return Estimate(sign * change.amount, change.p)
    ratio = 1 + sign * change.amount
    ends = sorted(1 + sign * end for end in (change.low, change.high) if end is not None)
    low, high = ends if len(ends) == 2 else (None, None)
    return Estimate(log(ratio), change.p, ratio, low, high)


def _paired(metric: Metric, first: Sequence[Observed | None], other: Sequence[Observed | None]) -> Row:
    both = [(a, b) for a, b in zip(first, other, strict=True) if a is not None and b is not None]
    sides = _mean([a for a, _ in both]), _mean([b for _, b in both])
    if not both or sides[0] is None or sides[1] is None:
        return Row(metric, _mean(first), _mean(other), Estimate())
    step = _step(metric, sides[0], sides[1])
    estimate = paired([a.low for a, _ in both], [b.low for _, b in both], step)
    above = {b.low > a.low for a, b in both} if all(a.low != b.low for a, b in both) else set()
    always: Literal["", "more", "less"] = "" if len(above) != 1 else "more" if above == {True} else "less"
    return _bounded(Row(metric, *sides, replace(estimate, always=always)))


def _step(metric: Metric, first: Observed, other: Observed) -> float:
    """The resolution of a metric where it is as on two sides."""
    bucket = BUCKET if metric.unit == "ms" else 0.0
    return max(_STEPS.get(metric.unit, 0.0), bucket * min(first.low, other.low))


def _by_blocks(first: Rounds, other: Rounds) -> Against:
    """One run on a side: rounds on the other count as one long run."""
    runs = merge_rounds(first.results), merge_rounds(other.results)
    metrics = _compared(runs)
    tables = _observed(runs[0], metrics), _observed(runs[1], metrics)
    rows = []
    for metric in metrics:
        sides = (tables[0][metric], tables[1][metric])
        rows.append(_bounded(Row(metric, *sides, _estimate(metric, sides, runs))))
    known = any(row.estimate.p is not None for row in rows)
    return Against(other.label, 1, "blocks" if known else "none", _judged(rows))


def _estimate(metric: Metric, sides: Sequence[Observed | None], runs: Sequence[Result]) -> Estimate:
    first, other = sides
    if first is None or other is None:
        return Estimate()
    if first.is_exact and other.is_exact:
        step = _step(metric, first, other)
        estimate = compare_blocks(measure_of(metric, runs[0]), measure_of(metric, runs[1]), step)
        if estimate.p is not None:
            return estimate
    return paired([first.low], [other.low])


def _bounded(row: Row) -> Row:
    """What a lower bound among the figures leaves of the estimate."""
    first, other = row.first, row.other
    if first is None or other is None or (first.is_exact and other.is_exact):
        return row
    if not (first.is_exact or other.is_exact):
        return replace(row, estimate=Estimate())
    known, upwards = row.estimate, first.is_exact
    telling = known.shift is not None and (known.shift > 0) == upwards
    low, high = (known.low, None) if upwards else (None, known.high)
    estimate = replace(known, low=low, high=high, p=known.p if telling else None)
    return replace(row, estimate=estimate, bound="at least" if upwards else "at most")


def _judged(rows: Sequence[Row], *, few: bool = False) -> tuple[Row, ...]:
    """Those of which a side is known, with verdicts; rows without a direction take no part in the correction.

    Of `few` rounds there are no intervals: they would be so wide that they say nothing, or by chance too much.
    """
    known = [row for row in rows if row.first or row.other]
    p_values = holm([row.estimate.p if row.metric.better else None for row in known])
    judged = (
        replace(row, p=p, verdict=verdict_of(row.estimate.shift, p, row.metric.better))
        for row, p in zip(known, p_values, strict=True)
    )
    if few:
        return tuple(replace(row, estimate=replace(row.estimate, low=None, high=None)) for row in judged)
    return tuple(judged)


def _mean(rounds: Sequence[Observed | None]) -> Observed | None:
    """Of what is known."""
    known = [observed for observed in rounds if observed is not None]
    if not known:
        return None
    mean = mean_of_rounds([observed.low for observed in known])
    return Observed(mean, mean if all(observed.is_exact for observed in known) else inf)
