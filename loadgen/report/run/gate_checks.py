"""What was asked of a build and how it went: the checks of a gate, and its changes in words."""

from loadgen.judge.gate import Gate, Regression
from loadgen.report.draw.style import clean
from loadgen.report.run.checks import Check, Grade, run_checks, threshold_checks
from loadgen.report.run.tables import with_unit


def checks_of_gate(gate: Gate) -> list[Check]:
    """The run, its thresholds, and the baseline. All pass just where the gate does."""
    grades: dict[str, Grade] = {"pass": "pass", "worse": "fail", "cannot tell": "fail" if gate.strict else "warn"}
    return [
        *run_checks(gate.result, judged=True),
        *threshold_checks(gate.result),
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
