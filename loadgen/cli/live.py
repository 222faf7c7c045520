"""What is seen on stderr of a run under way: the full-screen view, a line, lines of a log, or nothing."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from loadgen.base.imported import imported
from loadgen.cli.streams import drawn, tell
from loadgen.observe.live import LiveLine

if TYPE_CHECKING:
    from loadgen.observe.view.full_view import FullView


@contextmanager
def live_line(*, quiet: bool, plain: bool = False) -> Iterator[LiveLine]:
    """An observer of runs: a line that is redrawn on a terminal, a plain line every 5 s in a log, nothing when quiet.

    What it has drawn is gone at the end of the block.
    """
    width = (lambda: shutil.get_terminal_size().columns - 1) if sys.stderr.isatty() and not plain else None
    live = LiveLine((lambda _text: None) if quiet else (lambda text: tell(drawn(text, sys.stderr))), width)
    try:
        yield live
    finally:
        live.end()


@contextmanager
def live_view(form: str | None, *, quiet: bool, several: bool = False) -> Iterator["LiveLine | FullView"]:
    """The observer of a run, or of several, in the form that was asked for; in none, the full view where the terminal
    is fit for it.
    """
    quiet = quiet or form == "none"
    full = form == "full" or (form is None and not quiet and _may_be_full())
    if not full or quiet:
        with live_line(quiet=quiet, plain=form == "plain") as live:
            yield live
        return
    terminal = imported("loadgen.cli.terminal", "Terminal")()
    make = imported("loadgen.observe.view.full_view", "FullView")
    view: FullView = make(terminal, lambda: os.kill(os.getpid(), signal.SIGINT), several=several)
    try:
        yield view
    finally:
        view.end()


def _may_be_full() -> bool:
    return sys.stderr.isatty() and bool(imported("loadgen.cli.terminal", "fits_full_view")())
