"""The progress of a run as one line: redrawn in place on a terminal, or a new line now and then in a log."""

from loadgen.base.units import format_ms
from loadgen.measure.progress import Snapshot
from loadgen.report.draw.style import counted, elide, format_rate

BAR_COLUMNS = 12


def render_live(snapshot: Snapshot, width: int) -> str:
    """One line of at most `width` columns. Where that is short, the planned requests go, then bar and padding."""
    time, planned, figures = _elapsed(snapshot), _planned(snapshot), _figures(snapshot)
    bar = _bar(snapshot)
    for parts in ([time, *planned, *bar, *figures], [time, *bar, *figures], [time, *figures]):
        text = "  ".join(parts)
        if len(text) <= width:
            return text
    return elide(" ".join("  ".join([time, *figures]).split()), width)


def render_plain(snapshot: Snapshot) -> str:
    """One line for a log, without a bar."""
    return "  ".join([_elapsed(snapshot), *_planned(snapshot), *_figures(snapshot)]).strip()


def _elapsed(snapshot: Snapshot) -> str:
    """`  12.0s / 30s`; while connections are opened, or it is not the run itself, the word for it."""
    if snapshot.step:
        return f"  {snapshot.step}"
    if snapshot.phase == "opening":
        return "  opening"
    planned = "" if snapshot.planned_s is None else f" / {snapshot.planned_s:.10g}s"
    return f"{snapshot.elapsed_s:6.1f}s{planned}"


def _planned(snapshot: Snapshot) -> list[str]:
    if snapshot.phase != "running" or snapshot.planned_requests is None:
        return []
    return [f"{snapshot.done:,} of {counted(snapshot.planned_requests, 'request')}"]


def _figures(snapshot: Snapshot) -> list[str]:
    errors = f"errors {snapshot.errors:,}"
    match snapshot.phase:
        case "opening":
            shown = [f"{snapshot.connected:,} of {counted(snapshot.users, 'connection')}"]
            return shown + ([errors] if snapshot.errors else [])
        case "draining":
            return ["waiting for the last replies", errors]
        case "running":
            p99 = "-" if snapshot.p99_ms is None else format_ms(snapshot.p99_ms)
            return [f"{format_rate(snapshot.rate_rps):>7}/s", f"p99 {p99:<7}", errors]


def _bar(snapshot: Snapshot) -> list[str]:
    """Full and light blocks; none where the end is not known, or past."""
    if snapshot.progress is None or snapshot.phase == "draining":
        return []
    full = int(snapshot.progress * BAR_COLUMNS)
    return ["█" * full + "░" * (BAR_COLUMNS - full)]
