"""A run and its checks as Markdown, for a pull request or the summary of a CI step."""

from collections.abc import Sequence

from loadgen.judge.figures import Figures
from loadgen.plan.metrics import metric_named
from loadgen.report.draw.markdown import escaped, table
from loadgen.report.draw.style import format_rate, format_share
from loadgen.report.run.checks import Check
from loadgen.report.run.facts import title
from loadgen.report.run.latency import format_quantile
from loadgen.results.result import Latency, Result

WORDS = {"pass": "pass", "warn": "**warning**", "fail": "**FAIL**", "error": "**ERROR**"}


def render_markdown(result: Result, checks: Sequence[Check]) -> str:
    """Verdict, figures and checks, with a newline at the end."""
    passed = all(check.passed for check in checks)
    lines = [f"### {'Passed' if passed else 'FAILED'}: {escaped(title(result.plan))}", "", *_figures(result)]
    if checks:
        rows = [(WORDS[check.grade], _code(check.name), escaped(check.text)) for check in checks]
        lines += ["", *table(("Verdict", "Check", "Seen"), rows, flush_left=3)]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    """A condition in a cell; where the bar or a backtick would end it, as plain text."""
    return escaped(text) if "|" in text or "`" in text else f"`{text}`"


def _figures(result: Result) -> list[str]:
    """The headline's figures as a table."""
    response = result.latency_ms.get("response", Latency())
    figures = Figures(result)
    failed, error_rate = (figures.observe(metric_named(name)) for name in ("failed", "error_rate"))
    share = "-" if error_rate is None else format_share(error_rate.low, 1.0)
    heads = ("Replies/s", "p50", "p90", "p99", "max", "Sent", "Failed")
    row = (
        format_rate(result.rate.ok_rps),
        *(format_quantile(value) for value in (response.p50, response.p90, response.p99, response.max)),
        f"{result.ledger.sent:,}",
        f"{round(failed.low) if failed else 0:,} ({share})",
    )
    return table(heads, [[escaped(cell) for cell in row]], flush_left=0)
