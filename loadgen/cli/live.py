"""The live line on stderr: redrawn on a terminal, a plain line every 5 s in a log, nothing when quiet."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from loadgen.observe.live import LiveLine


@contextmanager
def live_line(*, quiet: bool) -> Iterator[LiveLine]:
    """An observer of runs; what it has drawn is gone at the end of the block."""
    width = (lambda: shutil.get_terminal_size().columns - 1) if sys.stderr.isatty() else None
    live = LiveLine((lambda _text: None) if quiet else _write, width)
    try:
        yield live
    finally:
        live.end()


def _write(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()
