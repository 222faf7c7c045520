"""The files that are made of more than a Result: of the checks of a run or gate, or of a part of a histogram log."""

from loadgen.judge.gate import Gate
from loadgen.report.files.github import render_annotations
from loadgen.report.files.hgrm import render_hgrm
from loadgen.report.files.hlog import LogPart
from loadgen.report.files.junit import render_junit
from loadgen.report.files.markdown import render_markdown
from loadgen.report.run.checks import Check, checks_of
from loadgen.report.run.gate_checks import checks_of_gate
from loadgen.report.run.run_report import RunReport
from loadgen.report.run.text import render_text


def run_junit(report: RunReport | Gate) -> str:
    """With the text report as the output of the suite."""
    return render_junit(report.result, _checks(report), render_text(report.result))


def run_markdown(report: RunReport | Gate) -> str:
    """Verdict, figures and checks."""
    return render_markdown(report.result, _checks(report))


def run_annotations(report: RunReport | Gate) -> str:
    """For GitHub Actions."""
    return render_annotations(_checks(report))


def log_hgrm(part: LogPart) -> str:
    """The distribution of the values in some intervals."""
    return render_hgrm(part.counts)


def _checks(report: RunReport | Gate) -> list[Check]:
    gate = report if isinstance(report, Gate) else report.gate
    return checks_of(report.result) if gate is None else checks_of_gate(gate)
