"""A trend as text: each metric's level now and how it came there, and every change."""

from collections.abc import Iterator, Sequence
from math import ceil

from loadgen.base.units import counted, format_ms
from loadgen.judge.trend import ChangePoint, Course, Level, Trend
from loadgen.report.draw.bars import LEVELS
from loadgen.report.draw.style import Line, Span, Tone, align, clean, columns, line, pad, wrap
from loadgen.report.run.tables import with_unit
from loadgen.report.run.title import title

TONES = {"worse": Tone.BAD, "better": Tone.STRONG, "changed": Tone.PLAIN}
FEWEST = 6
"""Results, three on each side of a change."""


def render_trend(trend: Trend, *, width: int = 80, colour: bool = False) -> str:
    """The whole text, without a newline at its end, in at most `width` columns."""
    parts = [
        [line(row) for row in wrap(heading(trend), width)],
        [line(Span(row, Tone.WARN)) for text in trend.warnings for row in wrap(clean(text), width)],
        _levels(trend, width),
        _changes(trend, width),
        [line(Span(row, tone)) for text, tone in [verdict(trend)] for row in wrap(text, width)],
    ]
    return "\n\n".join("\n".join(row.paint(width, colour=colour) for row in part) for part in parts if part)


def heading(trend: Trend) -> str:
    """What was run how often."""
    if not trend.dated:
        return "No result"
    first, last = trend.dated[0], trend.dated[-1]
    what = title(last.result.plan) or "a run"
    return f"{what}: {counted(len(trend.dated), 'result')}, {clean(first.name)} to {clean(last.name)}"


def verdict(trend: Trend) -> tuple[str, Tone]:
    """What follows from it."""
    worse = trend.worse
    if worse:
        named = ", ".join(dict.fromkeys(course.metric.text for course, _ in worse))
        return f"WORSE: a new change of {clean(named)}.", Tone.BAD
    if len(trend.dated) < FEWEST:
        return f"Nothing can be told from fewer than {FEWEST} results.", Tone.WARN
    return "No new change for the worse.", Tone.PLAIN


def shown(course: Course, value: float) -> str:
    """A value of its metric."""
    return with_unit(course.metric.unit, value)


def interval(course: Course, level: Level) -> str:
    """A level with its interval: `12.3 ms (12.1 to 12.6)`."""
    if level.low is None or level.high is None or level.low == level.high:
        return shown(course, level.mean)
    unit = course.metric.unit
    ends = [format_ms(end) if unit == "ms" else with_unit(unit, end) for end in (level.low, level.high)]
    return f"{shown(course, level.mean)} ({ends[0]} to {ends[1]})"


def by_how_much(change: ChangePoint) -> str:
    """`+12 %`, or of a share `+1.2 points`."""
    if change.ratio is not None:
        return f"{change.ratio - 1:+.1%}"
    return f"{(change.after.mean - change.before.mean) * 100:+.2f} points"


def _levels(trend: Trend, width: int) -> list[Line]:
    """The level that each metric has now, and a picture of its course."""
    rows = []
    for course in trend.courses:
        if not course.levels:
            rows.append((f"  {clean(course.metric.text)}", "no data", ""))
            continue
        level = course.levels[-1]
        since = "all of them" if len(course.levels) == 1 else f"since {clean(trend.dated[level.first].name)}"
        rows.append((f"  {clean(course.metric.text)}", interval(course, level), since))
    texts = align([("Now", "level (95 % interval)", ""), *rows], right=frozenset())
    longest = max(map(columns, texts))
    pictures = ["", *(_picture(course.values, width - longest - 2) for course in trend.courses)]
    return [line(f"{pad(text, longest)}  {picture}") for text, picture in zip(texts, pictures, strict=True)]


def _changes(trend: Trend, width: int) -> list[Line]:
    rows = [row for course in trend.courses for row in _of_course(trend, course)]
    return [line("Changes"), *(line("  ", Span(row, tone)) for text, tone in rows for row in wrap(text, width - 2))]


def _of_course(trend: Trend, course: Course) -> Iterator[tuple[str, Tone]]:
    name = clean(course.metric.text)
    if not course.changes:
        yield f"{name}: none", Tone.PLAIN
    for change in course.changes:
        new = "NEW, " if change.is_new else ""
        at = clean(trend.dated[change.at].name)
        levels = f"{shown(course, change.before.mean)} to {shown(course, change.after.mean)}"
        yield f"{name}: {new}{change.direction}, {by_how_much(change)} at {at} ({levels})", TONES[change.direction]


def _picture(values: Sequence[float | None], width: int) -> str:
    """From the lowest value up: what matters is where it changes. Neighbours are averaged where there are many."""
    known = [value for value in values if value is not None]
    size = ceil(len(known) / max(1, width)) or 1
    means = [sum(known[at : at + size]) / len(known[at : at + size]) for at in range(0, len(known), size)]
    low, high = min(means, default=0.0), max(means, default=0.0)
    if low == high:
        return LEVELS[0] * len(means)
    return "".join(LEVELS[round((value - low) / (high - low) * (len(LEVELS) - 1))] for value in means)
