"""A comparison as the text that a person reads: all variants at a glance, then each against the first."""

from collections.abc import Sequence

from loadgen.base.dataclass import dataclass
from loadgen.judge.comparison import Against, Comparison, Row, compare, summary
from loadgen.judge.exit_code import ExitCode, exit_code, worst_code
from loadgen.judge.explain import alarms, doubts, explain
from loadgen.report.campaigns.comparison_cells import cells, figure, heading
from loadgen.report.draw.style import Line, Span, Tone, align, clean, columns, line, pad, wrap
from loadgen.report.run.outcome import NOTHING_ASKED, outcome_lines, outcome_text
from loadgen.results.rounds import Rounds

TONES = {"better": Tone.STRONG, "worse": Tone.BAD}
GLANCE = {
    "ok_rps": "replies/s", "p50": "p50", "p99": "p99", "p99.9": "p99.9", "cpu_us": "CPU/req", "peak_rss_mb": "memory",
    "error_rate": "errors",
}  # fmt: skip
LEGEND = "Ratios are of the mean rounds. Words hold for a whole table at 95 % (Holm), intervals for their row alone."


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown of a comparison, in any form. `warnings` come first and are loud, `outcome` is the last line."""

    comparison: Comparison
    warnings: Sequence[str] = ()
    explanation: Sequence[str] = ()
    notes: Sequence[str] = ()
    outcome: str = ""


def make_page(
    variants: Sequence[Rounds], warnings: Sequence[str] = (), *, by_turns: bool = True, outcome: str | None = None
) -> Page:
    """What is to be shown of several variants, whose rounds were done by turns or not; `outcome` where it is not that
    of the runs.

    Raises UsageError for damaged histograms.
    """
    comparison = compare(variants, by_turns=by_turns)
    return Page(
        comparison,
        (*warnings, *alarms(comparison)),
        tuple(explain(comparison)),
        tuple(doubts(comparison)),
        comparison_outcome(variants) if outcome is None else outcome,
    )


def comparison_outcome(variants: Sequence[Rounds], ended_by: str = "completed", because: str = "") -> str:
    """The last line: that of the run which went worst, with its variant; `ended_by` is how all of it ended."""
    results = [result for item in variants for result in item.results]
    code = worst_code(results, ended_by)
    if code is ExitCode.OK:
        return next((text for text in map(outcome_text, results) if text != NOTHING_ASKED), NOTHING_ASKED)
    for item in variants:
        for result in item.results:
            if exit_code(result) is code:
                word, _, why = outcome_text(result).partition(" ")
                return f"{word} {clean(item.label)}: {why}"
    word = "STOPPED" if code is ExitCode.SIGNAL else "FAILED"
    return f"{word} {clean(because) or 'before the end'}; exit code {int(code)}"


def render_comparison(page: Page, *, width: int = 80, colour: bool = False) -> str:
    """The whole text, without a newline at its end, in at most `width` columns.

    Where the labels are too long for the tables, these have the numbers that FILE#NUMBER takes, and a list says whose.
    """
    comparison = page.comparison
    labels = [clean(item.label) for item in comparison.variants]
    tables = _tables(comparison, labels)
    numbered = max((columns(row.text) for table in tables for row in table), default=0) > width
    if numbered:
        tables = _tables(comparison, [f"#{number}" for number in range(1, len(labels) + 1)])
    numbers = [(f"  #{number}", label) for number, label in enumerate(labels, 1)]
    parts = [
        [line(row) for row in wrap(heading(comparison), width, " · ")],
        [line(Span(row, Tone.WARN)) for text in page.warnings for row in wrap(clean(text), width)],
        [*map(line, align(numbers, right=frozenset()))] if numbered else [],
        *tables,
        [row for text in page.explanation for row in _paragraph(text, width)],
        [row for text in page.notes for row in _paragraph(text, width, "- ")],
        [line(row) for row in wrap(LEGEND, width)] if comparison.against else [],
        outcome_lines(page.outcome, width) if page.outcome else [],
    ]
    return "\n\n".join("\n".join(row.paint(width, colour=colour) for row in part) for part in parts if part)


def _tables(comparison: Comparison, names: Sequence[str]) -> list[list[Line]]:
    pairs = zip(names[1:], comparison.against, strict=True)
    tables = [_against(names[0], name, against) for name, against in pairs]
    return [_glance(comparison, names), *tables] if len(names) != 2 else tables


def _glance(comparison: Comparison, names: Sequence[str]) -> list[Line]:
    """A line for each variant with what most people look for; errors only where there are any."""
    known = [summary(item.results) for item in comparison.variants]
    failed = any(result.ledger.failed for item in comparison.variants for result in item.results)
    keys = [key for key in GLANCE if key != "error_rate" or failed]
    rows = [("", *(GLANCE[key] for key in keys))]
    rows += [(name, *(figure(key, row[key]) for key in keys)) for name, row in zip(names, known, strict=True)]
    return [line(f"  {row}") for row in align(rows, right=frozenset(range(1, len(keys) + 1)))]


def _against(first: str, other: str, against: Against) -> list[Line]:
    verdicts = ["", *map(verdict_text, against.rows)]
    rows = [("", first, other, "ratio", "95 % interval"), *((row.metric.title, *cells(row)) for row in against.rows)]
    aligned = align(rows, right=frozenset({1, 2, 3, 4}))
    widest = max(map(columns, aligned))
    return [
        line(Span(f"{other} against {first}", Tone.STRONG)),
        *(
            line(f"  {pad(row, widest)}  ", Span(verdict, TONES.get(verdict, Tone.PLAIN)))
            for row, verdict in zip(aligned, verdicts, strict=True)
        ),
    ]


def verdict_text(row: Row) -> str:
    """The verdict of a row; none where there is no way that is better, or nothing on either side."""
    return row.verdict if row.metric.better and row.estimate.shift is not None and row.nonzero else ""


def _paragraph(text: str, width: int, mark: str = "") -> list[Line]:
    rows = wrap(clean(text), width - len(mark))
    return [line(mark if index == 0 else " " * len(mark), row) for index, row in enumerate(rows)]
