"""What is read out of a file of another form: requests in their order, before they are written as a profile.

All texts are those of a profile: `${NAME}` is a variable, and a literal one is written `$${`, as `literal` does.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from itertools import accumulate, chain
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.units import counted
from loadgen.plan.jobs.http import Part

_LITERAL = re.compile(r"\$\$|\$(?=\{)")
_TOKEN = METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
FRAMING = frozenset(("content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te"))
"""Fields that say how a request was sent, and not what it was."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request. `url` is absolute, or begins with a variable. Of `body`, `data`, `body_file` and `parts` one at most
    is given; `data` is a body that is no text. `pause_s` is what a person waited after it; `status` what came, where
    it is to come again.
    """

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    data: bytes | None = None
    body_file: str | None = None
    parts: tuple[Part, ...] = ()
    name: str = ""
    weight: float = 1.0
    pause_s: float = 0.0
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """`requests` by weight; or with `journey`, its name, one after the other. `variables` are values that the file has,
    and entries such as `{uuid: true}`; `settings` other keys of a profile, `notes` what was left out or is to be known.
    """

    requests: tuple[Recorded, ...]
    journey: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


MOST_REQUESTS = 900
"""A run reports at most 1,000 names, and each request has one."""
MOST_BYTES = 800_000
"""Of all that is in them: a profile holds 1 MiB, with what stands between."""


def first_ones(imported: Imported) -> Imported:
    """No more of them than a run can report, and a profile can hold. Raises UsageError where none is that small."""
    fitting = [request for request in imported.requests if _size(request) <= MOST_BYTES]
    sizes = list(accumulate(map(_size, fitting)))
    within = bisect_right(sizes, MOST_BYTES)
    chosen = fitting[: min(within, MOST_REQUESTS)]
    if imported.requests and not fitting:
        raise UsageError("its requests are too large for a profile, which holds 1 MiB")
    notes = [*imported.notes]
    if large := len(imported.requests) - len(fitting):
        notes.append(f"Left out: {counted(large, 'request')} too large for a profile, which holds 1 MiB.")
    if more := len(fitting) - len(chosen):
        why = "a run reports at most 1,000 by name" if len(chosen) == MOST_REQUESTS else "a profile holds 1 MiB"
        notes.append(f"Left out: {counted(more, 'request')} after the first {len(chosen)}; {why}.")
    return replace(imported, requests=tuple(chosen), notes=tuple(notes))


def _size(request: Recorded) -> int:
    """About how many bytes it takes in a profile."""
    texts = (request.url, request.body or "", *chain(*request.headers), *(part.text for part in request.parts))
    return sum(len(text.encode("utf-8", "replace")) for text in texts) + 2 * len(request.data or b"")


def why_unlike(error: Exception) -> str:
    """What is the matter with a file that is not built as its form says, in words."""
    match error:
        case json.JSONDecodeError():
            return f"line {error.lineno}, column {error.colno}: {error.msg}"
        case RecursionError():
            return "it is nested too deeply"
        case KeyError():
            return f"there is no {error.args[0]!r}"
    return "it is built otherwise"


def literal(text: str) -> str:
    """A text that stands for itself in a profile; half a character becomes the sign for one that is none."""
    return _LITERAL.sub(lambda match: match[0] * 2, _SURROGATE.sub("\ufffd", text))


def body_of(data: bytes) -> dict[str, Any]:
    """A body, as text where it is UTF-8: the field of Recorded that it is."""
    if not data:
        return {}
    try:
        return {"body": literal(data.decode())}
    except UnicodeDecodeError:
        return {"data": data}


def kept(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Header fields without those of the connection, those of HTTP/2 alone and what is none; of one name the last.

    Characters beyond latin-1 are sent as their UTF-8.
    """
    found: dict[str, tuple[str, str]] = {}
    for name, value in pairs:
        if _TOKEN.fullmatch(name) and name.lower() not in FRAMING:
            sendable = _UNSENDABLE.sub(" ", value)
            try:
                sendable.encode("latin-1")
            except UnicodeEncodeError:
                sendable = _UNSENDABLE.sub("?", sendable.encode("utf-8", "replace").decode("latin-1"))
            found[name.lower()] = (name, sendable.strip())
    return tuple(found.values())


def no_requests(what: str) -> UsageError:
    """For a file that is of its form and has none."""
    return UsageError(f"{what} has no requests over http or https")
