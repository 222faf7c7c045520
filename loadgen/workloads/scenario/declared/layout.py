"""Texts of declared steps, laid out once: each place is a slot among a user's values, which are written for it already.

So a request is made by one `%`: a value is written for its places when it is found, not each time that it is sent.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

from loadgen.base.endpoint import Origin
from loadgen.plan.encodings import BodyKind, Encode, as_it_is, encode_path, in_body, in_url, json_text, percent
from loadgen.plan.jobs.http import RequestSpec
from loadgen.plan.places import PLACE, Place
from loadgen.workloads.scenario.sending.paths import split_url

Write = Callable[[Any], str]
"""Writes a value for one kind of place. Raises ValueError for one that cannot stand there."""

Name = tuple[str, str | None]
"""A variable, or a feed and a column of it."""

Piece = str | int
"""A literal text, or the slot whose value stands there."""

_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_WRITERS: dict[Encode, str] = {as_it_is: "plain", percent: "path", json_text: "string"}
_ENCODERS: dict[str, Encode] = {"path": percent, "string": json_text}

to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def as_text(value: Any) -> str:
    """A value as it stands in a text: a text is itself, all else as JSON writes it."""
    return value if isinstance(value, str) else str(value) if value.__class__ is int else to_json(value)


class Slots:
    """The places of a worker's journeys. Values of `found` names are found out while it runs; those that are `changing`
    are new with every request, and have a slot for each place.

    `initial` are the values before anything is found, `writes` say for each name where its values go, `draws` for the
    slot of one that changes its name and how it is written.
    """

    def __init__(self, found: Collection[str], changing: Collection[str], origin: Origin) -> None:
        self.initial: list[str] = []
        self.writes: dict[Name, list[tuple[int, Write]]] = {}
        self.draws: dict[int, tuple[str, Encode]] = {}
        self._found = found
        self._changing = changing
        self._numbers: dict[tuple[Name, str, str | None], int] = {}
        self._writers: dict[str, Write] = {
            "start": partial(_path_start, origin),
            "path": lambda value: percent(as_text(value)),
            "header": _header_value,
            "string": lambda value: json_text(as_text(value)),
            "json": to_json,
            "plain": as_text,
        }

    def writes_of(self, name: str) -> list[tuple[int, Write]]:
        """Where the values of a variable go; known when all texts are laid out."""
        return self.writes.setdefault((name, None), [])

    def path(self, text: str) -> list[Piece]:
        """The pieces of a path: a value at its beginning is a path itself, or a URL of the target."""
        return self._pieces(
            text, lambda literals: ["start" if write is as_it_is else "path" for write in in_url(literals)]
        )

    def headers(self, pairs: Iterable[tuple[str, str]]) -> list[Piece]:
        """The pieces of a block of header fields, each line with its end."""
        block = "".join(f"{name}: {value}\r\n" for name, value in pairs)
        return self._pieces(block, lambda literals: ["header"] * (len(literals) - 1))

    def message(self, text: str) -> list[Piece]:
        """The pieces of a text that is sent as it is; in JSON, values inside strings are escaped."""
        kind: BodyKind = "json" if text.lstrip().startswith(("{", "[")) else "text"
        return self._pieces(text, lambda literals: [_WRITERS[write] for write in in_body(kind, literals)])

    def body(self, spec: RequestSpec) -> list[Piece]:
        """The pieces of a request's body; none for one without places, which may be large and need not be text."""
        if b"${" not in spec.body:
            return []
        text = spec.body.decode("utf-8", "surrogateescape")
        return self._pieces(text, lambda literals: [_WRITERS[write] for write in in_body(spec.body_kind, literals)])

    def _pieces(self, text: str, writers: Callable[[Sequence[str]], list[str]]) -> list[Piece]:
        literals, places, end = [], [], 0
        for match in PLACE.finditer(text):
            place = Place(match[1], match[2], bool(match[3]), match[4])
            if place.name in self._changing or place.name in self._found:
                literals.append(text[end : match.start()])
                places.append(place)
                end = match.end()
        literals.append(text[end:])
        pieces: list[Piece] = [literals[0]]
        for place, writer, literal in zip(places, writers(literals), literals[1:], strict=True):
            pieces += [self._slot(place, "json" if place.is_json else writer), literal]
        return pieces

    def _slot(self, place: Place, writer: str) -> int:
        if place.column is None and place.name in self._changing:
            self.draws[len(self.initial)] = place.name, _ENCODERS.get(writer, as_it_is)
            self.initial.append("")
            return len(self.initial) - 1
        name = place.name, place.column
        key = name, writer, place.default
        if key not in self._numbers:
            self._numbers[key] = len(self.initial)
            self.writes.setdefault(name, []).append((len(self.initial), self._writers[writer]))
            self.initial.append(place.default or "")
        return self._numbers[key]


class Layout:
    """Pieces joined: `constant` is the text where no slot is among them, else `format % pick(values)` is."""

    __slots__ = ("constant", "format", "pick")

    def __init__(self, pieces: Sequence[Piece]) -> None:
        slots = [piece for piece in pieces if isinstance(piece, int)]
        self.constant = None if slots else "".join(map(str, pieces))
        self.format = "".join("%s" if isinstance(piece, int) else piece.replace("%", "%%") for piece in pieces)
        self.pick: Callable[[list[str]], Any] = itemgetter(*slots) if slots else _nothing

    def text(self, values: list[str]) -> str:
        """The text with a user's values."""
        return self.format % self.pick(values) if self.constant is None else self.constant


def _nothing(_values: list[str]) -> tuple[()]:
    return ()


def _path_start(origin: Origin, value: Any) -> str:
    """What a path begins with: a path, or a URL of the target without what comes before its path."""
    text = as_text(value)
    if text.startswith(("http://", "https://")):
        found, text = split_url(text)
        if found != origin:
            raise ValueError(f"expected a URL of {origin}, got one of {found}")
    if not text.startswith("/"):
        raise ValueError(f"expected a path that begins with / or a URL of {origin}, got {text[:80]!r}")
    return encode_path(text)


def _header_value(value: Any) -> str:
    text = as_text(value).strip(" \t")
    if not _HEADER_VALUE.fullmatch(text):
        raise ValueError(f"a header cannot hold it: {text[:80]!r}")
    return text
