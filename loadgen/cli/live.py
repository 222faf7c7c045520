"""The live line on stderr: redrawn on a terminal, a plain line every 5 s in a log, nothing when quiet."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from loadgen.observe.live import LiveLine


@contextmanager
def live_line(*, quiet: bool) -> Iterator[LiveLine]:
    """An observer of runs; what it has drawn is gone at the end of the block."""
    live = LiveLine(_nothing if quiet else _write, _width if sys.stderr.isatty() else None)
    try:
        yield live
    finally:
        live.end()


def _width() -> int:
    return shutil.get_terminal_size().columns - 1


def _write(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def _nothing(_text: str) -> None:
    """Quiet."""
