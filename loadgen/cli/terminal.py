"""The terminal of the full-screen view: taken over, asked for keys, and given back as it was."""

import asyncio
import os
import shutil
import sys
import termios
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from loadgen.cli.streams import drawn, tell
from loadgen.observe.feed import Feed
from loadgen.observe.view.lines import LEAST_COLUMNS, LEAST_ROWS
from loadgen.observe.view.screen import ENTER, LEAVE, Screen
from loadgen.report.draw.style import Line

MOST_KEYS = 64
LFLAG, CC = 3, 6


def fits_full_view() -> bool:
    """Whether standard error is a terminal that is large enough, and can move its cursor."""
    size = shutil.get_terminal_size()
    return (
        sys.stderr.isatty()
        and os.environ.get("TERM", "dumb") != "dumb"
        and size.columns >= LEAST_COLUMNS
        and size.lines >= LEAST_ROWS
    )


class Terminal:
    """Standard error, and the keys of standard input where that is a terminal whose foreground is ours.

    What is shown is written without waiting, to the terminal opened anew: where it takes nothing, a frame is left out.
    """

    def __init__(self) -> None:
        self._screen = Screen()
        self._colour = not os.environ.get("NO_COLOR")
        self._feed: Feed | None = None
        self._before: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def enter(self, on_key: Callable[[str], None]) -> None:
        if self._feed is not None:
            return
        self._feed = Feed(os.open(os.ttyname(sys.stderr.fileno()), os.O_WRONLY | os.O_NOCTTY))
        self._feed.write(ENTER.encode())
        self._screen = Screen()
        self._take_keys(on_key)

    def leave(self) -> None:
        if self._feed is None:
            return
        self._feed.close()
        self._feed = None
        if self._loop is not None:
            with suppress(Exception):  # the loop may be closed
                self._loop.remove_reader(0)
            self._loop = None
        if self._before is not None:
            with suppress(termios.error):
                termios.tcsetattr(0, termios.TCSAFLUSH, self._before)
            self._before = None
        tell(LEAVE)

    def size(self) -> tuple[int, int]:
        size = shutil.get_terminal_size()
        return max(1, size.columns), max(1, size.lines)

    def show(self, lines: Sequence[Line]) -> None:
        if self._feed is None:
            return
        size = self.size()
        painted = [drawn(line.paint(size[0], colour=self._colour), sys.stderr) for line in lines]
        frame = self._screen.frame(painted, size)
        if not frame:
            self._feed.go_on()
        elif self._feed.write(frame.encode("utf-8", "replace")):
            self._screen.taken(painted, size)

    def _take_keys(self, on_key: Callable[[str], None]) -> None:
        """Each key at once and unseen; those that send signals still do, but for the one that suspends."""
        with suppress(termios.error, OSError):
            if os.tcgetpgrp(0) != os.getpgrp():
                return
            self._before = termios.tcgetattr(0)
            changed = termios.tcgetattr(0)
            changed[LFLAG] &= ~(termios.ICANON | termios.ECHO)
            changed[CC][termios.VSUSP] = b"\0"
            termios.tcsetattr(0, termios.TCSADRAIN, changed)
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(0, self._read, on_key)

    def _read(self, on_key: Callable[[str], None]) -> None:
        try:
            keys = os.read(0, MOST_KEYS)
        except OSError:
            keys = b""
        if not keys and self._loop is not None:  # it has gone
            self._loop.remove_reader(0)
        if not keys.startswith(b"\x1b"):  # an arrow is no letter
            for key in keys.decode("ascii", "ignore"):
                on_key(key)
