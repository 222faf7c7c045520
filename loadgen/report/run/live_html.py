"""A run under way as the body of a page: what of its report there is so far."""

from loadgen.report.draw.page import html_table, text
from loadgen.report.run.charts import Course, spectrum
from loadgen.report.run.html_tables import errors, latencies, requests, response_times
from loadgen.report.run.named_courses import named_courses
from loadgen.report.run.tables import observed, with_unit
from loadgen.report.run.text import headline
from loadgen.results.result import Result

WORDS = {"pass": "met so far", "fail": "missed so far", "no_data": "no data yet"}
TONES = {"pass": "better", "fail": "worse", "no_data": "soft"}
WIDE = 1_000_000


def live_body(title: str, state: str, result: Result, spread: str = "") -> str:
    """`state` is what the run does at the moment; of `result` is there what has been told. `spread` is HTML of how its
    response times are distributed.
    """
    course = Course(result)
    parts = [
        f"<h1>{text(title)}</h1>",
        f'<p class="soft">{text(state)}</p>',
        f'<p class="big">{text(headline(result).paint(WIDE, colour=False).strip())}</p>' if result.ledger.sent else "",
        _section("Thresholds", _thresholds(result)),
        _section("Latency", latencies(result)),
        _section("Latency over time", course.latency),
        _section("Rate and failures over time", course.rate),
        _section("Users over time", course.users),
        spread,
        *requests(result),
        _section("Journeys over time", named_courses(result.transactions)),
        *errors(result),
    ]
    return "\n".join(filter(None, parts))


def distribution(result: Result) -> str:
    """Of its histograms: percentile curves, and how many replies took how long; and of how much time they are."""
    curves, times = spectrum(result), response_times(result)
    note = f'<p class="soft">{text(f"Of the first {result.duration_s:.0f} s; drawn anew every few seconds.")}</p>'
    return _section("By percentile", curves and curves + note) + _section("Response times", times and times + note)


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
