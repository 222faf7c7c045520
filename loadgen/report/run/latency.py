"""The latency part of the text report: the table of percentiles and the histogram of response times."""

import math
from collections.abc import Iterable, Mapping

from loadgen.base.errors import UsageError
from loadgen.base.units import counted, format_ms
from loadgen.measure.histogram import top_of
from loadgen.report.draw.bars import Bucket, bar, buckets, stretched
from loadgen.report.draw.style import Line, align, format_share, line, wrap
from loadgen.results.encoded import decode_clock
from loadgen.results.requests import QUANTILES, Latency, Quantile
from loadgen.results.result import Result

ROWS = {
    "min": "the fastest",
    "p50": "half were slower",
    "p75": "1 in 4 was slower",
    "p90": "1 in 10 was slower",
    "p95": "1 in 20 was slower",
    "p99": "1 in 100 was slower",
    "p99_9": "1 in 1,000 was slower",
    "p99_99": "1 in 10,000 was slower",
    "max": "the slowest",
    "mean": "",
}
"""The rows of the table in order, each with what it says of the replies."""

TITLES = {"response": "response", "service": "service", "send lag": "send_lag"}
ENOUGH_SAMPLES = 10
NARROW = 1.01
"""Of three digits, the last one may be off."""
BAR_COLUMNS = 40
GAP = "   "


def latency_table(result: Result, width: int) -> list[Line]:
    """Percentiles of the good replies: one column for closed loops, three clocks where arrivals did not wait."""
    response = result.latency_ms.get("response", Latency())
    if not response.count and not response.censored:
        return [line(note) for note in failed_note(result, "Latency of")]
    titles = {"response": "response"} if is_closed(result) else TITLES
    clocks = {title: result.latency_ms.get(key, Latency()) for title, key in titles.items()}
    censored = f" and {response.censored:,} censored" if response.censored else ""
    rows = [f"Latency of {counted(response.count, 'good reply', 'good replies')}{censored}", *_table(clocks, width)]
    for note in [*clock_notes(clocks), *failed_note(result, "Apart from these,")]:
        rows += (f"  {row}" for row in wrap(note, width - 2))
    return [*map(line, rows)]


def is_closed(result: Result) -> bool:
    """Whether every request was due at the instant it was sent, so that response and service are the same."""
    response = result.latency_ms.get("response", Latency())
    lag = result.latency_ms.get("send_lag", Latency())
    return not lag.max and result.latency_ms.get("service", response) == response


def format_quantile(value: Quantile) -> str:
    """`1.02 ms`; `>= 10.0 s` for a lower bound, unless an upper one is next to it; `-` without samples."""
    value = settled(value)
    match value:
        case None:
            return "-"
        case {"at_least": bound}:
            return f">= {format_ms(bound)}"
        case dict():
            return "-"
        case _:
            return format_ms(value)


def settled(value: Quantile) -> Quantile:
    """The upper end of what is known where both ends are next to each other; else the same."""
    match value:
        case {"at_least": low, "at_most": high} if high <= NARROW * low:
            return high
    return value


def spread(result: Result, width: int = 80) -> list[Line]:
    """The histogram of response times, one bucket a line: its upper edge, count, share and bar."""
    found = buckets(recorded_ms(result))
    if not found:
        return []
    total, top = sum(bucket.count for bucket in found), max(bucket.count for bucket in found)
    cells = [
        (
            edge(bucket),
            f"{bucket.count:,}",
            format_share(bucket.count, total),
            bar(bucket.count, top, stretched(BAR_COLUMNS, width)),
        )
        for bucket in found
    ]
    return [line("Response times"), *(line(f"  {row}") for row in align(cells, right=frozenset({1, 2})))]


def rows_of(clocks: Mapping[str, Latency]) -> dict[str, str]:
    """Those of ROWS that say something: where no sample lies beyond a percentile it is the slowest, which has a row."""
    enough = {key for latency in clocks.values() for key in ROWS if key not in QUANTILES or _beyond(latency, key)}
    return {key: said for key, said in ROWS.items() if key == "p50" or key in enough}


def _table(clocks: Mapping[str, Latency], width: int) -> list[str]:
    keys = rows_of(clocks)
    columns = [_column(title, latency, keys) for title, latency in clocks.items()]
    names = ["", *(f"  {key.replace('_', '.')}" for key in keys)]
    says = ["", *keys.values()]
    explained = align([*zip(names, *columns, says, strict=True)], right=frozenset(), gap=GAP)
    if len(clocks) == 1 and max(map(len, explained)) <= width:
        return explained
    return align([*zip(names, *columns, strict=True)], right=frozenset(), gap=GAP)


def _beyond(latency: Latency, key: str) -> int:
    """How many samples lie beyond a percentile."""
    return (latency.count + latency.censored) * (10_000 - round(QUANTILES[key] * 10_000)) // 10_000


def _column(title: str, latency: Latency, keys: Iterable[str]) -> list[str]:
    """One clock's title and figures, all of the same width, with the units below each other."""
    cells = [_cell(latency, key, say_censored=title == "response") for key in keys]
    numbers, units, marks = (max(map(len, parts)) for parts in zip(*cells, strict=True))
    numbers = max(len(title) - units - 1, numbers)
    rows = (f"{number:>{numbers}} {unit:<{units}}{mark:<{marks}}" for number, unit, mark in cells)
    return [f"{title:>{numbers + 1 + units}}{'':{marks}}", *rows]


def _cell(latency: Latency, key: str, *, say_censored: bool) -> tuple[str, str, str]:
    """A latency in three parts, so that numbers and units stand below each other: `>= 10.0`, `s`, ` ~`."""
    value = settled(getattr(latency, key))
    number, _, unit = format_quantile(value).rpartition(" ")
    if not number:
        return unit, "", ""
    if isinstance(value, dict):
        return number, unit, f" ({latency.censored:,} censored)" if say_censored else ""
    return number, unit, " ~" if is_rough(latency, key) else ""


def is_rough(latency: Latency, key: str) -> bool:
    """Whether too few samples lie beyond a percentile for it to be steady from run to run."""
    if key not in QUANTILES or not isinstance(settled(getattr(latency, key)), float | int):
        return False
    return _beyond(latency, key) < ENOUGH_SAMPLES


def clock_notes(clocks: Mapping[str, Latency]) -> list[str]:
    """What a reader of their table needs to know."""
    notes = []
    if len(clocks) > 1:
        notes.append("Read response: it counts from when a request was due, not when it was sent.")
    if any(is_rough(latency, key) for latency in clocks.values() for key in rows_of(clocks)):
        notes.append(f"~ fewer than {ENOUGH_SAMPLES} samples beyond this percentile")
    if censored := max(latency.censored for latency in clocks.values()):
        why = "no reply in time, cut at the end, or never sent"
        notes.append(f"{censored:,} censored ({why}): each counts as at least the time it waited.")
        notes.append("The mean leaves them out.")
    return notes


def failed_note(result: Result, lead: str) -> list[str]:
    """How long failed replies took, behind `lead`; nothing where there are none."""
    failed = result.latency_ms.get("failed", Latency())
    if not failed.count:
        return []
    figures = ", ".join(f"{name} {format_quantile(getattr(failed, name))}" for name in ("p50", "p99", "max"))
    return [f"{lead} {counted(failed.count, 'failed reply', 'failed replies')}: {figures}"]


def edge(bucket: Bucket) -> str:
    """Which values a bucket holds: those up to its upper edge, or above its lower one where it is open."""
    word, edge = ("above", bucket.low) if math.isinf(bucket.high) else ("up to", bucket.high)
    number, _, unit = format_ms(edge).rpartition(" ")
    return f"{word} {number:>5} {unit}"


def recorded_ms(result: Result) -> list[tuple[float, int]]:
    """The response times with their counts; none where they are absent or cannot be read."""
    try:
        recorded = decode_clock(result.histograms, "response").buckets
    except UsageError:  # the rest of the report stands without it
        return []
    return [(top_of(bucket) / 1000, times) for bucket, times in sorted(recorded.items())]
