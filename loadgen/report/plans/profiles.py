"""The list of shipped profiles."""

from collections.abc import Sequence

from loadgen.report.draw.style import align, clean


def render_profiles(rows: Sequence[tuple[str, str]]) -> str:
    """One `(name, summary)` a line, the summaries below each other."""
    cleaned = [(clean(name), clean(summary)) for name, summary in rows]
    return "\n".join(align(cleaned, right=frozenset()))
