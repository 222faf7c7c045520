"""What `loadgen find-max` found as a page of its own: the rate, the curve of latency by rate, every rate's figures."""

from collections.abc import Sequence

from loadgen.base.units import format_ms
from loadgen.report.campaigns.find_max import (
    by_rate,
    charted,
    charted_ms,
    curve_rows,
    metric_of,
    shape,
    spoken,
    warnings,
)
from loadgen.report.draw.page import html_page, html_table, made, text
from loadgen.report.draw.style import format_rate
from loadgen.report.draw.svg import Curve, Point, line_chart, log_axis
from loadgen.results.find_max import MaxRate, Trial


def find_max_html(found: MaxRate) -> str:
    """The document."""
    what, *more = shape(found)
    parts = [
        f'<h1>{text(what)}</h1>\n<p class="soft">{text(" · ".join(more))}</p>',
        f"<p><strong>{text(spoken(found))}</strong></p>",
        *(f'<p class="loud">{text(warning)}</p>' for warning in warnings(found)),
        *(f"<p>{text(reason)}</p>" for reason in found.reasons),
        _chart(found),
        _table(found),
        f"<footer><p>{made(found.started_at, found.environment)}</p></footer>",
    ]
    return html_page(f"{what}: the highest rate – loadgen", "\n".join(filter(None, parts)))


def _chart(found: MaxRate) -> str:
    """Latency by rate, both on logarithmic scales; the limit that the SLO sets as a line."""
    slo = charted(found)
    groups = [group for group in by_rate(found.trials, slo) if charted_ms(group[0], slo) > 0]
    if not groups:
        return ""
    limit = [slo.limit] if slo is not None and slo.limit > 0 else []
    values = [charted_ms(group[0], slo) for group in groups]
    rates = [group[0].rate_rps for group in groups]
    x_axis, x = log_axis("requests a second", min(rates), max(rates), "{}/s")
    y_axis, y = log_axis(f"{metric_of(slo)} (ms)", min(values + limit), max(values + limit))
    points = [
        Point(x(rate), y(value), _tip(group, value)) for rate, value, group in zip(rates, values, groups, strict=True)
    ]
    curves = [Curve(metric_of(slo), points, sure=len(points))]
    if limit:
        ends = [Point(place, y(limit[0])) for place in (0.0, 1.0)]
        curves.append(Curve(f"SLO: {format_ms(limit[0])}", ends, sure=0))
    return f"<h2>Latency by rate</h2>\n{line_chart('Latency by rate', x_axis, y_axis, curves)}"


def _tip(group: Sequence[Trial], value_ms: float) -> str:
    shown, *runs = group
    met = sum(run.met for run in runs)
    return f"{format_rate(shown.rate_rps)}/s: {format_ms(value_ms)}, SLO met by {met} of {len(runs)}"


def _table(found: MaxRate) -> str:
    if not found.trials:
        return ""
    heads, *rows = (map(text, row) for row in curve_rows(found))
    return f"<h2>Every rate</h2>\n{html_table(heads, rows, pinned=True)}"
