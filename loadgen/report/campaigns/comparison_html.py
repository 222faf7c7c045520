"""A comparison as a page of its own: what it shows, percentile curves over each other, the tables."""

from collections.abc import Iterable, Sequence
from math import log

from loadgen.judge.comparison import Against, Row, summary
from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import CENSORED
from loadgen.report.campaigns.comparison import GLANCE, LEGEND, Page, verdict_text
from loadgen.report.campaigns.comparison_cells import cells, figure, heading
from loadgen.report.draw.page import html_page, html_table, made, text
from loadgen.report.run.machines_html import machines_table
from loadgen.report.run.percentiles import percentile_chart
from loadgen.results.encoded import decode_clock
from loadgen.results.merge_machines import machines_in_turn
from loadgen.results.result import Result
from loadgen.results.rounds import Rounds

STRIP_WIDTH, STRIP_HEIGHT, _END = 150, 18, 5
WIDEST_LOG = log(64)
CLEAR = ("better", "worse")


def comparison_html(page: Page) -> str:
    """The document. Raises UsageError for damaged histograms."""
    comparison = page.comparison
    what, *shape = heading(comparison)
    first = next((result for item in comparison.variants for result in item.results), None)
    chart = percentile_chart({item.label: _response(item.results) for item in comparison.variants})
    parts = [
        f'<h1>{text(what)}</h1>\n<p class="soft">{text(" · ".join(shape))}</p>',
        *(f'<p class="loud">{text(warning)}</p>' for warning in page.warnings),
        *(f"<p>{text(sentence)}</p>" for sentence in page.explanation),
        _glance(page),
        f'<h2>Response times</h2>\n{chart}\n<p class="soft">{CURVES}</p>' if chart else "",
        *(_against(comparison.first, against) for against in comparison.against),
        *(_machines(item) for item in comparison.variants),
        _notes(page.notes),
        f"<footer><p>{text(LEGEND)}</p><p>{made(first.started_at, first.environment) if first else ''}</p></footer>",
    ]
    labels = [item.label for item in comparison.variants]
    return html_page(
        f"{' against '.join(labels[::-1]) if len(labels) == 2 else what} – loadgen", "\n".join(filter(None, parts))
    )


CURVES = "All rounds of a variant together. Dotted where fewer than 10 requests were slower."


def _response(results: Iterable[Result]) -> tuple[Histogram, Histogram]:
    """All rounds' values and lower bounds."""
    values, bounds = Histogram(), Histogram()
    for result in results:
        values.merge(decode_clock(result.histograms, "response"))
        bounds.merge(decode_clock(result.histograms, "response" + CENSORED))
    return values, bounds


def _glance(page: Page) -> str:
    rows = []
    for item in page.comparison.variants:
        figures = summary(item.results)
        rows.append([text(item.label), *(text(figure(key, figures[key])) for key in GLANCE)])
    return f"<h2>At a glance</h2>\n{html_table(['', *GLANCE.values()], rows)}"


def _against(first: str, against: Against) -> str:
    compared = (row for row in against.rows if row.metric.better and not row.bound)
    reach = max((abs(log(end)) for row in compared for end in _ends(row)), default=0.0)
    reach = min(max(reach, log(1.1)), WIDEST_LOG)
    rows = []
    for row in against.rows:
        verdict = verdict_text(row)
        kind = f' class="{verdict if verdict in CLEAR else "soft"}"'
        rows.append(
            [*map(text, (row.metric.title, *cells(row))), _strip(row, reach, verdict), f"<span{kind}>{verdict}</span>"]
        )
    heads = ["", text(first), text(against.label), "ratio", "95 % interval", "", ""]
    return f"<h2>{text(against.label)} against {text(first)}</h2>\n{html_table(heads, rows, pinned=True)}"


def _ends(row: Row) -> list[float]:
    """What of a row can be drawn on a logarithmic scale."""
    estimate = row.estimate
    return [end for end in (estimate.ratio, estimate.low, estimate.high) if end is not None and end > 0]


def _strip(row: Row, reach: float, verdict: str) -> str:
    """The interval around its ratio, and a line where both sides are the same."""
    estimate = row.estimate
    if estimate.ratio is None or estimate.ratio <= 0:
        return ""
    low, high = (_place(end or estimate.ratio, reach) for end in (estimate.low, estimate.high))
    low, high = (_END if row.bound == "at most" else low), (STRIP_WIDTH - _END if row.bound == "at least" else high)
    kind = f' class="{verdict}"' if verdict in CLEAR else ""
    middle, y = STRIP_WIDTH / 2, STRIP_HEIGHT / 2
    _, _, ratio, interval = cells(row)
    return (
        f'<svg viewBox="0 0 {STRIP_WIDTH} {STRIP_HEIGHT}" role="img"><g{kind}>'
        f"<title>{text(f'{ratio} ({interval})' if interval else ratio)}</title>"
        f'<path class="axis" d="M{middle:g} 0V{STRIP_HEIGHT}"/>'
        f'<path class="whisker" d="M{low:.1f} {y:g}H{high:.1f}"/>'
        f'<circle class="dot" cx="{_place(estimate.ratio, reach):.1f}" cy="{y:g}" r="4"/></g></svg>'
    )


def _place(ratio: float, reach: float) -> float:
    """Where a ratio stands, cut at the ends of the strip."""
    share = max(-1.0, min(1.0, log(ratio) / reach))
    return STRIP_WIDTH / 2 + share * (STRIP_WIDTH / 2 - _END)


def _machines(variant: Rounds) -> str:
    """Those that its rounds were made on, each with the sums and the worst of them."""
    table = machines_table(machines_in_turn(variant.results))
    return f"<h2>Machines of {text(variant.label)}</h2>\n{table}" if table else ""


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    items = "\n".join(f"<li>{text(note)}</li>" for note in notes)
    return f"<h2>Bear in mind</h2>\n<ul>\n{items}\n</ul>"
