"""HdrHistogram interval logs: a Result written as one, and the report of one that was read."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from loadgen.base.dataclass import dataclass
from loadgen.base.units import counted
from loadgen.measure.histogram import Histogram, top_of
from loadgen.measure.recording import CENSORED
from loadgen.report.draw.style import Line, Span, Tone, clean, format_measured_s, line, wrap
from loadgen.report.run.latency import latency_table, spread
from loadgen.results.block import Block
from loadgen.results.encoded import decode_clock
from loadgen.results.hlog import LEGEND, HistogramLog, Interval, tag_of
from loadgen.results.result import Result
from loadgen.results.summary import encoded, latencies

SHORTEST_S = 0.001


@dataclass(frozen=True, slots=True)
class LogPart:
    """Some intervals of a log, and all their values."""

    log: HistogramLog
    chosen: Sequence[Interval]
    counts: Histogram


def render_hlog(result: Result) -> str:
    """Response times of a run as a V2 interval log; values in microseconds, Interval_Max in milliseconds.

    One untagged line for each block, and one for the replies that came after the measured window: together they hold
    every response time. Where there are several request names, one line for each over the whole run has its name as a
    tag; so have transactions. Raises UsageError where a histogram is damaged.
    """
    lines = [*_header(result, decode_clock(result.histograms, "response" + CENSORED).total)]
    names = result.requests if len(result.requests) > 1 else {}
    for name, part in (names | result.transactions).items():
        counts = decode_clock(part.histograms, "response")
        lines.append(f"Tag={tag_of(name)}," + _interval(0.0, result.duration_s, counts))
    lines += _blocks(result)
    return "\n".join(lines) + "\n"


def render_log(part: LogPart, *, width: int = 80, colour: bool = False) -> str:
    """The latency table and picture of some intervals."""
    log, chosen, counts = part.log, part.chosen, part.counts
    clocks = {"response": counts, "service": counts}
    result = Result(latency_ms=latencies(clocks), histograms=encoded({"response": _drawable(counts)}))
    head = [line(f"{clean(log.source)}: {_extent(chosen)}"), *_others(log, chosen, width)]
    if counts.overflow:
        text = f"{counted(counts.overflow, 'value')} above 1 h: counted as 1 h; look at --unit."
        head.append(line("  ", Span(text, Tone.WARN)))
    title = [line(f"Latency of {counted(counts.total, 'value')}")]
    parts = [head, [*title, *latency_table(result, width)[1:]], spread(result, width)]
    return "\n\n".join("\n".join(row.paint(width, colour=colour) for row in part) for part in parts if part)


def _header(result: Result, censored: int) -> Iterator[str]:
    """`StartTime` is when the measured window opened; timestamps count from there."""
    opened = _opened(result)
    epoch_s = opened.timestamp()
    yield "#[Response times of a loadgen run; values are in microseconds, Interval_Max is in milliseconds]"
    yield "#[For a tool that takes nanoseconds unless told: its ratio of output to recorded unit is 1000]"
    if censored:
        yield f"#[Without {counted(censored, 'request')} without a reply, cut ones and those never sent among them]"
    yield "#[Histogram log format version 1.3]"
    yield f"#[BaseTime: {epoch_s:.3f} (seconds since epoch)]"
    yield f"#[StartTime: {epoch_s:.3f} (seconds since epoch), {opened.isoformat(timespec='milliseconds')}]"
    yield LEGEND


def _opened(result: Result) -> datetime:
    """When the measured window opened, in UTC; the epoch where the Result does not know."""
    try:
        started = datetime.fromisoformat(result.started_at).astimezone(UTC)
    except ValueError:
        started = datetime.fromtimestamp(0, UTC)
    return started + timedelta(seconds=result.opening_s + result.warmup_s)


def _blocks(result: Result) -> Iterator[str]:
    late = decode_clock(result.histograms, "response")
    for block in result.blocks:
        counts = decode_clock({"response": block.response}, "response")
        late.buckets -= counts.buckets
        yield _interval(block.t_s, _length_s(block, result.duration_s), counts)
    if not result.blocks:
        yield _interval(0.0, result.duration_s, late)
    elif late.buckets:
        yield _interval(max(result.duration_s, result.blocks[-1].t_s), max(result.drain_s, SHORTEST_S), late)


def _length_s(block: Block, duration_s: float) -> float:
    """A block's own length; the last one ends with the window."""
    left_s = duration_s - block.t_s
    return min(block.duration_s, left_s) if left_s > 0 else block.duration_s


def _interval(start_s: float, length_s: float, counts: Histogram) -> str:
    highest_ms = top_of(max(counts.buckets)) / 1000 if counts.buckets else 0.0
    return f"{start_s:.3f},{length_s:.3f},{highest_ms:.3f},{counts.encode()}"


def _extent(chosen: Sequence[Interval]) -> str:
    first = min(row.start_s for row in chosen)
    last = max(row.start_s + row.length_s for row in chosen)
    tag = unquote(chosen[0].tag)
    tagged = f", tag {clean(tag)}" if tag else ""
    return f"{counted(len(chosen), 'interval')}, {format_measured_s(first)} to {format_measured_s(last)}{tagged}"


def _others(log: HistogramLog, chosen: Sequence[Interval], width: int) -> list[Line]:
    """What else the log holds."""
    known = [clean(unquote(tag)) for tag in log.tags if tag != chosen[0].tag]
    rows = wrap("Not in this: the tags " + ", ".join(known), width - 2) if known else []
    return [line("  ", row) for row in rows]


def _drawable(counts: Histogram) -> Histogram:
    """The same with zeros drawn as 1 us: the picture's scale is logarithmic where that shows more."""
    drawn = Histogram(counts.buckets.items())
    zeros = drawn.buckets.pop(0, 0)
    if zeros:
        drawn.add(1, zeros)
    return drawn
