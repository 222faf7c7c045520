"""Charts of characters, a column for each second. Nothing is said by colour alone."""

import math
from collections.abc import Sequence

from loadgen.base.units import format_ms
from loadgen.report.draw.bars import LEVELS
from loadgen.report.draw.style import Line, Span, Tone, format_rate, line
from loadgen.results.result import Second

AXIS = 9
"""Columns left of a chart, for its scale."""

MARKS = {"response_max_ms": "×", "response_p99_ms": "+", "response_p50_ms": "•"}
"""From back to front."""

LEGEND = "• p50  + p99  × max"
FAILED = "!"


def rate_chart(course: Sequence[Second], width: int, height: int, limit_rps: float = 0.0) -> list[Line]:
    """Bars of requests a second from zero up, and below them a mark where some failed. `limit_rps` is due at most."""
    seconds = _last(course, width - AXIS)
    top = max([limit_rps, *(second.sent for second in seconds if second)], default=0.0)
    rows = [_scaled("", [_level(second, top, height, row) for second in seconds]) for row in range(height)]
    if top:
        rows[0] = _scaled(f"{format_rate(top)}/s", [_level(second, top, height, 0) for second in seconds])
    marks = "".join(FAILED if second and second.failed else " " for second in seconds)
    return [*map(line, rows), line(f"{'failed':>{AXIS - 1}} ", Span(marks, Tone.BAD))]


def latency_chart(course: Sequence[Second], width: int, height: int) -> list[Line]:
    """Marks of p50, p99 and max in a logarithmic scale, whose ends stand at the side."""
    seconds = _last(course, width - AXIS)
    values = [getattr(second, mark) for second in seconds if second for mark in MARKS]
    positive = [value for value in values if value]
    if not positive:
        return [line("")] * (height + 1)
    low, high = min(positive), max(positive)
    grid = [[" "] * len(seconds) for _ in range(height)]
    for column, second in enumerate(seconds):
        for mark, sign in MARKS.items():
            value = getattr(second, mark) if second else None
            if value is not None:
                grid[_row(value, low, high, height)][column] = sign
    rows = [_scaled("", row) for row in grid]
    rows[0] = _scaled(format_ms(high), grid[0])
    if high > low:
        rows[-1] = _scaled(format_ms(low), grid[-1])
    return [*map(line, rows), line(" " * AXIS + LEGEND)]


def _last(course: Sequence[Second], columns: int) -> list[Second | None]:
    """The last seconds, the newest at the right; None where nothing ended."""
    if not course:
        return []
    by_second = {int(second.t_s): second for second in course}
    newest = int(course[-1].t_s)
    oldest = max(int(course[0].t_s), newest - max(1, columns) + 1)
    return [by_second.get(t_s) for t_s in range(oldest, newest + 1)]


def _level(second: Second | None, top: float, height: int, row: int) -> str:
    """The piece of a bar in a row, which are counted from the top."""
    if second is None or not second.sent:
        return " "
    eighths = max(1, round(second.sent / top * height * 8)) - (height - 1 - row) * 8
    return " " if eighths <= 0 else LEVELS[min(8, eighths) - 1]


def _row(value: float, low: float, high: float, height: int) -> int:
    share = 1.0 if high <= low else math.log(max(value, low) / low) / math.log(high / low)
    return height - 1 - round(share * (height - 1))


def _scaled(scale: str, cells: Sequence[str]) -> str:
    return f"{scale:>{AXIS - 1}} " + "".join(cells)
