"""The progress of a run as one line: redrawn in place on a terminal, or a new line now and then in a log."""

from collections.abc import Callable

from loadgen.base.units import counted, format_ms
from loadgen.measure.progress import Snapshot
from loadgen.report.draw.style import columns, elide, format_rate
from loadgen.results.result import Result
from loadgen.session.observers import Observer

BAR_COLUMNS = 12
PLAIN_EVERY_S = 5.0
CLEAR = "\r\x1b[K"


class LiveLine(Observer):
    """Gives `write` what is to be shown: on a terminal, whose `width` is asked for, else as lines of a log."""

    def __init__(self, write: Callable[[str], None], width: Callable[[], int] | None = None) -> None:
        self._write = write
        self._width = width
        self._next_plain_s = PLAIN_EVERY_S
        self._drawn = False
        self._lead = ""

    def named(self, name: str) -> None:
        """It stands before the figures from now on, or in a log on a line of its own."""
        self._lead = name
        if self._width is None:
            self._write(name.rstrip() + "\n")

    def progress(self, snapshot: Snapshot) -> None:
        if self._width is not None:
            width = self._width()
            lead = elide(self._lead, width // 3) + " " if self._lead else ""
            self._write(CLEAR + lead + render_live(snapshot, width - columns(lead)))
            self._drawn = True
        elif snapshot.elapsed_s >= self._next_plain_s and snapshot.phase != "draining":
            self._next_plain_s = snapshot.elapsed_s // PLAIN_EVERY_S * PLAIN_EVERY_S + PLAIN_EVERY_S
            self._write(render_plain(snapshot) + "\n")

    def ended(self, result: Result) -> None:
        self.end()

    def end(self) -> None:
        """Leave an empty line for what follows; another run may begin."""
        self._next_plain_s = PLAIN_EVERY_S
        if self._drawn:
            self._write(CLEAR)
            self._drawn = False


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
    noun = snapshot.noun.removesuffix("s") or "request"
    return [f"{snapshot.done:,} of {counted(snapshot.planned_requests, noun)}"]


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
            machines = [snapshot.machines] if snapshot.machines else []
            return [f"{format_rate(snapshot.rate_rps):>7}/s", f"p99 {p99:<7}", errors, *machines]


def _bar(snapshot: Snapshot) -> list[str]:
    """Full and light blocks; none where the end is not known, or past."""
    if snapshot.progress is None or snapshot.phase == "draining":
        return []
    full = int(snapshot.progress * BAR_COLUMNS)
    return ["█" * full + "░" * (BAR_COLUMNS - full)]
