"""What was asked of a run and how it went, as one list: the common source of JUnit, Markdown and annotations."""

from collections.abc import Iterator
from typing import Literal

from loadgen.base.dataclass import dataclass
from loadgen.base.units import counted
from loadgen.judge.exit_code import is_bad_store, is_fruitful, script_errors
from loadgen.judge.redirects import redirect_notes
from loadgen.report.draw.style import clean
from loadgen.report.run.facts import ENDINGS, vanity
from loadgen.report.run.tables import observed
from loadgen.results.result import Result

TRUST = "verdict on the generator"
"""A name that is right whatever the verdict is: a title may be all that is shown."""

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
    return [*run_checks(result, judged=bool(judged)), *threshold_checks(result)]


def run_checks(result: Result, *, judged: bool) -> Iterator[Check]:
    """Of the run itself; `judged`: something was asked of its figures."""
    how, _ = ENDINGS.get(result.ended_by, ("", None))
    grades: dict[str, Grade] = {"completed": "pass", "threshold": "fail", "fail_fast": "fail"}
    because = ": ".join(filter(None, (how, clean(result.ended_because))))
    yield Check("run", "ends as planned", grades.get(result.ended_by, "error"), because)
    if not is_fruitful(result):
        yield Check("run", "gets good replies", "fail", vanity(result))
    if is_bad_store(result):
        yield Check("run", "finds a store that does as asked", "fail", "See the errors")
    for name, row in script_errors(result):
        yield Check(
            "run", f"{clean(name)} raises nothing", "error", f"{counted(row.count, 'time')}: {clean(row.message)}"
        )
    for note in redirect_notes(result):
        yield Check("run", "gets more than redirects", "warn", clean(note))
    yield Check("run", TRUST, _trust(result, judged=judged), _doubts(result))


def _doubts(result: Result) -> str:
    """What the verdict is and why; empty for a valid run."""
    verdict, why = result.generator.verdict, "; ".join(map(clean, result.generator.reasons))
    if verdict == "valid":
        return ""
    return ": ".join(filter(None, (clean(verdict).replace("_", " "), why)))


def _trust(result: Result, *, judged: bool) -> Grade:
    verdict = result.generator.verdict
    if verdict == "valid":
        return "pass"
    if result.plan.get("strict") or (verdict == "invalid" and judged):
        return "error"
    return "pass" if verdict == "not_judged" else "warn"  # too little to say is nothing to warn of


def threshold_checks(result: Result) -> Iterator[Check]:
    """Of its thresholds."""
    for row in result.thresholds:
        grade: Grade = "pass" if row.verdict == "pass" else "fail"
        yield Check("threshold", clean(row.expr), grade, observed(row) or row.verdict.replace("_", " "))
