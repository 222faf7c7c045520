"""Targets of vegeta, in both of its formats, and plain lists of one URL a line."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.plan.imports.recorded import Imported, Recorded, body_of, kept, literal
from loadgen.plan.imports.urls import is_http

_REQUEST_LINE = re.compile(r"([A-Z][A-Z0-9_-]*)[ \t]+(\S+)[ \t]*")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*(.*)")


def read_vegeta(text: str) -> Imported:
    """Raises UsageError with the line that cannot be read."""
    return Imported(tuple(targets(text)))


def targets(text: str) -> Iterator[Recorded]:
    """Each target in its order: a line of JSON, a URL, or a request line with its headers and the file of its body."""
    lines = text.lstrip("\ufeff").splitlines()
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        at += 1
        if not line or line.startswith("#"):
            continue
        if line.startswith("{"):
            yield _of_json(line, at)
            continue
        found = _REQUEST_LINE.fullmatch(line)
        if found is None:
            yield Recorded(_url(line, at))
            continue
        url, headers, file = _url(found[2], at), [], None
        while at < len(lines) and (line := lines[at].strip()) and not _begins(line):
            at += 1
            if line.startswith("#"):
                continue
            if line.startswith("@"):
                file = literal(line[1:])
            elif header := _HEADER.fullmatch(line):
                headers.append((header[1], literal(header[2])))
            else:
                raise UsageError(
                    f"line {at}: expected a header, @FILE or a request such as GET http://..., got {line[:60]!r}"
                )
        yield Recorded(url, found[1], kept(headers), body_file=file)


def _begins(line: str) -> bool:
    return _REQUEST_LINE.fullmatch(line) is not None or line.startswith("{") or is_http(line)


def _url(text: str, number: int) -> str:
    if not is_http(text):
        raise UsageError(f"line {number}: expected a URL with http or https, or a request such as GET http://..., "
                         f"got {text[:60]!r}")  # fmt: skip
    return literal(text)


def _of_json(line: str, number: int) -> Recorded:
    try:
        item: Any = json.loads(line)
        body = b64decode(item.get("body") or "", validate=True)
        fields = item.get("header") or {}
        headers = [(str(name), literal(", ".join(map(str, values)))) for name, values in fields.items()]
        method = str(item.get("method") or "GET").upper()
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"line {number}: not a target in JSON: {error}") from None
    return Recorded(_url(str(item.get("url", "")), number), method, kept(headers), **body_of(body))
