"""What a journey looked for in a reply and did not find."""

import json
from typing import Any

_EXCERPT = 80
_MOST_KEYS = 8


class AbsentError(Exception):
    """What a scenario asked of a reply is not in it; the text says what was looked for and what is there.

    It is an outcome of the target's, counted as `check_failed`.
    """


def excerpt(text: str) -> str:
    """The beginning of a text, on one line, quoted."""
    return repr(text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}...")


def shown(value: Any) -> str:
    """A JSON value in a few words: the keys of an object, the length of a list, the beginning of a text."""
    if isinstance(value, dict) and value:
        more = f" and {len(value) - _MOST_KEYS} more" if len(value) > _MOST_KEYS else ""
        return f"an object with {', '.join(excerpt(key) for key in list(value)[:_MOST_KEYS])}{more}"
    if isinstance(value, list) and value:
        return f"a list of {len(value)}"
    return excerpt(value) if isinstance(value, str) else json.dumps(value)
