"""A run and its checks as Markdown, for a pull request or the summary of a CI step."""

from collections.abc import Sequence

from loadgen.judge.figures import Figures
from loadgen.plan.metrics import metric_named
from loadgen.report.draw.markdown import escaped, table
from loadgen.report.draw.style import format_rate, format_share
from loadgen.report.run.checks import Check
from loadgen.report.run.journeys import METRIC_HEADS, metric_rows
from loadgen.report.run.latency import format_quantile
from loadgen.report.run.machines import HEADS, MOST_ROWS, left_out, machine_cells, together
from loadgen.report.run.title import title
from loadgen.results.merge import all_journeys
from loadgen.results.requests import Latency, RequestResult
from loadgen.results.result import Result

WORDS = {"pass": "pass", "warn": "**warning**", "fail": "**FAIL**", "error": "**ERROR**"}


def render_markdown(result: Result, checks: Sequence[Check]) -> str:
    """Verdict, figures and checks, with a newline at the end."""
    passed = all(check.passed for check in checks)
    lines = [f"### {'Passed' if passed else 'FAILED'}: {escaped(title(result.plan))}", "", *_figures(result)]
    if checks:
        rows = [(WORDS[check.grade], _code(check.name), escaped(check.text)) for check in checks]
        lines += ["", *table(("Verdict", "Check", "Seen"), rows, flush_left=3)]
    return "\n".join([*lines, *_machines(result)]) + "\n"


def _machines(result: Result) -> list[str]:
    """A row for each of several machines."""
    found = result.machines
    if found is None or not found.rows:
        return []
    rows = [[*map(escaped, machine_cells(row))] for row in found.rows[:MOST_ROWS]]
    said = [escaped(text) for text in (left_out(found), together(found)) if text]
    return ["", *table(HEADS, rows, flush_left=1), *(line for text in said for line in ("", text))]


def _code(text: str) -> str:
    """A condition in a cell; where the bar or a backtick would end it, as plain text."""
    return escaped(text) if "|" in text or "`" in text else f"`{text}`"


def _figures(result: Result) -> list[str]:
    """The headline's figures as a table; of journeys, and below it what checks and metrics came to."""
    journeys = all_journeys(result)
    if journeys is None:
        figures = Figures(result)
        failed, error_rate = (figures.observe(metric_named(name)) for name in ("failed", "error_rate"))
        share = "-" if error_rate is None else format_share(error_rate.low, 1.0)
        end = (f"{result.ledger.sent:,}", f"{round(failed.low) if failed else 0:,} ({share})")
        return _headline(("Replies/s", "Sent"), result.rate.ok_rps, result, end)
    ledger = result.journeys
    end = (f"{ledger.started:,}", f"{ledger.failed:,} ({format_share(ledger.failed, ledger.started)})")
    lines = _headline(("Journeys/s", "Started"), result.journey_rate.ok_rps, journeys, end)
    if result.checks:
        held = [(escaped(name), f"{check.ok:,}", f"{check.failed:,}") for name, check in result.checks.items()]
        lines += ["", *table(("Check", "Held", "Failed"), held, flush_left=1)]
    if result.metrics:
        lines += ["", *table(METRIC_HEADS, [[*map(escaped, row)] for row in metric_rows(result)], flush_left=1)]
    return lines


def _headline(heads: tuple[str, str], rate: float, part: Result | RequestResult, end: tuple[str, str]) -> list[str]:
    response = part.latency_ms.get("response", Latency())
    times = (format_quantile(value) for value in (response.p50, response.p90, response.p99, response.max))
    row = (format_rate(rate), *times, *end)
    return table((heads[0], "p50", "p90", "p99", "max", heads[1], "Failed"), [[*map(escaped, row)]], flush_left=0)
