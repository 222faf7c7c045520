"""Static line charts as SVG: axes, curves, a legend, and `<title>` tooltips on their points."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from loadgen.report.draw.page import COLOURS, text
from loadgen.report.draw.style import columns

WIDTH, HEIGHT = 900.0, 430.0
LEFT, RIGHT, TOP, BOTTOM = 70.0, 20.0, 14.0, 48.0
ROW = 20.0
COLUMN_PX = 7.2


@dataclass(frozen=True, slots=True)
class Axis:
    """`ticks` are places from 0 to 1 with what they mean."""

    title: str
    ticks: Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the chart, x to the right and y upwards from 0 to 1; one with a `tip` gets a dot that tells it."""

    x: float
    y: float
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points; from index `sure` on it is drawn as doubtful."""

    label: str
    points: Sequence[Point]
    sure: int


def line_chart(title: str, x_axis: Axis, y_axis: Axis, curves: Sequence[Curve]) -> str:
    """An `<svg>` element for `html_page`."""
    legend, legend_height = _legend(curves)
    parts = [*_grid(x_axis, y_axis), *legend]
    for index, curve in enumerate(curves):
        parts += _curve(curve, index % COLOURS)
    return (
        f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT + legend_height:g}" role="img" aria-label="{text(title)}">\n'
        + "\n".join(parts)
        + "\n</svg>"
    )


def log_axis(title: str, low: float, high: float, form: str = "{}") -> tuple[Axis, Callable[[float], float]]:
    """An axis over 1, 2, 5, 10 ... that holds `low` to `high` (above 0), and what gives the place of a value on it."""
    steps = [
        10**exponent * factor for exponent in range(floor(log10(low)), ceil(log10(high)) + 1) for factor in (1, 2, 5)
    ]
    below = [step for step in steps if step <= low * 1.0001]
    above = [step for step in steps if step >= high * 0.9999]
    first, last = max(below, default=low), min(above, default=high)
    if first == last:
        last = first * 2
    start, end = log10(first), log10(last)
    shown = [step for step in steps if first <= step <= last]
    if len(shown) > 10:
        shown = [step for step in shown if abs(log10(step) - round(log10(step))) < 1e-9]

    def place(value: float) -> float:
        return (log10(value) - start) / (end - start)

    return Axis(title, [(place(step), form.format(f"{step:g}")) for step in shown]), place


def _x(place: float) -> float:
    return LEFT + place * (WIDTH - LEFT - RIGHT)


def _y(place: float) -> float:
    return HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM)


def _grid(x_axis: Axis, y_axis: Axis) -> list[str]:
    parts = []
    for place, name in x_axis.ticks:
        x = _x(place)
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP:g}V{_y(0):.1f}"/>')
        parts.append(f'<text class="middle" x="{x:.1f}" y="{_y(0) + 18:.1f}">{text(name)}</text>')
    for place, name in y_axis.ticks:
        y = _y(place)
        parts.append(f'<path class="grid" d="M{LEFT:g} {y:.1f}H{WIDTH - RIGHT:g}"/>')
        parts.append(f'<text class="end" x="{LEFT - 8:g}" y="{y + 4:.1f}">{text(name)}</text>')
    middle_x, middle_y = _x(0.5), _y(0.5)
    return [
        *parts,
        f'<path class="axis" d="M{LEFT:g} {TOP:g}V{_y(0):.1f}H{WIDTH - RIGHT:g}" fill="none"/>',
        f'<text class="middle" x="{middle_x:.1f}" y="{HEIGHT - 8:g}">{text(x_axis.title)}</text>',
        f'<text class="middle" transform="translate(14 {middle_y:.1f}) rotate(-90)">{text(y_axis.title)}</text>',
    ]


def _curve(curve: Curve, colour: int) -> list[str]:
    parts = []
    if curve.sure > 1:
        parts.append(_path(curve.points[: curve.sure], f"curve s{colour}"))
    if len(curve.points) > max(1, curve.sure):
        parts.append(_path(curve.points[max(0, curve.sure - 1) :], f"curve few s{colour}"))
    for point in curve.points:
        if point.tip:
            at = f'cx="{_x(point.x):.1f}" cy="{_y(point.y):.1f}"'
            parts.append(
                f'<g><circle class="ring f{colour}" {at} r="4"/>'
                f'<circle class="hit" {at} r="11"/><title>{text(point.tip)}</title></g>'
            )
    return parts


def _path(points: Sequence[Point], name: str) -> str:
    steps = "L".join(f"{_x(point.x):.1f} {_y(point.y):.1f}" for point in points)
    return f'<path class="{name}" d="M{steps}"/>'


def _legend(curves: Sequence[Curve]) -> tuple[list[str], float]:
    """Swatches and names below the chart, in rows; and how much height they take."""
    parts, x, y = [], LEFT, HEIGHT + 14
    for index, curve in enumerate(curves):
        width = 34 + columns(curve.label) * COLUMN_PX
        if x > LEFT and x + width > WIDTH - RIGHT:
            x, y = LEFT, y + ROW
        parts.append(f'<path class="curve s{index % COLOURS}" d="M{x:.1f} {y - 4:.1f}h18"/>')
        parts.append(f'<text class="label" x="{x + 24:.1f}" y="{y:.1f}">{text(curve.label)}</text>')
        x += width
    return parts, y - HEIGHT + 8
