"""Rounds of several variants -> a table of each against the first: ratio, 95 % interval, a word."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log
from typing import Literal

from loadgen.judge.blocks import Measure, compare_blocks, quantile_of, ratio_of
from loadgen.judge.metrics import METRICS, Figure, Metric
from loadgen.judge.statistics import Estimate, Word, holm, paired, word
from loadgen.measure.histogram import Histogram
from loadgen.results.encoded import decode_clocks
from loadgen.results.merge import merge_results
from loadgen.results.result import PART_OF_A_SECOND, QUANTILES, Result
from loadgen.results.rounds import Rounds

Basis = Literal["rounds", "blocks", "none"]


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of two sides, each the geometric mean of its rounds (the plain one where a value is 0).

    `bound`: the ratio is only known to be "at least" or "at most" what is said. `p` is corrected for the table.
    """

    metric: Metric
    first: Figure | None
    other: Figure | None
    estimate: Estimate
    bound: Literal["", "at least", "at most"] = ""
    p: float | None = None
    word: Word = "cannot tell"

    @property
    def nonzero(self) -> bool:
        """Whether anything happened on either side."""
        return any(side is not None and side.value for side in (self.first, self.other))


@dataclass(frozen=True, slots=True)
class Against:
    """One variant against the first. `rounds` were compared; `basis` says what the intervals rest on."""

    label: str
    rounds: int
    basis: Basis
    rows: tuple[Row, ...]

    def row(self, key: str) -> Row | None:
        """The row of a metric, if there is one."""
        return next((row for row in self.rows if row.metric.key == key), None)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole table. `first` is the label that all others are set against; `variants` begins with it."""

    variants: tuple[Rounds, ...]
    against: tuple[Against, ...]

    @property
    def first(self) -> str:
        """What the others are compared with."""
        return self.variants[0].label


def compare(variants: Sequence[Rounds]) -> Comparison:
    """Set every variant against the first one, round by round; at least one variant.

    Runs that did not end as planned are left out. Where a side has a single run, the blocks of both stand in for
    rounds. Raises UsageError for damaged histograms.
    """
    first, *others = (replace(item, results=_whole(item.results)) for item in variants)
    return Comparison(tuple(variants), tuple(_against(first, other) for other in others))


def summary(results: Sequence[Result]) -> dict[str, Figure | None]:
    """Each metric of one side alone, by its key."""
    whole = _whole(results)
    return {metric.key: _middle([metric.read(result) for result in whole]) for metric in METRICS}


def _whole(results: Sequence[Result]) -> tuple[Result, ...]:
    """The runs that ended as planned; with none, none is left out."""
    return tuple(result for result in results if result.ended_by == "completed") or tuple(results)


def _against(first: Rounds, other: Rounds) -> Against:
    rounds = min(len(first.results), len(other.results))
    if rounds < 2:
        return _by_blocks(first, other)
    pairs = [first.results[:rounds], other.results[:rounds]]
    rows = [_paired(metric, *([metric.read(result) for result in side] for side in pairs)) for metric in METRICS]
    return Against(other.label, rounds, "rounds", _judged(rows))


def _paired(metric: Metric, first: Sequence[Figure | None], other: Sequence[Figure | None]) -> Row:
    both = [(a, b) for a, b in zip(first, other, strict=True) if a is not None and b is not None]
    sides = _middle([a for a, _ in both]), _middle([b for _, b in both])
    if not both or sides[0] is None or sides[1] is None:
        return Row(metric, _middle(first), _middle(other), Estimate())
    step = max(metric.step, metric.bucket * min(side.value for side in sides if side))
    return _bounded(Row(metric, *sides, paired([a.value for a, _ in both], [b.value for _, b in both], step)))


def _by_blocks(first: Rounds, other: Rounds) -> Against:
    """One run on a side: rounds on the other count as one long run."""
    runs = _as_one(first), _as_one(other)
    blocks = _Blocks(runs[0]), _Blocks(runs[1])
    rows = []
    for metric in METRICS:
        sides = (metric.read(runs[0]), metric.read(runs[1]))
        rows.append(_bounded(Row(metric, *sides, _estimate(metric, sides, blocks))))
    known = any(row.estimate.p is not None for row in rows)
    return Against(other.label, 1, "blocks" if known else "none", _judged(rows))


def _as_one(rounds: Rounds) -> Result:
    if len(rounds.results) == 1:
        return rounds.results[0]
    return merge_results({f"round {number}": result for number, result in enumerate(rounds.results, 1)})


def _estimate(
    metric: Metric, sides: tuple[Figure | None, Figure | None], blocks: "tuple[_Blocks, _Blocks]"
) -> Estimate:
    first, other = sides
    if first is None or other is None:
        return Estimate()
    measures = blocks[0].measure(metric), blocks[1].measure(metric)
    if measures[0] and measures[1] and not (first.at_least or other.at_least):
        step = max(metric.step, metric.bucket * min(first.value, other.value))
        found = compare_blocks(measures[0], blocks[0].count, measures[1], blocks[1].count, step)
        if found.p is not None:
            return found
    return paired([first.value], [other.value])


class _Blocks:
    """The whole blocks of a run, and the metrics that they give. Raises UsageError for a damaged histogram."""

    def __init__(self, result: Result) -> None:
        end_s = result.duration_s + PART_OF_A_SECOND
        self._rows = [row for row in result.blocks if row.t_s + row.duration_s <= end_s]
        self._counts = [
            decode_clocks({"response": row.response})["response"] if row.response else Histogram() for row in self._rows
        ]
        self.count = len(self._rows)

    def measure(self, metric: Metric) -> Measure | None:
        """How blocks give the metric; None for one that they do not."""
        quantile = QUANTILES.get(metric.key.replace(".", "_"))
        if quantile is not None:
            return quantile_of(self._counts, quantile)
        if metric.key == "ok_rps":
            return ratio_of([row.ok for row in self._rows], [row.duration_s for row in self._rows])
        if metric.key == "error_rate":
            return ratio_of([row.failed for row in self._rows], [row.ok + row.failed for row in self._rows])
        return None


def _bounded(row: Row) -> Row:
    """What a lower bound among the figures leaves of the estimate."""
    first, other = row.first, row.other
    if first is None or other is None or not (first.at_least or other.at_least):
        return row
    if first.at_least and other.at_least:
        return replace(row, estimate=Estimate())
    found, upwards = row.estimate, other.at_least
    telling = found.shift is not None and (found.shift > 0) == upwards
    low, high = (found.low, None) if upwards else (None, found.high)
    estimate = replace(found, low=low, high=high, p=found.p if telling else None)
    return replace(row, estimate=estimate, bound="at least" if upwards else "at most")


def _judged(rows: Sequence[Row]) -> tuple[Row, ...]:
    """With words; rows without a direction take no part in the correction."""
    p_values = holm([row.estimate.p if row.metric.better else None for row in rows])
    return tuple(
        replace(row, p=p, word=word(row.estimate.shift, p, row.metric.better))
        for row, p in zip(rows, p_values, strict=True)
    )


def _middle(figures: Sequence[Figure | None]) -> Figure | None:
    known = [figure for figure in figures if figure is not None]
    if not known:
        return None
    values = [figure.value for figure in known]
    mean = exp(sum(map(log, values)) / len(values)) if min(values) > 0 else sum(values) / len(values)
    return Figure(mean, any(figure.at_least for figure in known))
