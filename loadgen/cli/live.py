"""The live line on stderr: redrawn on a terminal, a plain line every 5 s in a log, nothing when quiet."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from loadgen.cli.streams import tell
from loadgen.observe.live import LiveLine


@contextmanager
def live_line(*, quiet: bool) -> Iterator[LiveLine]:
    """An observer of runs; what it has drawn is gone at the end of the block."""
    width = (lambda: shutil.get_terminal_size().columns - 1) if sys.stderr.isatty() else None
    live = LiveLine((lambda _text: None) if quiet else tell, width)
    try:
        yield live
    finally:
        live.end()
