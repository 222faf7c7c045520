"""Shows progress on stderr: one line redrawn on a terminal, a plain line every 5 s in a log, nothing when quiet."""

import shutil
import sys

from loadgen.measure.progress import Snapshot
from loadgen.report.draw.style import columns, elide
from loadgen.report.run.live import render_live, render_plain

PLAIN_EVERY_S = 5.0
CLEAR = "\r\x1b[K"


class LiveLine:
    """Give it to a run as its `progress` hook; `end` removes what was drawn."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._terminal = not quiet and sys.stderr.isatty()
        self._next_plain_s = PLAIN_EVERY_S
        self._drawn = False
        self._lead = ""

    def lead(self, text: str) -> None:
        """Another run begins: what stands before its figures from now on, or in a log on a line of its own."""
        self._lead = text
        self._next_plain_s = PLAIN_EVERY_S
        if not self._quiet and not self._terminal:
            self._write(text.rstrip() + "\n")

    def show(self, snapshot: Snapshot) -> None:
        """Draw the state of the run."""
        if self._quiet:
            return
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            lead = elide(self._lead, width // 3) + " " if self._lead else ""
            self._write(CLEAR + lead + render_live(snapshot, width - columns(lead)))
            self._drawn = True
        elif snapshot.elapsed_s >= self._next_plain_s and snapshot.phase != "draining":
            self._next_plain_s = snapshot.elapsed_s // PLAIN_EVERY_S * PLAIN_EVERY_S + PLAIN_EVERY_S
            self._write(render_plain(snapshot) + "\n")

    def end(self) -> None:
        """Leave an empty line for what follows; another run may begin."""
        self._next_plain_s = PLAIN_EVERY_S
        if self._drawn:
            self._write(CLEAR)
            self._drawn = False

    @staticmethod
    def _write(text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            return
