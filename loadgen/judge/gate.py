"""The gate: may this build pass? Thresholds over all its rounds, and a baseline that it must not be worse than."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.units import parse_percent
from loadgen.judge.change import Change, changes_of
from loadgen.judge.comparison import COMPARED
from loadgen.judge.exit_code import ExitCode, exit_code, is_fruitful
from loadgen.judge.figures import names_in
from loadgen.judge.statistics import FEWEST_ROUNDS, LEVEL, holm
from loadgen.judge.thresholds import judge_thresholds
from loadgen.plan.condition import Condition, parse_condition, parse_metric
from loadgen.plan.identity import plan_differences
from loadgen.plan.metrics import Metric
from loadgen.plan.named import Named, check_name
from loadgen.results.machine import machine_differences
from loadgen.results.merge import merge_results
from loadgen.results.result import Result

DEFAULT_MARGINS = "p50: 10%, p99: 10%, ok_rps: 5%, error_rate: 1%"
"""A convention, not a measurement: latencies vary more than rates. Whoever has a quieter runner asks for less."""

Verdict = Literal["pass", "worse", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Margin:
    """How much worse a metric may be: a share of the baseline's, and for metrics that are shares a difference."""

    metric: Metric
    allowed: float
    text: str


@dataclass(frozen=True, slots=True)
class Regression:
    """One metric against the baseline. `worse` needs both: it is beyond the margin, and it is not chance."""

    text: str
    metric: Metric
    allowed: float
    change: Change
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Baseline:
    """The rounds to compare with, where they are from, and how much worse each metric may be.

    `anyway`: they may be of another machine.
    """

    name: str
    rounds: tuple[Result, ...]
    margins: tuple[Margin, ...] = ()
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """`result` are all rounds as one, with the thresholds judged over them; `notes` are what to bear in mind."""

    result: Result
    rounds: int
    baseline: Baseline | None
    regressions: tuple[Regression, ...]
    notes: tuple[str, ...]

    @property
    def strict(self) -> bool:
        """Whether only a valid run and a clear answer are good enough."""
        return bool(self.result.plan.get("strict"))

    @property
    def code(self) -> ExitCode:
        """The exit code. An invalid run never passes, whatever was asked of it."""
        code = exit_code(self.result)
        if not is_fruitful(self.result) or code in (
            ExitCode.INTERNAL,
            ExitCode.SIGNAL,
            ExitCode.FAIL_FAST,
            ExitCode.SCRIPT,
            ExitCode.NOT_TRUSTED,
        ):
            return code
        if self.result.generator.verdict == "invalid":
            return ExitCode.NOT_TRUSTED
        bad = ("worse", "cannot tell") if self.strict else ("worse",)
        if code is ExitCode.OK and any(row.verdict in bad for row in self.regressions):
            return ExitCode.WORSE
        return code


def parse_margins(text: str, names: Collection[Named] | None) -> list[Margin]:
    """Read `p99: 10%, rps: 5%`; `names` are None where they are not known yet.

    Raises ValueError with one clear sentence.
    """
    margins = []
    for part in filter(None, map(str.strip, text.split(","))):
        metric, colon, share = part.rpartition(":")
        if not colon or not metric.strip() or "%" not in share:
            raise ValueError(f"expected METRIC: SHARE such as 'p99: 10%, rps: 5%', got {part!r}")
        margins.append(Margin(parse_metric(metric), parse_percent(share), part))
        _check_margin(margins[-1].metric, names)
    if not margins:
        raise ValueError("expected METRIC: SHARE such as 'p99: 10%, rps: 5%'")
    return margins


def _check_margin(metric: Metric, names: Collection[Named] | None) -> None:
    if any(named.kind == "metric" and named.name == metric.of for named in names or ()):
        raise ValueError(f"whether more of {metric.of!r} is better is not known: only a threshold can be about it")
    check_name(metric, names)


def judge_gate(
    rounds: Sequence[Result],
    *,
    thresholds: Sequence[str] = (),
    baseline: Baseline | None = None,
    strict: bool = False,
    ended: tuple[str, str] = ("completed", ""),
) -> Gate:
    """Judge one or several rounds of one plan. Without `thresholds` those of the plan are used.

    `ended` is how all of them ended, and because of what: by a signal between two as well.

    Raises UsageError for plans that are not alike, for a baseline of another machine, and for a threshold that the
    results cannot answer.
    """
    merged = as_one({f"round {number}": result for number, result in enumerate(rounds, 1)})
    if ended[0] != "completed":
        merged = replace(merged, ended_by=ended[0], ended_because=ended[1])
    conditions = _conditions(merged, thresholds)
    texts = [condition.text for condition in conditions]
    plan = {**merged.plan, "thresholds": texts, "strict": strict or bool(merged.plan.get("strict"))}
    merged = replace(merged, plan=plan, thresholds=judge_thresholds(merged, conditions))
    if baseline is None:
        return Gate(merged, len(rounds), None, (), ())
    notes = [*check_likeness(merged.plan, merged.environment, baseline), *_few(baseline.rounds, rounds)]
    return Gate(merged, len(rounds), baseline, tuple(_regressions(baseline, rounds)), tuple(notes))


def _conditions(result: Result, thresholds: Sequence[str]) -> list[Condition]:
    """What is asked of a saved result: `thresholds`, which must be about its names, or else those of its plan."""
    source = "--threshold" if thresholds else "the result's threshold"
    try:
        conditions = [
            parse_condition(str(text), use="threshold") for text in thresholds or result.plan.get("thresholds") or ()
        ]
        for condition in conditions if thresholds else ():
            check_name(condition.metric, names_in([result]))
    except ValueError as error:
        raise UsageError(f"{source}: {error}") from None
    return conditions


def as_one(rounds: Mapping[str, Result]) -> Result:
    """Rounds of one plan, each with its name, as one Result. Raises UsageError where they did not do the same."""
    (first, *others) = rounds.items()
    for name, other in others:
        if differences := plan_differences(first[1].plan, other.plan):
            raise UsageError(f"{name} did not do the same as {first[0]}: {'; '.join(differences)}")
    return merge_results(rounds)


def check_likeness(plan: Mapping[str, Any], environment: Mapping[str, Any], baseline: Baseline) -> list[str]:
    """What is not alike and was accepted; `plan` is as `describe_plan` gives it. Raises UsageError for what is not."""
    first = baseline.rounds[0]
    if differences := plan_differences(first.plan, plan):
        raise UsageError(
            f"baseline {baseline.name}: another plan ({'; '.join(differences)}): measure both with the same one, "
            "or save a new baseline"
        )
    if any(result.generator.verdict == "invalid" for result in baseline.rounds):
        raise UsageError(f"baseline {baseline.name}: its measurement is invalid; save a new baseline")
    differences = machine_differences(first.environment, environment)
    if differences and not baseline.anyway:
        raise UsageError(
            f"baseline {baseline.name}: made on another machine ({'; '.join(differences)}): keep a baseline for each "
            "kind of machine, measure both builds in one job, or add --anyway"
        )
    return [f"The baseline was made on another machine: {'; '.join(differences)}."] if differences else []


def _few(before: Sequence[Result], after: Sequence[Result]) -> list[str]:
    if max(len(before), len(after)) > 1:
        return []
    return [
        "One run on each side: what differs from run to run without a cause is not known; --rounds 5 would tell, "
        "for the baseline as well."
    ]


def _regressions(baseline: Baseline, after: Sequence[Result]) -> list[Regression]:
    """Corrected for all that `loadgen diff` tests, too, so that it calls nothing chance that is worse here."""
    asked = [margin.metric for margin in baseline.margins]
    family = [*asked, *(metric for metric in COMPARED if metric.better and metric not in asked)]
    try:
        changes = changes_of(family, baseline.rounds, after)
    except ValueError as error:
        raise UsageError(f"damaged result: {error}") from None
    corrected = holm([change.p for change in changes])
    few = _fewest(baseline.rounds, after) < FEWEST_ROUNDS
    return [
        Regression(
            margin.text, margin.metric, margin.allowed, replace(change, low=None, high=None) if few else change,
            _verdict(change, p, margin.allowed),
        )
        for margin, change, p in zip(baseline.margins, changes, corrected, strict=False)
    ]  # fmt: skip


def _fewest(before: Sequence[Result], after: Sequence[Result]) -> int:
    """The fewest rounds of a side that has several; one run alone on each is judged by its blocks."""
    return min((len(side) for side in (before, after) if len(side) > 1), default=FEWEST_ROUNDS)


def _verdict(change: Change, p: float | None, allowed: float) -> Verdict:
    """`p` is corrected for the number of metrics."""
    if change.amount is None or change.high is None or p is None:
        return "cannot tell"
    if change.amount > allowed and p <= 1 - LEVEL:
        return "worse"
    return "pass" if change.high <= allowed and not change.at_least else "cannot tell"
