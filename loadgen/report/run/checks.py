"""What was asked of a run and how it went, as one list: the common source of JUnit, Markdown and annotations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from loadgen.judge.exit_code import script_errors
from loadgen.judge.gate import Gate, Regression
from loadgen.judge.redirects import redirect_notes
from loadgen.report.draw.style import clean
from loadgen.report.run.facts import ENDINGS, silence
from loadgen.report.run.tables import observed, with_unit
from loadgen.results.result import Result

Grade = Literal["pass", "warn", "fail", "error"]
"""`warn` passes. `error` is a run that could not be judged, `fail` one that was, and was not good enough."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was asked: `group` is run, threshold or baseline, `text` what was seen."""

    group: str
    name: str
    grade: Grade
    text: str = ""

    @property
    def passed(self) -> bool:
        """Whether it does not keep the exit code from being 0."""
        return self.grade in ("pass", "warn")


def checks_of(result: Result) -> list[Check]:
    """The run itself, then its thresholds. All pass just where the exit code of the run is 0."""
    judged = result.thresholds or result.plan.get("thresholds") or result.ended_by == "threshold"
    return [*_run(result, judged=bool(judged)), *_thresholds(result)]


def checks_of_gate(gate: Gate) -> list[Check]:
    """The run, its thresholds, and the baseline. All pass just where the gate does."""
    grades: dict[str, Grade] = {"pass": "pass", "worse": "fail", "cannot tell": "fail" if gate.strict else "warn"}
    return [
        *_run(gate.result, judged=True),
        *_thresholds(gate.result),
        *(Check("baseline", clean(row.text), grades[row.verdict], regression_text(row)) for row in gate.regressions),
    ]


def regression_text(row: Regression) -> str:
    """Before, after and the change of one metric in a line."""
    change = row.change
    if change.before is None or change.after is None:
        return f"{row.verdict}: too few samples, or none"
    least, unit = "at least " if change.at_least else "", row.metric.unit
    text = f"{row.verdict}: {least}{with_unit(unit, change.after)} after {with_unit(unit, change.before)}"
    if change.amount is None:
        return text
    interval = interval_text(row)
    return f"{text}, {amount_text(row)} ({interval})" if interval else f"{text}, {amount_text(row)}"


def amount_text(row: Regression) -> str:
    """The change as it was, not by what is worse: `-6.0%` of a rate; of shares in percentage points, `+0.50 pp`."""
    return "-" if row.change.amount is None else f"{_signed(row, row.change.amount)}{_unit(row)}"


def interval_text(row: Regression) -> str:
    """The interval, its lower end first; empty where it is not known."""
    ends = [_signed(row, end) for end in (row.change.low, row.change.high) if end is not None]
    if not ends:
        return ""
    return "..".join(ends if row.metric.better == "lower" else reversed(ends)) + _unit(row)


def allowed_text(row: Regression) -> str:
    """The margin."""
    return f"{row.allowed * 100:g}{_unit(row)}"


def _signed(row: Regression, amount: float) -> str:
    """An amount that is above 0 where it is worse, as what happened to the metric."""
    amount = amount if row.metric.better == "lower" else -amount
    return f"{amount * 100 + 0.0:+.{2 if row.metric.kind == 'ratio' else 1}f}"


def _unit(row: Regression) -> str:
    return " pp" if row.metric.kind == "ratio" else "%"


def _run(result: Result, *, judged: bool) -> Iterator[Check]:
    how, _ = ENDINGS.get(result.ended_by, ("", None))
    grades: dict[str, Grade] = {"completed": "pass", "threshold": "fail", "fail_fast": "fail"}
    because = f"{how}: {clean(result.ended_because)}" if result.ended_because else how
    yield Check("run", "ends as planned", grades.get(result.ended_by, "error"), because)
    if not result.status_codes and not result.journeys.ok:
        yield Check("run", "gets replies", "fail", silence(result) or "No reply is known of")
    for name, row in script_errors(result):
        yield Check("run", f"{clean(name)} raises nothing", "error", f"{row.count:,} times: {clean(row.message)}")
    for note in redirect_notes(result):
        yield Check("run", "gets more than redirects", "warn", clean(note))
    yield Check("run", "can be trusted", _trust(result, judged=judged), "; ".join(map(clean, result.generator.reasons)))


def _trust(result: Result, *, judged: bool) -> Grade:
    verdict = result.generator.verdict
    if verdict == "valid":
        return "pass"
    if result.plan.get("strict") or (verdict == "invalid" and judged):
        return "error"
    return "warn"


def _thresholds(result: Result) -> Iterator[Check]:
    for row in result.thresholds:
        grade: Grade = "pass" if row.verdict == "pass" else "fail"
        yield Check("threshold", clean(row.expr), grade, observed(row) or row.verdict.replace("_", " "))
