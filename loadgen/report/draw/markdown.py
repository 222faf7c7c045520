"""Text and tables in Markdown."""

from collections.abc import Sequence

from loadgen.report.draw.style import clean

_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_[]|#"} | {"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return clean(text).translate(_SPECIAL)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, flush_left: int) -> list[str]:
    """The lines of a table, of which so many columns are flush left. Cells are Markdown already."""
    rule = ["---" if index < flush_left else "---:" for index in range(len(heads))]
    return [f"| {' | '.join(row)} |" for row in (heads, rule, *rows)]
