"""What a good reply is beyond its status, text and length: `json`, `header`, `regex` and `sha256` become Checks."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from loadgen.base.reply import Check
from loadgen.base.units import shown

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def json_checks(value: object) -> tuple[Check, ...]:
    """Of a path, several, or a mapping of paths and the values that are to be there. Raises ValueError."""
    return tuple(
        Check("json", _path(path), wanted) for path, wanted in _wanted(value, "a path such as items.0.id", _json)
    )


def header_checks(value: object) -> tuple[Check, ...]:
    """Of a name, several, or a mapping of names and values, or of `{regex: ...}`. Raises ValueError."""
    found = []
    for name, wanted in _wanted(value, "the name of a header", lambda item: item):
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"expected the name of a header such as ETag, got {shown(name)}")
        match wanted:
            case {"regex": pattern, **rest} if not rest:
                found.append(Check("header", name, _regex(pattern), regex=True))
            case dict() | list() | bool():
                raise ValueError(f"{name}: expected a text or {{regex: ...}}, got {shown(wanted)}")
            case _:
                found.append(Check("header", name, None if wanted is None else str(wanted)))
    return tuple(found)


def regex_checks(value: object) -> tuple[Check, ...]:
    """Of a regular expression that is to match in the body, or several. Raises ValueError."""
    return tuple(Check("regex", "", _regex(item)) for item in (value if isinstance(value, list | tuple) else [value]))


def sha256_checks(value: object) -> tuple[Check, ...]:
    """Of the SHA-256 of a body, in hexadecimal. Raises ValueError."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise ValueError(f"expected the 64 hexadecimal digits of a SHA-256, got {shown(value)}")
    return (Check("sha256", "", value.lower()),)


READERS: Mapping[str, Callable[[object], tuple[Check, ...]]] = {
    "header": header_checks, "json": json_checks, "regex": regex_checks, "sha256": sha256_checks,
}  # fmt: skip
"""By the key under which a person writes them, in the order in which they are looked at."""


def _wanted(value: object, what: str, write: Callable[[Any], Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        yield from ((str(name), write(item)) for name, item in value.items())
    elif isinstance(value, str) and value:
        yield str(value), None
    elif isinstance(value, list | tuple) and value and all(isinstance(item, str) and item for item in value):
        yield from ((str(item), None) for item in value)
    else:
        raise ValueError(f"expected {what}, a list of these, or a mapping of them and values, got {shown(value)}")


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        raise ValueError(f"expected a value of JSON, got {shown(value)}") from None


def _path(text: str) -> str:
    if not text.strip():
        raise ValueError("expected a path into JSON such as items.0.id, got an empty text")
    return text


def _regex(value: object) -> str:
    try:
        if not isinstance(value, str):
            raise re.error("it is no text")
        re.compile(value)
    except re.error as error:
        raise ValueError(f"expected a regular expression, got {shown(value)}: {error}") from None
    return str(value)
