"""The view as lines: a pure function of what is known and of the terminal's size."""

from collections.abc import Sequence
from dataclasses import field, replace

from loadgen.base.dataclass import dataclass
from loadgen.base.units import counted, format_duration_s, format_ms
from loadgen.judge.findings import LAG_FLOOR_MS, LAG_SHARE
from loadgen.measure.progress import MachineNow, Snapshot
from loadgen.observe.view.charts import latency_chart, rate_chart
from loadgen.observe.view.run_figures import LAST_S
from loadgen.report.draw.bars import bar
from loadgen.report.draw.style import Line, Span, Tone, align, clean, columns, elide, format_rate, line, pad
from loadgen.report.run.tables import errors, named_rows, thresholds
from loadgen.results.result import Result, Second

LEAST_COLUMNS, LEAST_ROWS = 80, 20
BAR_COLUMNS = 20
WORST_FIRST = ("fail", "no_data", "pass")


@dataclass(frozen=True, slots=True)
class Amount:
    """How many rows each part may take where there is so much room."""

    room: int
    chart: int
    thresholds: int
    errors: int


AMOUNTS = (Amount(32, 8, 8, 8), Amount(24, 6, 4, 4), Amount(0, 4, 2, 1))

KEYS = "q stop and report · space freeze · w {window} · {machines}? help"
HELP = (
    "q       stop: no new requests, then the report, as the first Ctrl-C does",
    "Ctrl-C  the same; a second one reports at once",
    "space   freeze what is shown, or go on; the run does not notice",
    f"w       requests and errors of the last {LAST_S} s, or of the whole run",
    "m       the machines that the run is made on, or back",
    "?       this, or back",
    "",
    "Rate: a bar a second, ! below it where some failed. Latency: a logarithmic",
    "scale; • half of the replies were faster, + 99 in 100, × the slowest.",
    "Response times count from when a request was due. Thresholds are shown as",
    "they stand; what counts is what the report says at the end.",
)


@dataclass(frozen=True, slots=True)
class View:
    """What is known. `so_far` is what of a Result there is; `names` how many request names there are in all.

    `slow` says that frames are left out, since the loop of the run is late.
    """

    title: str
    shape: str
    snapshot: Snapshot | None = None
    course: Sequence[Second] = ()
    so_far: Result = field(default_factory=Result)
    names: int = 0
    lag_ms: float | None = None
    offered_rps: float | None = None
    most_rps: float = 0.0
    last: bool = True
    frozen: bool = False
    help: bool = False
    machines: bool = False
    slow: bool = False


def view_lines(view: View, width: int, height: int) -> list[Line]:
    """Exactly `height` lines of at most `width` columns each; on a small terminal the end of the view is missing."""
    head = [_title(view, width), _shape(view, width), _band(view)]
    foot = _foot(view, width)
    room = max(0, height - len(head) - 1)
    each = view.snapshot.each_machine if view.snapshot is not None else ()
    if view.help:
        body = [line(f"  {text}") for text in HELP]
    elif view.machines and each:
        body = _machines(each, room)
    else:
        body = _body(view, width, room)
    lines = [*head, *body[:room]]
    lines += [line("")] * (height - 1 - len(lines))
    return [*lines[: height - 1], foot][-height:]


def _machines(each: Sequence[MachineNow], most: int) -> list[Line]:
    """Those in trouble first."""
    rows = sorted(each, key=lambda machine: not machine.trouble)[: most - 1]
    cells = [("Machines", "sent", "failed", "")]
    cells += [(clean(row.name), f"{row.sent:,}", f"{row.failed:,}", row.trouble.upper()) for row in rows]
    texts = align(cells, right=frozenset({1, 2}))
    tones = [Tone.PLAIN, *(Tone.BAD if row.trouble else Tone.PLAIN for row in rows)]
    return [line(Span(text, tone)) for text, tone in zip(texts, tones, strict=True)]


def _title(view: View, width: int) -> Line:
    phase = _phase(view.snapshot)
    room = width - columns(phase) - 2
    return line(Span(pad(elide(clean(view.title), room), room), Tone.STRONG), "  ", phase)


def _phase(snapshot: Snapshot | None) -> str:
    if snapshot is None:
        return "starting"
    if snapshot.step:
        return clean(snapshot.step)
    match snapshot.phase:
        case "opening":
            return f"opening {snapshot.connected:,} of {counted(snapshot.users, 'connection')}"
        case "draining":
            return "draining: waiting for the last replies"
    planned = "" if snapshot.planned_s is None else f" of {format_duration_s(round(snapshot.planned_s, 1))}"
    return f"running  {format_duration_s(float(int(snapshot.elapsed_s)))}{planned}"


def _shape(view: View, width: int) -> Line:
    snapshot = view.snapshot
    shown = ""
    if snapshot is not None and snapshot.progress is not None and snapshot.phase != "draining":
        full = bar(snapshot.progress, 1.0, BAR_COLUMNS)
        shown = full + "░" * (BAR_COLUMNS - columns(full)) + f" {snapshot.progress:4.0%}"
    where = f"{snapshot.machines} · " if snapshot is not None and snapshot.machines else ""
    room = width - columns(shown) - 2
    return line(pad(elide(where + clean(view.shape), room), room), "  ", shown)


def _band(view: View) -> Line:
    """What is to be thought of the figures so far; what the target did comes first, and is there on any terminal."""
    snapshot = view.snapshot
    failed = 0 if snapshot is None else snapshot.errors
    parts: list[str | Span] = [Span(f"{failed:,} failed", Tone.BAD) if failed else "0 failed"]
    lost = sum(row.verdict == "fail" for row in view.so_far.thresholds)
    if lost:
        parts += [" · ", Span(f"{counted(lost, 'threshold')} missed", Tone.BAD)]
    parts.append(" · ")
    lag, p99 = view.lag_ms, view.course[-1].response_p99_ms if view.course else None
    if lag is None:
        parts.append("own delay: not known yet")
    elif p99 is not None and lag > max(LAG_FLOOR_MS, LAG_SHARE * p99):
        parts.append(Span(f"LIMITED now: own delay p99 {format_ms(lag)} of {format_ms(p99)}", Tone.WARN))
    else:
        parts.append(f"generator keeps up, own delay p99 {format_ms(lag)}")
    return line(*parts)


def _body(view: View, width: int, room: int) -> list[Line]:
    """Charts first; thresholds and errors take what they need, up to a limit, and request names the rest."""
    amount = next(amount for amount in AMOUNTS if room >= amount.room)
    lines = [*_charts(view, width, amount.chart)]
    tail = [*_thresholds(view.so_far, amount.thresholds, width), *errors(view.so_far, width)[: 1 + amount.errors]]
    return [*lines, *_requests(view, width, max(1, room - len(lines) - len(tail) - 1)), *tail]


def _thresholds(result: Result, most: int, width: int) -> list[Line]:
    """The worst of them, where there are many."""
    rows = sorted(result.thresholds, key=lambda row: WORST_FIRST.index(row.verdict))[:most]
    hidden = len(result.thresholds) - len(rows)
    head = f"Thresholds, the worst {len(rows)} of {len(result.thresholds)}" if hidden else "Thresholds so far"
    shown = rows if hidden else result.thresholds
    return [line(head), *thresholds(replace(result, thresholds=shown), width)[1:]] if rows else []


def _charts(view: View, width: int, rows: int) -> list[Line]:
    half = (width - 2) // 2
    snapshot = view.snapshot
    rate = "Rate" if snapshot is None else f"Rate  {format_rate(snapshot.rate_rps)}/s sent"
    if view.offered_rps is not None:
        rate += f" of {format_rate(view.offered_rps)}/s due"
    last = view.course[-1] if view.course else Second(0)
    latency = "Latency"
    p50, p99, highest = last.response_p50_ms, last.response_p99_ms, last.response_max_ms
    if p50 is not None and p99 is not None and highest is not None:
        figures = f"p50 {format_ms(p50)} · p99 {format_ms(p99)} · max {format_ms(highest)}"
        latency = f"Latency  {figures}" if columns(f"Latency  {figures}") <= half else figures
    left = [line(Span(elide(rate, half), Tone.STRONG)), *rate_chart(view.course, half, rows, view.most_rps)]
    right = [line(Span(elide(latency, half), Tone.STRONG)), *latency_chart(view.course, half, rows)]
    return [_beside(one, other, half) for one, other in zip(left, right, strict=True)]


def _beside(left: Line, right: Line, half: int) -> Line:
    used = sum(columns(span.text) for span in left.spans)
    return Line((*left.spans, Span(" " * (half - used + 2)), *right.spans))


def _requests(view: View, width: int, most: int) -> list[Line]:
    result = view.so_far
    window = f"last {LAST_S} s" if view.last else "whole run"
    labels = [clean(name) for name in result.requests][:most]
    if not labels:
        return [line(f"Requests, {window}: none has ended yet")]
    what = f"Requests, {window}" if len(labels) >= view.names else f"{len(labels)} of {view.names:,}, {window}"
    return named_rows(result, what, labels, list(result.requests.values())[:most], width)


def _foot(view: View, width: int) -> Line:
    each = view.snapshot.each_machine if view.snapshot is not None else ()
    text = KEYS.format(
        window="whole run" if view.last else f"last {LAST_S} s", machines="m machines · " if each else ""
    )
    state = "FROZEN" if view.frozen else "busy: drawn less often" if view.slow else ""
    return line(pad(elide(text, width - 2 - len(state)), width - len(state)), Span(state, Tone.WARN))
