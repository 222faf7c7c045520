"""Lists of requests: vegeta's targets, in both of its formats, and plain lists of one URL a line."""

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.pattern import pattern
from loadgen.base.redact import may_hold_credentials
from loadgen.plan.encodings import body_kind
from loadgen.plan.jobs.http import RequestSpec

_REQUEST_LINE = pattern(r"([A-Z][A-Z0-9_-]*)[ \t]+(\S+)[ \t]*")
_HEADER = pattern(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*(.*)")
_BEGINS = pattern(r"https?://|/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listed:
    """One request of a list, and the line that it begins in. `body_file` is a name as it was written."""

    line: int
    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    body_file: str | None = None


def read_list(text: str) -> Iterator[Listed]:
    """Each request in its order: a line of JSON, a URL, or a request line with its headers and the file of its body.

    A URL may be a path. Raises UsageError with the line that cannot be read.
    """
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
            yield Listed(at, _url(line, at))
            continue
        number, headers, file = at, [], None
        while at < len(lines) and (line := lines[at].strip()) and not _begins(line):
            at += 1
            if line.startswith("#"):
                continue
            if line.startswith("@"):
                file = line[1:]
            elif header := _HEADER.fullmatch(line):
                headers.append((header[1], header[2]))
            else:
                raise UsageError(
                    f"line {at}: expected a header, @FILE or a request such as GET http://..., got {line[:60]!r}"
                )
        yield Listed(number, _url(found[2], number), found[1], tuple(headers), body_file=file)


def line_of(method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """A request as `TargetList` holds it."""
    return json.dumps([method, path, list(headers), body.decode("latin-1")], separators=(",", ":")).encode()


def spec_of(line: bytes, base: RequestSpec) -> RequestSpec:
    """The request of a line of a TargetList, with the headers of `base` that it does not replace."""
    method, path, pairs, body = json.loads(line)
    headers = base.headers
    if pairs:
        own = {name.lower() for name, _ in pairs}
        kept = (pair for pair in headers if pair[0].lower() not in own)
        headers = (*kept, *((name, value) for name, value in pairs))
    return replace(
        base, method=method, path=path, headers=headers, body=body.encode("latin-1"), body_kind=body_kind(headers)
    )


def first_specs(lines: bytes, base: RequestSpec, most: int) -> list[RequestSpec]:
    """The first requests of a TargetList's lines."""
    firsts: Sequence[bytes] = lines.split(b"\n", most)[:most]
    return [spec_of(line, base) for line in firsts if line]


def credentials_in(lines: bytes) -> Iterator[tuple[str, list[tuple[str, str]], bytes]]:
    """Path, headers and body of those requests of a TargetList's lines in which credentials may be."""
    for line in lines.split(b"\n"):
        if may_hold_credentials(line):
            _, path, pairs, body = json.loads(line)
            yield path, pairs, body.encode("latin-1")


def _begins(line: str) -> bool:
    return _REQUEST_LINE.fullmatch(line) is not None or line.startswith("{") or _BEGINS.match(line) is not None


def _url(text: str, number: int) -> str:
    if not _BEGINS.match(text):
        raise UsageError(
            f"line {number}: expected a URL with http or https, or a request such as GET http://..., got {text[:60]!r}"
        )
    return text


def _of_json(line: str, number: int) -> Listed:
    try:
        item: Any = json.loads(line)
        body = b64decode(item.get("body") or "", validate=True)
        fields = item.get("header") or {}
        headers = tuple((str(name), ", ".join(map(str, values))) for name, values in fields.items())
        method = str(item.get("method") or "GET").upper()
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"line {number}: not a target in JSON: {error}") from None
    return Listed(number, _url(str(item.get("url", "")), number), method, headers, body)
