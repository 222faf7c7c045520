"""A run as a page of its own: verdict, figures, charts, tables, and the plan that it can be repeated with."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from loadgen.base.units import counted
from loadgen.judge.gate import Gate
from loadgen.report.draw.page import html_page, html_table, made, text
from loadgen.report.draw.style import Line, format_share
from loadgen.report.run.charts import Course, beyond, spectrum
from loadgen.report.run.checks import TRUST, Check, checks_of
from loadgen.report.run.facts import JOINT, facts_of, header, notes
from loadgen.report.run.gate_checks import checks_of_gate
from loadgen.report.run.html_tables import errors, generator, latencies, requests, response_times
from loadgen.report.run.journeys import METRIC_HEADS, metric_rows
from loadgen.report.run.machines_html import machines
from loadgen.report.run.named_courses import named_courses
from loadgen.report.run.run_report import RunReport
from loadgen.report.run.slowest import slowest
from loadgen.report.run.tables import observed, with_unit
from loadgen.report.run.text import headline, reasons, warnings
from loadgen.report.run.title import title
from loadgen.results.result import Result

UNNAMED = "A run"
WIDE = 1_000_000
"""Columns: a paragraph is one line, and the browser breaks it."""
MOST_PLAN = 28_000
"""Characters of the plan; the whole is in the file that -o saves."""
WORDS = {"pass": "pass", "warn": "warning", "fail": "FAIL", "error": "ERROR"}
TONES = {"pass": "better", "warn": "soft", "fail": "worse", "error": "worse"}
BY_PERCENTILE = "Dotted where fewer than 10 requests were slower; a curve ends where only lower bounds are left."

BY_NAME = (
    "Each in a scale of its own: good replies a second from zero, response times logarithmic; failed replies in red."
)


def run_html(report: RunReport | Gate) -> str:
    """The document; all rounds as one. Raises UsageError for damaged histograms."""
    result = report.result
    gate = report if isinstance(report, Gate) else report.gate
    checks = checks_of(result) if gate is None else checks_of_gate(gate)
    course = Course(result)
    parts = [
        *_head(result),
        *_verdict(result, checks),
        _section("Latency", latencies(result)),
        _section("Latency over time", course.latency, _stretch(course)),
        _section("Every reply", course.heat),
        _section("Rate and failures over time", course.rate),
        _section("Users over time", course.users),
        _section("By percentile", spectrum(result), f'<p class="soft">{BY_PERCENTILE}</p>'),
        _section("Response times", response_times(result)),
        *requests(result),
        _section("Journeys over time", named_courses(result.transactions), f'<p class="soft">{BY_NAME}</p>'),
        _section("Requests over time", named_courses(result.requests), f'<p class="soft">{BY_NAME}</p>'),
        _section("The slowest requests", slowest(result)),
        _checks_and_metrics(result),
        *errors(result),
        _section("In figures", _facts(facts_of(result))),
        _section("Machines", machines(result)),
        _section("The generator", generator(result)),
        _section("Notes", "\n".join(f"<p>{text(_plain(row))}</p>" for row in notes(result, WIDE))),
        _section("The plan", _plan(result)),
        f"<footer><p>{made(result.started_at, result.environment)}</p></footer>",
    ]
    return html_page(f"{title(result.plan) or UNNAMED} – loadgen", "\n".join(filter(None, parts)))


def _head(result: Result) -> Iterator[str]:
    """What ran against what, and how it ended where that was not as planned."""
    what = title(result.plan)
    shape, *ending = map(_plain, header(result, WIDE)[1 if what else 0 :])
    yield f"<h1>{text(what or UNNAMED)}</h1>"
    yield f'<p class="soft">{text(shape)}</p>'
    yield from (f'<p class="loud">{text(row)}</p>' for row in ending)
    yield f'<p class="big">{text(_plain(headline(result)))}</p>'
    why = reasons(result, WIDE) if result.generator.verdict == "limited" else []
    doubts = [text(row.removeprefix("- ")) for row in map(_plain, [*warnings(result, WIDE), *why])]
    yield f'<div class="loud">{"<br>".join(doubts)}</div>' if doubts else ""


def _verdict(result: Result, checks: Sequence[Check]) -> Iterator[str]:
    """What was asked of the run and how it went; thresholds with what lies beyond them."""
    passed = all(check.passed for check in checks)
    rows = [
        (text(check.name), _why("" if check.name == TRUST else check.text), _grade(check.grade))
        for check in checks
        if check.group != "threshold"
    ]  # why a run cannot be trusted stands at the top
    table = html_table(("", "", ""), rows, pinned=True)
    yield f"<h2>Verdict: {_grade('pass' if passed else 'fail', 'passed' if passed else 'FAILED')}</h2>\n{table}"
    grades = [check.grade for check in checks if check.group == "threshold"]
    limits = [
        (
            text(row.expr),
            text(observed(row).removeprefix("observed ")) if row.observed is not None else _why(observed(row)),
            text(with_unit(row.unit, row.limit)) if row.metric else "",
            text(beyond(row, result)),
            _grade(grade, row.verdict.replace("_", " ")),
        )
        for row, grade in zip(result.thresholds, grades, strict=True)
    ]
    yield _section(
        "Thresholds",
        html_table(("", "observed", "limit", "requests", "verdict"), limits, pinned=True) if limits else "",
    )


def _grade(grade: str, word: str = "") -> str:
    return f'<span class="{TONES[grade]}">{text(word or WORDS[grade])}</span>'


def _checks_and_metrics(result: Result) -> str:
    """A script's own."""
    held = [
        (text(name), f"{check.ok:,}", f"{check.failed:,}", text(format_share(check.ok, check.ok + check.failed)))
        for name, check in result.checks.items()
    ]
    checks = _section("Checks", html_table(("", "held", "failed", "share held"), held) if held else "")
    rows = [[*map(text, row)] for row in metric_rows(result)]
    return checks + _section("Metrics of the script's own", html_table(METRIC_HEADS, rows) if rows else "")


def _stretch(course: Course) -> str:
    blocks = course.block_s > 1 and not course.has_highest
    of = f"p90 and max are those of {course.block_s:g} s each" if blocks else "all are those of a second"
    return f'<p class="soft">By when a request was done; {of}. Replies that failed are left out.</p>'


def _facts(facts: Mapping[str, Iterable[str]]) -> str:
    rows = [(text(label), _why(JOINT.join(words))) for label, words in facts.items() if label not in ("Each second",)]
    return html_table(("", ""), [row for row in rows if row[1] != _why("")])


def _plan(result: Result) -> str:
    """The seed, and the whole plan as it is saved: redacted."""
    plan = json.dumps(result.plan, indent=1, ensure_ascii=False)
    left = f"\n... and {counted(len(plan) - MOST_PLAN, 'character')} more" if len(plan) > MOST_PLAN else ""
    lines = "\n".join(map(text, f"{plan[:MOST_PLAN]}{left}".split("\n")))
    seed = result.plan.get("seed")
    said = f"<p>Seed {text(str(seed))}: the same seed gives the same choices in the same order.</p>\n"
    return (said if seed is not None else "") + f"<details><summary>All of it</summary><pre>{lines}</pre></details>"


def _why(sentence: str) -> str:
    return f'<div class="why word">{text(sentence)}</div>'


def _section(head: str, body: str, note: str = "") -> str:
    """Nothing without a body."""
    return f"<h2>{text(head)}</h2>\n{body}\n{note}" if body else ""


def _plain(row: Line) -> str:
    return row.paint(WIDE, colour=False).strip()
