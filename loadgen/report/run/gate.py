"""The gate as text: what was asked and what was seen, and at the end whether the build may pass."""

from dataclasses import asdict

from loadgen.base.units import counted
from loadgen.judge.exit_code import ExitCode
from loadgen.judge.gate import Baseline, Gate, Regression
from loadgen.judge.redirects import redirect_notes
from loadgen.report.draw.style import (
    Line,
    Span,
    Tone,
    align,
    bullet,
    clean,
    format_measured_s,
    line,
    pad,
    wrap,
)
from loadgen.report.run.gate_checks import allowed_text, amount_text, interval_text
from loadgen.report.run.outcome import failure_text, outcome_lines
from loadgen.report.run.run_report import RunReport
from loadgen.report.run.tables import thresholds, with_unit
from loadgen.report.run.text import headline, render_text, run_text, warnings, why_limited
from loadgen.report.run.title import title
from loadgen.results.documents import json_text
from loadgen.results.result import Result

LEAD = 15
TONES = {"pass": Tone.PLAIN, "worse": Tone.BAD, "cannot tell": Tone.WARN}


def render_gate(gate: Gate, *, width: int = 80, colour: bool = False, brief: bool = False) -> str:
    """The whole report, without a newline at its end; `brief` leaves out what a run's own report has said already."""
    result = gate.result
    run = [
        _title(gate, width),
        [headline(result)],
        warnings(result, width),
        thresholds(result, width),
        why_limited(result, width),
    ]
    notes = [row for note in gate.notes for row in bullet("", clean(note), width, Tone.WARN)]
    parts = [*([] if brief else run), _baseline(gate, width), notes, outcome_lines(gate_outcome(gate), width)]
    return "\n\n".join("\n".join(row.paint(width, colour=colour) for row in part) for part in parts if part)


def rounds_text(report: RunReport, *, width: int, colour: bool) -> str:
    """The report of all rounds as one, and where there is a baseline what the gate says of it."""
    gate = report.gate
    if gate is None:
        return run_text(report, width=width, colour=colour)
    if gate.baseline is None:
        return render_text(report.result, width=width, colour=colour, end=gate_outcome(gate))
    text = render_text(report.result, width=width, colour=colour, end="")
    return f"{text}\n\n{render_gate(gate, width=width, colour=colour, brief=True)}"


def gate_outcome(gate: Gate) -> str:
    """Its last line: as a run's, or what is worse than the baseline."""
    code = gate.code
    unsure = [clean(row.text) for row in gate.regressions if row.verdict == "cannot tell"]
    if code is ExitCode.OK:
        return f"PASSED, with a warning: cannot tell of {', '.join(unsure)}" if unsure else "PASSED"
    if code is not ExitCode.WORSE:
        word = "STOPPED" if code is ExitCode.SIGNAL else "FAILED"
        return f"{word} {failure_text(gate.result, code)}; exit code {int(code)}"
    worse = [f"{clean(row.metric.text)} {amount_text(row)}" for row in gate.regressions if row.verdict == "worse"]
    if worse:
        return f"FAILED worse than the baseline: {', '.join(worse)}; exit code {int(code)}"
    return f"FAILED cannot tell of {', '.join(unsure)}, and --strict wants to know; exit code {int(code)}"


def gate_to_json(gate: Gate) -> str:
    """The same for scripts (`loadgen.gate/1`): one JSON object with a newline at its end. Changes are shares."""
    regressions = [
        {"metric": row.metric.text, "allowed": row.allowed, "verdict": row.verdict, **asdict(row.change)}
        for row in gate.regressions
    ]
    document = {
        "schema": "loadgen.gate/1",
        "passed": gate.code is ExitCode.OK,
        "exit_code": int(gate.code),
        "rounds": gate.rounds,
        "measurement": {"verdict": gate.result.generator.verdict, "reasons": gate.result.generator.reasons},
        "thresholds": [asdict(row) for row in gate.result.thresholds],
        "baseline": None if gate.baseline is None else gate.baseline.name,
        "regressions": regressions,
        "notes": [*redirect_notes(gate.result), *gate.notes],
    }
    return json_text(document)


def _title(gate: Gate, width: int) -> list[Line]:
    duration = format_measured_s(gate.result.duration_s / gate.rounds)
    runs = f"{counted(gate.rounds, 'run')} of {duration}"
    return [line(row) for row in wrap(f"{title(gate.result.plan)}; {runs}", width)]


def _baseline(gate: Gate, width: int) -> list[Line]:
    """Before and after of each metric."""
    if gate.baseline is None:
        return []
    heads = ("", "before", "after", "change", "95 % interval", "allowed")
    rows = [heads, *(_row(row) for row in gate.regressions)]
    figures = align(rows, right=frozenset(range(1, len(heads))))
    if max(map(len, figures)) + LEAD > width:  # the margins are what a reader knows already
        figures = align([row[:-1] for row in rows], right=frozenset(range(1, len(heads) - 1)))
    verdicts = [("", Tone.PLAIN), *((row.verdict, TONES[row.verdict]) for row in gate.regressions)]
    text = wrap(f"Against the baseline {_origin(gate.baseline)}", width)
    return [
        *map(line, text),
        *(
            line("  ", Span(pad(verdict, 11), tone), f"  {row}")
            for (verdict, tone), row in zip(verdicts, figures, strict=True)
        ),
    ]


def _row(row: Regression) -> tuple[str, ...]:
    change = row.change
    ends = [with_unit(row.metric.unit, value) if value is not None else "-" for value in (change.before, change.after)]
    if change.at_least:
        ends[1] = f">= {ends[1]}"
    return clean(row.metric.text), *ends, amount_text(row), interval_text(row) or "-", allowed_text(row)


def _origin(baseline: Baseline) -> str:
    first: Result = baseline.rounds[0]
    return f"{clean(baseline.name)} ({counted(len(baseline.rounds), 'run')}, {clean(first.started_at[:10])})"
