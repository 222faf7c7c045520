"""What files are called that lie on a machine only for the time of a run."""

from loadgen.base.pattern import pattern

PREFIX = "loadgen-files-"
"""Of the temporary folder that they are in, below which each has the whole name that it has where it came from."""

_KEPT = pattern(rf"/[^\s'\"]*/{PREFIX}[^/\s]+/files(?=/)")


def original_names(text: str) -> str:
    """A text with the names that files have where they came from."""
    return _KEPT.sub("", text) if PREFIX in text else text
