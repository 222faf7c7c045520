"""From lines to what a terminal has to be sent: only those that changed."""

from collections.abc import Sequence

ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J"
"""The other screen, without a cursor, empty."""

LEAVE = "\x18\x1b[?2026l\x1b[0m\x1b[?25h\x1b[?1049l"
"""Back to what was there before; a sequence that was cut off is cancelled first."""

BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"
"""A terminal that knows these shows all that is between them at once."""


class Screen:
    """What is on the screen, as painted lines."""

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._size = (0, 0)

    def frame(self, painted: Sequence[str], size: tuple[int, int]) -> str:
        """What makes these lines of what is there; empty where it is the same. See `taken`."""
        text = ""
        shown = self._shown
        if size != self._size:
            text, shown = "\x1b[2J", []
        for row, line in enumerate(painted):
            if row >= len(shown) or shown[row] != line:
                text += f"\x1b[{row + 1};1H{line}\x1b[K"
        return f"{BEGIN}{text}{END}" if text else ""

    def taken(self, painted: Sequence[str], size: tuple[int, int]) -> None:
        """The terminal was sent the frame."""
        self._shown, self._size = list(painted), size
