"""A trend as a page of its own: each metric over the results, its levels as lines, its changes as a table."""

from loadgen.judge.trend import Course, Trend
from loadgen.report.campaigns.trend import by_how_much, heading, interval, shown, verdict
from loadgen.report.draw.page import html_page, html_table, made, text
from loadgen.report.draw.svg import Axis, Curve, Point, line_chart, linear_axis

UNITS = {"ms": "ms", "share": "%", "per_s": "a second", "bytes_per_s": "bytes a second"}
MOST_TICKS = 8
TONES = {"worse": "worse", "better": "better", "changed": ""}


def trend_html(trend: Trend) -> str:
    """The document."""
    last = trend.dated[-1].result if trend.dated else None
    parts = [
        f"<h1>{text(heading(trend))}</h1>",
        f"<p><strong>{text(verdict(trend)[0])}</strong></p>",
        *(f'<p class="loud">{text(warning)}</p>' for warning in trend.warnings),
        *(_course(trend, course) for course in trend.courses),
        _results(trend),
        f"<footer><p>{made(last.started_at, last.environment)}</p></footer>" if last is not None else "",
    ]
    return html_page(f"{heading(trend)} – loadgen", "\n".join(filter(None, parts)))


def _course(trend: Trend, course: Course) -> str:
    head = f"<h2>{text(course.metric.text)}</h2>"
    known = [value for value in course.values if value is not None]
    if not known:
        return f'{head}\n<p class="soft">no data</p>'
    scale = 100.0 if course.metric.unit == "share" else 1.0
    count = len(course.values)
    y_axis, y = linear_axis(UNITS.get(course.metric.unit, course.metric.text), max(known) * scale or 1.0)
    step = -(-count // MOST_TICKS)
    x_axis = Axis("result", [(_x(index, count), trend.dated[index].name[:12]) for index in range(0, count, step)])
    points = [
        Point(_x(index, count), y(value * scale), f"{trend.dated[index].name}: {shown(course, value)}")
        for index, value in enumerate(course.values)
        if value is not None
    ]
    curves = [Curve(course.metric.text, points, len(points))]
    ends = [
        Curve(
            f"level {interval(course, level)}",
            [Point(_x(at, count), y(level.mean * scale)) for at in (level.first, level.last)],
            2,
            1,
        )
        for level in course.levels
    ]
    return f"{head}\n{line_chart(course.metric.text, x_axis, y_axis, [*curves, *ends])}\n{_changes(trend, course)}"


def _changes(trend: Trend, course: Course) -> str:
    rows = [
        (
            text(trend.dated[change.at].name),
            text(interval(course, change.before)),
            text(interval(course, change.after)),
            text(by_how_much(change)),
            f'<span class="{TONES[change.direction]}">{change.direction}{", new" if change.is_new else ""}</span>',
        )
        for change in course.changes
    ]
    return html_table(("changed at", "before", "after", "by", ""), rows) if rows else '<p class="soft">no change</p>'


def _results(trend: Trend) -> str:
    heads = ("", "began", *(text(course.metric.text) for course in trend.courses))
    rows = [
        (
            text(dated.name),
            text(dated.result.started_at[:19]),
            *(
                "-" if (value := course.values[index]) is None else text(shown(course, value))
                for course in trend.courses
            ),
        )
        for index, dated in enumerate(trend.dated)
    ]
    return f"<h2>Every result</h2>\n{html_table(heads, rows)}" if rows else ""


def _x(index: int, count: int) -> float:
    return (index + 0.5) / count
