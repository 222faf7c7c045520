"""What `-o` saves of a run."""

from loadgen.report.run.run_report import RunReport
from loadgen.results.documents import to_json
from loadgen.results.rounds import rounds_to_json


def run_json(report: RunReport) -> str:
    """Every round; people see all of them as one."""
    return rounds_to_json(report.rounds) if len(report.rounds) > 1 else to_json(report.rounds[0])
