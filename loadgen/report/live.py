"""The progress of a run as one line: redrawn in place on a terminal, or a new line now and then in a log."""

from dataclasses import dataclass
from typing import Literal

from loadgen.base.units import format_ms
from loadgen.report.style import counted, elide, format_rate

BAR_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of a run at one moment. `planned_s` and `planned_requests` are None where there is no such limit.

    `elapsed_s` counts from the start gate, `done` are complete replies and errors so far, `rate_rps` and `p99_ms`
    are of the last moments; `connected` of `users` connections are open.
    """

    elapsed_s: float
    planned_s: float | None
    planned_requests: int | None
    done: int
    rate_rps: float
    p99_ms: float | None
    errors: int
    connected: int
    users: int
    phase: Literal["opening", "running", "draining"]

    @property
    def progress(self) -> float | None:
        """How much is done, 0 to 1, of opening or of the limit that is nearer; None where there is nothing to say."""
        if self.phase == "draining":
            return None
        if self.phase == "opening":
            return min(1.0, self.connected / self.users) if self.users else 1.0
        parts = [
            done / planned
            for done, planned in ((self.elapsed_s, self.planned_s), (self.done, self.planned_requests))
            if planned
        ]
        return min(1.0, max(parts)) if parts else None


def render_live(snapshot: Snapshot, width: int) -> str:
    """One line of at most `width` columns. Where that is short, the planned requests go, then bar and padding."""
    time, planned, figures = _elapsed(snapshot), _planned(snapshot), _figures(snapshot)
    bar = _bar(snapshot.progress)
    for parts in ([time, *planned, *bar, *figures], [time, *bar, *figures]):
        text = "  ".join(parts)
        if len(text) <= width:
            return text
    return elide(" ".join("  ".join([time, *figures]).split()), width)


def render_plain(snapshot: Snapshot) -> str:
    """One line for a log, without a bar."""
    return "  ".join([_elapsed(snapshot), *_planned(snapshot), *_figures(snapshot)]).strip()


def _elapsed(snapshot: Snapshot) -> str:
    """`  12.0s / 30s`; while connections are opened, the word for it."""
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


def _bar(progress: float | None) -> list[str]:
    """Full and light blocks; none where the end is not known."""
    if progress is None:
        return []
    full = int(progress * BAR_COLUMNS)
    return ["█" * full + "░" * (BAR_COLUMNS - full)]
