"""Values of forms: `form`, `multipart` and `base64` of a request, and how a form with `${name}` in it is written."""

import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

from loadgen.base.units import shown
from loadgen.plan.jobs.http import Part
from loadgen.plan.places import PLACE
from loadgen.plan.profiles import fields
from loadgen.plan.profiles.values import as_text

_OF_PARTS = ("value", "file", "type", "filename")
_SHORTHAND = "a text, {file: NAME, type: TYPE, filename: NAME} or a list of these"
_LINE = re.compile("[\r\n\0]")


def form_pairs(value: object) -> tuple[tuple[str, str], ...]:
    """The fields of a mapping of names and texts; a list is its name once for each."""
    if not isinstance(value, dict):
        raise ValueError(f"expected a mapping of names and texts, got {shown(value)}")
    return tuple((str(name), _text(name, item)) for name, given in value.items() for item in _each(given))


def form_parts(value: object) -> tuple[Part, ...]:
    """The parts of a mapping of names and texts, or files."""
    if isinstance(value, tuple):
        return value
    if not isinstance(value, dict) or not value:
        raise ValueError(f"expected a mapping of names and texts, or files as {{file: NAME}}, got {shown(value)}")
    return tuple(_part(str(name), item) for name, given in value.items() for item in _each(given))


def form_lines(value: object) -> tuple[Part, ...]:
    """The parts of lines as curl has them: "name=text", "name=@FILE", after which ";type=..." and ";filename=..." may
    come."""
    return tuple(_of_line(str(line)) for line in (value if isinstance(value, list | tuple) else [value]))


def base64_bytes(value: object) -> bytes:
    """A body that is no text."""
    try:
        return b64decode(fields.text(value), validate=True)
    except ValueError:
        raise ValueError(f"expected base64, got {shown(value)}") from None


def encoded_form(pairs: tuple[tuple[str, str], ...]) -> str:
    """name=value&... percent-encoded; `${name}` stays, and what stands there is encoded when it is known."""
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)


def _of_line(line: str) -> Part:
    name, equals, text = line.partition("=")
    if not equals or not name:
        raise ValueError(f"expected a field such as name=value or photo=@hat.png, got {shown(line)}")
    if text[:1] != "@":
        return Part(name, text)
    file, *options = text[1:].split(";")
    given = dict(option.strip().partition("=")[::2] for option in options)
    if unknown := [key for key in given if key not in ("type", "filename")]:
        raise ValueError(f"expected ;type=... or ;filename=... after the file, got {shown(unknown[0])}")
    return Part(name, file=fields.file_name(file), type=given.get("type"), file_name=given.get("filename"))


def _each(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else (value,)


def _text(name: str, value: object) -> str:
    if isinstance(value, dict | list) or value is None:
        raise ValueError(f"{name}: expected a text or a number, got {shown(value)}")
    return as_text(value)


def _part(name: str, value: object) -> Part:
    if not isinstance(value, dict):
        return Part(name, _text(name, value))
    if unknown := [key for key in value if key not in _OF_PARTS]:
        raise ValueError(f"{name}: unknown key {unknown[0]!r}: expected {_SHORTHAND}")
    if ("file" in value) == ("value" in value):
        raise ValueError(f"{name}: expected one of file and value, got {shown(value)}")
    kind, file_name = (value.get(key) and _line(name, value[key]) for key in ("type", "filename"))
    if "file" in value:
        return Part(name, file=fields.file_name(value["file"]), type=kind, file_name=file_name)
    return Part(name, _text(name, value["value"]), type=kind, file_name=file_name)


def _line(name: str, value: object) -> str:
    text = _text(name, value)
    if _LINE.search(text):
        raise ValueError(f"{name}: expected one line, got {shown(value)}")
    return text


def _encoded(text: str) -> str:
    pieces, done = [], 0
    for match in PLACE.finditer(text):
        default = "" if match[4] is None else f":-{quote_plus(match[4], errors='replace')}"
        column = f".{match[2]}" if match[2] else ""
        pieces += [quote_plus(text[done : match.start()], errors="replace"), f"${{{match[1]}{column}{default}}}"]
        done = match.end()
    return "".join([*pieces, quote_plus(text[done:], errors="replace")])
