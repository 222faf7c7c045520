"""Regular expressions that are compiled when they are first asked for: a run uses a third of those that it imports, and
to compile one takes as long as to import a module."""

import re
from typing import Any, AnyStr, cast


def pattern(text: AnyStr, flags: int = 0) -> "re.Pattern[AnyStr]":
    """As `re.compile`, for those that no request waits for: with its methods and attributes, though not its type."""
    return cast("re.Pattern[AnyStr]", _Later(text, flags))


class _Later:
    def __init__(self, text: Any, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)  # what is asked for again is there at once; re keeps the pattern for another name
        return found
