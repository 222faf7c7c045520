"""What each request name did over time, as small charts in a table."""

from collections.abc import Mapping, Sequence
from math import log

from loadgen.base.units import format_ms
from loadgen.report.draw.page import html_table, text
from loadgen.report.draw.style import format_rate
from loadgen.results.requests import CourseRow, RequestResult

WIDTH, HEIGHT, EDGE = 150.0, 18.0, 1.5
MOST = 20
SHORTEST = 3
"""Blocks: fewer are no course."""
QUANTILES = ("p50", "p99", "max")


def named_courses(parts: Mapping[str, RequestResult]) -> str:
    """An element for `html_page`; nothing where none has a course."""
    shown = [(name, part) for name, part in parts.items() if len(part.course) >= SHORTEST][:MOST]
    if not shown:
        return ""
    end_s = max(row.t_s + row.duration_s for _, part in shown for row in part.course)
    rows = [
        (text(name), *_rate(part, end_s), *_latency(part, end_s), f"{part.ledger.failed:,}", _failed(part, end_s))
        for name, part in shown
    ]
    return html_table(("", "good/s, at most", "", "slowest", "p50, p99, max", "failed", ""), rows)


def _rate(part: RequestResult, end_s: float) -> tuple[str, str]:
    rates = [row.ok / row.duration_s for row in part.course]
    top = max(rates)
    curve = _path(part.course, [_place(rate, top) for rate in rates], end_s, 2)
    return format_rate(top), _svg(
        [curve], f"from {format_rate(min(rates))} to {format_rate(top)} good replies a second"
    )


def _latency(part: RequestResult, end_s: float) -> tuple[str, str]:
    """All in one logarithmic scale."""
    values = {name: [getattr(row, f"response_{name}_ms") for row in part.course] for name in QUANTILES}
    known = [value for series in values.values() for value in series if value]
    if not known:
        return "-", ""
    low, high = min(known), max(known)

    def place(value: float | None) -> float | None:
        return None if not value else log(value / low) / (log(high / low) or 1.0)

    curves = [
        _path(part.course, [place(value) for value in values[name]], end_s, colour)
        for colour, name in enumerate(QUANTILES)
    ]
    return format_ms(high), _svg(curves, f"from {format_ms(low)} to {format_ms(high)}")


def _failed(part: RequestResult, end_s: float) -> str:
    """A bar for each block in which some failed."""
    top = max(row.failed for row in part.course)
    if not top:
        return ""
    bars = "".join(
        f"M{_x(row.t_s, end_s):.1f} {HEIGHT:g}v-{max(2.0, row.failed / top * HEIGHT):.1f}"
        for row in part.course
        if row.failed
    )
    return _svg([f'<path class="curve s6" d="{bars}"/>'], f"at most {top:,} in a block")


def _path(course: Sequence[CourseRow], places: Sequence[float | None], end_s: float, colour: int) -> str:
    steps, step = [], "M"
    for row, place in zip(course, places, strict=True):
        if place is None:
            step = "M"
            continue
        y = HEIGHT - EDGE - place * (HEIGHT - 2 * EDGE)
        steps.append(f"{step}{_x(row.t_s + row.duration_s / 2, end_s):.1f} {y:.1f}")
        step = "L"
    return f'<path class="curve s{colour}" d="{"".join(steps)}"/>'


def _svg(parts: Sequence[str], tip: str) -> str:
    box = f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
    return f'<svg {box} role="img"><title>{text(tip)}</title>{"".join(parts)}</svg>'


def _x(at_s: float, end_s: float) -> float:
    return EDGE + min(1.0, at_s / end_s) * (WIDTH - 2 * EDGE)


def _place(value: float, top: float) -> float:
    return value / top if top else 0.0
