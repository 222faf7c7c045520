"""A comparison as the text that a person reads: all variants at a glance, then each against the first."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from loadgen.judge.comparison import Against, Comparison, Row, summary
from loadgen.report.comparison_cells import cells, figure, heading
from loadgen.report.style import Line, Span, Tone, align, clean, columns, elide, line, wrap

WIDEST = 80
SHORTEST_LABEL = 8
WORD_COLUMNS = 15
TONES = {"better": Tone.STRONG, "worse": Tone.BAD}
GLANCE = {
    "ok_rps": "replies/s", "p50": "p50", "p99": "p99", "p99.9": "p99.9", "cpu_us": "CPU/req", "peak_rss_mb": "memory",
    "error_rate": "errors",
}  # fmt: skip
LEGEND = "Ratios are of the mean rounds. Words hold for a whole table at 95 % (Holm), intervals for their row alone."


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown of a comparison, in any form. `warnings` come first and are loud."""

    comparison: Comparison
    warnings: Sequence[str] = ()
    explanation: Sequence[str] = ()
    notes: Sequence[str] = field(default_factory=tuple)


def render_comparison(page: Page, *, width: int = 80, colour: bool = False) -> str:
    """The whole text, without a newline at its end, in at most 80 columns."""
    width = min(width, WIDEST)
    comparison = page.comparison
    parts = [
        [line(row) for row in wrap(heading(comparison), width, " · ")],
        [line(Span(row, Tone.WARN)) for text in page.warnings for row in wrap(clean(text).split(" "), width)],
        _glance(comparison, width) if len(comparison.variants) > 2 else [],
        *(_table(comparison.first, against, width) for against in comparison.against),
        [row for text in page.explanation for row in _paragraph(text, width)],
        [row for text in page.notes for row in _paragraph(text, width, "- ")],
        [line(row) for row in wrap(LEGEND.split(" "), width)] if comparison.against else [],
    ]
    return "\n\n".join("\n".join(row.paint(width, colour=colour) for row in part) for part in parts if part)


def _glance(comparison: Comparison, width: int) -> list[Line]:
    """A line for each variant with what most people look for."""
    rows: list[Sequence[str]] = [tuple(GLANCE.values())]
    for item in comparison.variants:
        figures = summary(item.results)
        rows.append([figure(key, figures[key]) for key in GLANCE])
    texts = align(rows, right=frozenset(range(len(GLANCE))))
    room = max(SHORTEST_LABEL, width - max(map(len, texts)) - 4)
    labels = ["", *(elide(clean(item.label), room) for item in comparison.variants)]
    return [line(f"  {row}") for row in align([*zip(labels, texts, strict=True)], right=frozenset())]


def _table(first: str, against: Against, width: int) -> list[Line]:
    """A row for each metric that is known of a side; long labels stand above the table only."""
    first, other = clean(first), clean(against.label)
    shown = [row for row in against.rows if row.first or row.other]
    body = [(row.metric.title, *cells(row)) for row in shown]
    texts = _aligned((first, other), body)
    title = f"{other} against {first}"
    if max(map(columns, texts)) + WORD_COLUMNS > width:
        texts, title = _aligned(("A", "B"), body), f"B, {other}, against A, {first}"
    room = max(map(columns, texts))
    lines = [*(line(Span(row, Tone.STRONG)) for row in wrap(title.split(" "), width)), line(f"  {texts[0]}")]
    for text, row in zip(texts[1:], shown, strict=True):
        word = said(row)
        lines.append(line(f"  {text.ljust(room)}  ", Span(word, TONES.get(word, Tone.PLAIN))))
    return lines


def _aligned(labels: tuple[str, str], body: Sequence[Sequence[str]]) -> list[str]:
    return align([("", *labels, "ratio", "95 % interval"), *body], right=frozenset({1, 2, 3, 4}))


def said(row: Row) -> str:
    """The word of a row; none where there is no way that is better, or nothing on either side."""
    return row.word if row.metric.better and row.estimate.shift is not None and row.nonzero else ""


def _paragraph(text: str, width: int, mark: str = "") -> list[Line]:
    rows = wrap(clean(text).split(" "), width - len(mark))
    return [line(mark if index == 0 else " " * len(mark), row) for index, row in enumerate(rows)]
