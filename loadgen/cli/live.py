"""The live line on stderr: redrawn on a terminal, a plain line every 5 s in a log, nothing when quiet."""

import shutil
import sys
from contextlib import suppress

from loadgen.observe.live import LiveLine


def live_line(*, quiet: bool) -> LiveLine:
    """An observer of runs; its `end` removes what was drawn."""
    return LiveLine(_nothing if quiet else _write, _width if sys.stderr.isatty() else None)


def _width() -> int:
    return shutil.get_terminal_size().columns - 1


def _write(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def _nothing(_text: str) -> None:
    """Quiet."""
