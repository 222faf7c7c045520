"""A comparison as Markdown, for a pull request."""

from loadgen.judge.comparison import Against, summary
from loadgen.report.campaigns.comparison import GLANCE, LEGEND, Page, verdict_text
from loadgen.report.campaigns.comparison_cells import cells, figure, heading
from loadgen.report.draw.markdown import escaped, table


def comparison_markdown(page: Page) -> str:
    """The same tables as the text, with a newline at the end."""
    comparison = page.comparison
    parts = [f"**{escaped(' · '.join(heading(comparison)))}**", *(f"> **{escaped(text)}**" for text in page.warnings)]
    if len(comparison.variants) != 2:
        figures = [(item.label, summary(item.results)) for item in comparison.variants]
        rows = [(escaped(label), *(figure(key, known[key]) for key in GLANCE)) for label, known in figures]
        parts.append("\n".join(table(("", *GLANCE.values()), rows, flush_left=1)))
    for against in comparison.against:
        parts += [
            f"### {escaped(against.label)} against {escaped(comparison.first)}",
            _against(comparison.first, against),
        ]
    parts += map(escaped, page.explanation)
    if page.notes:
        parts.append("\n".join(f"- {escaped(text)}" for text in page.notes))
    return "\n\n".join([*parts, f"<sub>{LEGEND}</sub>"]) + "\n"


def _against(first: str, against: Against) -> str:
    heads = ("", escaped(first), escaped(against.label), "ratio", "95 % interval", "")
    rows = [(row.metric.title, *cells(row), verdict_text(row)) for row in against.rows]
    return "\n".join(table(heads, rows, flush_left=1))
