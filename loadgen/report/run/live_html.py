"""A run under way as the body of a page: what of its report there is so far."""

from loadgen.report.draw.page import html_table, text
from loadgen.report.run.charts import Course
from loadgen.report.run.html_tables import errors, requests
from loadgen.report.run.tables import observed, with_unit
from loadgen.report.run.text import headline
from loadgen.results.result import Result

WORDS = {"pass": "met so far", "fail": "missed so far", "no_data": "no data yet"}
TONES = {"pass": "better", "fail": "worse", "no_data": "soft"}
WIDE = 1_000_000


def live_body(title: str, state: str, result: Result) -> str:
    """`state` is what the run does at the moment; of `result` is there what has been told."""
    course = Course(result)
    parts = [
        f"<h1>{text(title)}</h1>",
        f'<p class="soft">{text(state)}</p>',
        f'<p class="big">{text(headline(result).paint(WIDE, colour=False).strip())}</p>' if result.ledger.sent else "",
        _section("Thresholds", _thresholds(result)),
        _section("Latency over time", course.latency),
        _section("Rate and failures over time", course.rate),
        _section("Users over time", course.users),
        *requests(result),
        *errors(result),
    ]
    return "\n".join(filter(None, parts))


def _thresholds(result: Result) -> str:
    rows = [
        (
            text(row.expr),
            text(observed(row).removeprefix("observed ")),
            text(with_unit(row.unit, row.limit)),
            f'<span class="{TONES[row.verdict]}">{WORDS[row.verdict]}</span>',
        )
        for row in result.thresholds
    ]
    return html_table(("", "observed", "limit", ""), rows, pinned=True) if rows else ""


def _section(head: str, body: str) -> str:
    return f"<h2>{text(head)}</h2>\n{body}" if body else ""
