"""Static charts as SVG: axes, curves, cells, a legend, and `<title>` tooltips."""

from collections.abc import Callable, Iterator, Sequence
from math import ceil, floor, isnan, log10

from loadgen.base.dataclass import dataclass
from loadgen.base.units import format_duration_s
from loadgen.report.draw.page import COLOURS, HEATS, text
from loadgen.report.draw.style import columns as width_of

WIDTH, HEIGHT = 900.0, 430.0
LEFT, RIGHT, TOP, BOTTOM = 70.0, 20.0, 14.0, 48.0
ROW = 20.0
COLUMN_PX = 7.2
MOST_TICKS = 10
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)


@dataclass(frozen=True, slots=True)
class Axis:
    """`ticks` are places from 0 to 1 with what they mean."""

    title: str
    ticks: Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the chart, x to the right and y upwards from 0 to 1; one with a `tip` gets a dot that tells it.

    Where y is no number, the curve has a gap.
    """

    x: float
    y: float
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points; from index `sure` on it is drawn as doubtful. `colour` where not that of its place."""

    label: str
    points: Sequence[Point]
    sure: int
    colour: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A strip of a heat map between two places: its filled rows, from 0 below, with their heat, 0 to HEATS - 1."""

    start: float
    end: float
    cells: Sequence[tuple[int, int]]
    tip: str


def line_chart(title: str, x_axis: Axis, y_axis: Axis, curves: Sequence[Curve]) -> str:
    """An element for `html_page`."""
    colours = [index % COLOURS if curve.colour is None else curve.colour for index, curve in enumerate(curves)]
    marks = [mark for curve, colour in zip(curves, colours, strict=True) for mark in _curve(curve, colour)]
    swatches = [
        (f"curve {'few ' * (curve.sure == 0)}s{colour}", curve.label)
        for curve, colour in zip(curves, colours, strict=True)
    ]
    return _chart(title, x_axis, y_axis, marks, _legend(swatches, "h18"))


def heat_map(title: str, x_axis: Axis, y_axis: Axis, columns: Sequence[Column], rows: int, names: Sequence[str]) -> str:
    """An element for `html_page`: columns of so many rows each; `names` says what each heat means."""
    marks = [f'<path class="h{heat}" d="{shape}"/>' for heat in range(HEATS) if (shape := _cells(columns, rows, heat))]
    for column in columns:
        x, width = _x(column.start), _x(column.end) - _x(column.start)
        at = f'x="{x:.1f}" y="{_y(1):.1f}" width="{width:.1f}" height="{_y(0) - _y(1):.1f}"'
        marks.append(f'<rect class="hit" {at}><title>{text(column.tip)}</title></rect>')
    swatches = [(f"h{heat}", name) for heat, name in enumerate(names)]
    return _chart(title, x_axis, y_axis, marks, _legend(swatches, "h18v-10h-18z"))


def time_axis(title: str, end_s: float) -> tuple[Axis, Callable[[float], float]]:
    """An axis from 0 to `end_s` (above 0), and what gives the place of an instant on it."""
    step = next((step for step in STEPS_S if end_s / step <= MOST_TICKS), STEPS_S[-1] * ceil(end_s / 864_000))
    ticks = [(at / end_s, format_duration_s(at)) for at in range(0, floor(end_s) + 1, step)]
    return Axis(title, ticks), lambda at_s: at_s / end_s


def linear_axis(title: str, high: float) -> tuple[Axis, Callable[[float], float]]:
    """An axis from 0 to `high` (above 0) or a little more, and what gives the place of a value on it."""
    scale = 10.0 ** floor(log10(high / 5))
    step = next(factor * scale for factor in (1, 2, 5, 10) if high / (factor * scale) <= 5)
    count = ceil(high / step)
    ticks = [(index / count, f"{index * step:,.10g}") for index in range(count + 1)]
    return Axis(title, ticks), lambda value: value / (count * step)


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


def _chart(title: str, x_axis: Axis, y_axis: Axis, marks: Sequence[str], legend: tuple[list[str], float]) -> str:
    swatches, legend_height = legend
    box = f'viewBox="0 0 {WIDTH:g} {HEIGHT + legend_height:g}"'
    parts = "\n".join([*_grid(x_axis, y_axis), *swatches, *marks])
    return f'<div class="scroll"><svg class="chart" {box} role="img" aria-label="{text(title)}">\n{parts}\n</svg></div>'


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
    return f'<path class="{name}" d="{"".join(_steps(points))}"/>'


def _steps(points: Sequence[Point]) -> Iterator[str]:
    step = "M"
    for point in points:
        if isnan(point.y):
            step = "M"
        else:
            yield f"{step}{_x(point.x):.1f} {_y(point.y):.1f}"
            step = "L"


def _cells(columns: Sequence[Column], rows: int, heat: int) -> str:
    """All cells of one heat as one shape."""
    height = (HEIGHT - TOP - BOTTOM) / rows
    return "".join(
        f"M{_x(column.start):.1f} {_y((row + 1) / rows):.1f}h{_x(column.end) - _x(column.start):.1f}v{height:.1f}"
        f"H{_x(column.start):.1f}z"
        for column in columns
        for row, cell in column.cells
        if cell == heat
    )


def _legend(swatches: Sequence[tuple[str, str]], shape: str) -> tuple[list[str], float]:
    """Swatches and names below the chart, in rows; and how much height they take."""
    parts, x, y = [], LEFT, HEIGHT + 14
    for kind, name in swatches:
        width = 34 + width_of(name) * COLUMN_PX
        if x > LEFT and x + width > WIDTH - RIGHT:
            x, y = LEFT, y + ROW
        start_y = y - 4 if shape == "h18" else y
        parts.append(f'<path class="{kind}" d="M{x:.1f} {start_y:.1f}{shape}"/>')
        parts.append(f'<text class="label" x="{x + 24:.1f}" y="{y:.1f}">{text(name)}</text>')
        x += width
    return parts, y - HEIGHT + 8
