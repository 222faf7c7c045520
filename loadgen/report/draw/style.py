"""Lines of text with meaning instead of colour codes: what to say is decided apart from how it is painted.

Widths are terminal columns, in which a wide East Asian character counts two.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

from loadgen.base.dataclass import dataclass
from loadgen.base.units import format_duration_s

LABEL_COLUMNS = 14


class Tone(Enum):
    """Why a piece of text stands out; the value is its ANSI colour code. Nothing else is ever coloured."""

    PLAIN = ""
    STRONG = "1"
    BAD = "31"
    WARN = "33"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line. Its text holds no control characters; see `clean`."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output, made of spans from left to right."""

    spans: tuple[Span, ...] = ()

    @property
    def text(self) -> str:
        """Without tones, and blanks at its end."""
        return "".join(span.text for span in self.spans).rstrip(" ")

    def paint(self, width: int, *, colour: bool) -> str:
        """The line as text of at most `width` columns, an ellipsis where it was cut."""
        shown = elide(self.text, width)
        pieces, at = [], 0
        for span in self.spans:
            piece = shown[at : at + len(span.text)]
            at += len(span.text)
            pieces.append(f"\x1b[{span.tone.value}m{piece}\x1b[0m" if colour and span.tone.value and piece else piece)
        return "".join(pieces)


def line(*parts: str | Span) -> Line:
    """A line of plain text and spans."""
    return Line(tuple(part if isinstance(part, Span) else Span(part) for part in parts))


def clean(text: str) -> str:
    """`text` with every character that could move the cursor, hide or reorder text written as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def columns(text: str) -> int:
    """How many terminal columns printable `text` takes."""
    return len(text) if text.isascii() else sum(map(_char_columns, text))


def elide(text: str, width: int) -> str:
    """`text` in at most `width` columns; what was cut off is shown as an ellipsis."""
    return text if columns(text) <= width else _take(text, width - 1) + "…"


def elide_middle(text: str, width: int) -> str:
    """The same for what differs at its ends."""
    if columns(text) <= width:
        return text
    head = _take(text, width // 3)
    return f"{head}…{_take(text[::-1], width - 1 - columns(head))[::-1]}"


def pad(text: str, width: int) -> str:
    """`text` filled with blanks on the right to `width` columns."""
    return text + " " * max(0, width - columns(text))


_BREAKS = re.compile(r"(?<![0-9]) | (?!(?:[KMGT]i?B|B|[num]?s)(?![A-Za-z]))")


def wrap(words: str | Iterable[str], width: int, joint: str = " ") -> list[str]:
    """Words joined by `joint` into rows of at most `width` columns; a longer word is cut into pieces.

    A text is taken apart at its blanks, but a number stays with its unit. Where a row ends, the joint's own blanks are
    left out. A width below 1, beside a very long figure, counts as 1.
    """
    if isinstance(words, str):
        words = _BREAKS.split(words)
    width = max(1, width)
    rows: list[str] = []
    row = ""
    for word in words:
        joined = f"{row}{joint}{word}" if row else word
        if row and columns(joined) + len(joint.rstrip()) > width:
            rows.append(row + joint.rstrip())
            joined = word
        *pieces, row = _cut_up(joined, width)
        rows += pieces
    return [*rows, row] if row else rows


def bullet(mark: str, text: str, width: int, tone: Tone = Tone.PLAIN) -> list[Line]:
    """A paragraph behind a mark, its further lines below its first."""
    rows = wrap(text, width - 2 - len(mark))
    return [line("  ", mark if index == 0 else " " * len(mark), Span(row, tone)) for index, row in enumerate(rows)]


def align(rows: Sequence[Sequence[str]], *, right: frozenset[int], gap: str = "  ") -> list[str]:
    """Rows of cells as lines of a table; the columns in `right` are flush right, the others flush left."""
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    return [
        gap.join(
            " " * (width - columns(cell)) + cell if index in right else pad(cell, width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def labelled(facts: Mapping[str, str | Iterable[str]], width: int, joint: str = " ") -> list[str]:
    """What is said of each label beside it, in rows of at most `width` columns; nothing of those without a word."""
    rows = []
    for label, words in facts.items():
        for row in wrap(words, width - LABEL_COLUMNS, joint):
            rows.append(pad(label, LABEL_COLUMNS) + row)
            label = ""
    return rows


def format_rate(per_second: float) -> str:
    """A rate without its unit: `63,482`; three digits where it is small: `12.4`, `0.25`."""
    if per_second >= 100 or per_second == 0:
        return f"{per_second:,.0f}"
    return f"{per_second:.1f}" if per_second >= 10 else f"{per_second:.2f}"


def format_share(part: float, whole: float) -> str:
    """Per cent of `whole`: "0.0%" only for nothing at all and "100.0%" only for all of it."""
    share = part / whole if whole > 0 else 0.0
    if 0 < share < 0.0005:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= share < 1 else f"{share:.1%}"


def format_measured_s(seconds: float) -> str:
    """A measured duration, without digits that mean nothing: `10.03s`, `310ms`."""
    return format_duration_s(round(seconds, 2 if seconds >= 1 else 3))


def _cut_up(text: str, width: int) -> list[str]:
    """`text` in pieces of at most `width` columns, cut at a blank where there is one; always at least one piece."""
    pieces = []
    while text and columns(text) > width:
        piece = _take(text, width) or text[0]
        if " " in piece.strip():
            piece = piece[: piece.rindex(" ")]
        pieces.append(piece)
        text = text[len(piece) :].removeprefix(" ")
    return [*pieces, text]


def _char_columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):  # marks above, below and around the one before
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _take(text: str, width: int) -> str:
    """The longest beginning of `text` that fits `width` columns."""
    if text.isascii():
        return text[: max(0, width)]
    used = 0
    for index, char in enumerate(text):
        used += _char_columns(char)
        if used > width:
            return text[:index]
    return text
