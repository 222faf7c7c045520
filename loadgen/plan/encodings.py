"""How a value is written at the place where it stands, so that what is asked for is the value and nothing else.

Each function takes the literal texts around the places for values, one more than there are places, and gives what
writes each value.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal
from urllib.parse import quote

from loadgen.base.pattern import pattern

Encode = Callable[[str], str]
BodyKind = Literal["text", "form", "json"]

_SENT_AS_IT_IS = "!$&'()*+,;=:@/?%[]{}|^`\"<>\\~-._"
_AUTHORITY = pattern(r"[a-z]*://[^/?]*", re.IGNORECASE)
_ENDS_AUTHORITY = pattern("[/?]")
_SURROGATE = pattern("[\ud800-\udfff]")


def as_it_is(value: str) -> str:
    """The value itself."""
    return value


def percent(value: str) -> str:
    """The value as one name, one segment of a path, or one value of a query or form."""
    return value if _SURROGATE.search(value) else quote(value, safe="")  # half a character is refused later on


def encode_path(path: str) -> str:
    """Percent-encode blanks, control characters, # and what is not ASCII; leave all else, and `${name}`, as it is."""
    return quote(path, safe=_SENT_AS_IT_IS, errors="surrogatepass")


def json_text(value: str) -> str:
    """The value inside a JSON string."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def in_url(literals: Sequence[str]) -> list[Encode]:
    """Values with which a URL or path begins, and parts of a server's name, are written as they are."""
    encoders: list[Encode] = []
    before = ""
    for index, literal in enumerate(literals[:-1]):
        before += literal
        naming = not before or (_AUTHORITY.fullmatch(before) and not _is_userinfo(literals[index + 1 :]))
        encoders.append(as_it_is if naming else percent)
    return encoders


def in_body(kind: BodyKind, literals: Sequence[str]) -> list[Encode]:
    """In a form values are percent-encoded, in JSON strings escaped; one that is the whole body is written as it is."""
    if kind == "form":
        return [percent if any(literals) else as_it_is] * (len(literals) - 1)
    return _in_json(literals) if kind == "json" else [as_it_is] * (len(literals) - 1)


def body_kind(headers: Iterable[tuple[str, object]]) -> BodyKind:
    """What the last Content-Type among the fields says that the body is."""
    types = [str(value) for name, value in headers if name.lower() == "content-type"] or [""]
    media = types[-1].partition(";")[0].strip().lower()
    if media == "application/json" or media.endswith("+json"):
        return "json"
    return "form" if media == "application/x-www-form-urlencoded" else "text"


def _is_userinfo(after: Iterable[str]) -> bool:
    """Whether an @ still comes before the path."""
    return "@" in _ENDS_AUTHORITY.split("".join(after))[0]


def _in_json(literals: Sequence[str]) -> list[Encode]:
    encoders: list[Encode] = []
    inside = False
    for literal in literals[:-1]:
        inside ^= re.sub(r"\\.", "", literal, flags=re.DOTALL).count('"') % 2 == 1
        encoders.append(json_text if inside else as_it_is)
    return encoders
