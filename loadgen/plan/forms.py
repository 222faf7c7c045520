"""Bodies of requests: JSON, forms, files, and bytes as they are."""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from mimetypes import MimeTypes
from pathlib import PurePath
from typing import Any
from urllib.parse import quote_plus

from loadgen.plan.pairs import as_pairs, encode_pairs, flat, plain

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_BOUNDARY = b"----loadgen-form-boundary"
_KINDS = ("json", "form", "data", "files")

_json_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def kept_encoder(encoder: json.JSONEncoder) -> Callable[[Any, int], Iterable[str]]:
    """What `encoder.encode` makes anew for each text, where this Python has it: that is two thirds of the time."""
    make: Callable[..., Any] | None = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return lambda value, _level: encoder.iterencode(value)
    quoted: Any = json.encoder.encode_basestring
    colon, comma = encoder.key_separator, encoder.item_separator
    kept: Callable[[Any, int], Iterable[str]] = make(
        None, encoder.default, quoted, None, colon, comma, False, False, False
    )
    return kept


_encode = kept_encoder(_json_encoder)


def to_json(value: Any) -> str:
    """The value as JSON. Raises ValueError or TypeError for what cannot be written in it."""
    try:
        return "".join(_encode(value, 0))
    except RecursionError:
        raise ValueError("Circular reference detected") from None


Pairs = Mapping[str, Any] | Iterable[tuple[str, Any]]


def encode_body(options: Mapping[str, Any]) -> tuple[str | None, bytes]:
    """The Content-Type and the body of one of the options `json`, `form`, `data`, `files`; a form may go with files.

    None stands for an option that is not given. Raises TypeError and ValueError for what cannot be sent.
    """
    given = [kind for kind in _KINDS if options.get(kind) is not None]
    match given:
        case []:
            return None, b""
        case ["json"]:
            return JSON, to_json(options["json"]).encode()
        case ["form"]:
            return _form(options["form"])
        case ["data"]:
            return _data(options["data"])
        case ["files"]:
            return multipart((), options["files"])
        case ["form" | "data" as fields, "files"]:
            return multipart(options[fields], options["files"])
        case _:
            raise TypeError(f"a request has one body, not {' and '.join(given)}; only form and files go together")


def multipart(fields: Pairs, files: Pairs) -> tuple[str, bytes]:
    """A multipart/form-data body: the fields, then the files.

    A file is its content, or a tuple of its name, its content, and if need be its type and a mapping of more header
    fields; a name of None makes it a plain field. Content is bytes, text, or a file object, which is read from its
    beginning. The boundary is always the same, but for content that has it.
    """
    parts: list[tuple[bytes, bytes]] = []
    for name, value in flat(as_pairs(fields, "form")):
        parts.append((_head(name, None, None, {}), _bytes(value)))
    for name, value in as_pairs(files, "files"):
        file_name, content, content_type, headers = _file(name, value)
        parts.append((_head(name, file_name, content_type, headers), _content(content, f"files[{name!r}]")))
    boundary = _boundary([content for _, content in parts])
    pieces = [piece for head, content in parts for piece in (b"--", boundary, b"\r\n", head, content, b"\r\n")]
    return f"multipart/form-data; boundary={boundary.decode()}", b"".join((*pieces, b"--", boundary, b"--\r\n"))


def _form(form: Any) -> tuple[str, bytes]:
    if isinstance(form, str | bytes):
        return FORM, _bytes(form)
    return FORM, encode_pairs(as_pairs(form, "form"), _quoted).encode()


def _data(data: Any) -> tuple[str | None, bytes]:
    if isinstance(data, Mapping | list | tuple):
        return FORM, encode_pairs(as_pairs(data, "data"), _quoted).encode()
    return None, _content(data, "data")


def _quoted(value: object) -> str:
    if type(value) is str and value.isascii() and value.isalnum():
        return value
    return quote_plus(plain(value))


def _bytes(value: object) -> bytes:
    text = plain(value)
    return text if isinstance(text, bytes) else text.encode()


def _content(content: Any, what: str) -> bytes:
    """The bytes of a file: given as such, as text, or as a file object, which is read from its beginning."""
    if hasattr(content, "read"):
        if hasattr(content, "seekable") and content.seekable():
            content.seek(0)
        content = content.read()
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, bytes | bytearray | memoryview):
        return bytes(content)
    raise TypeError(f"{what}: expected bytes, text or a file object, got {type(content).__name__}")


def _file(name: str, given: Any) -> tuple[str | None, Any, str | None, Mapping[str, str]]:
    """The file's name, content, type and more header fields."""
    if not isinstance(given, list | tuple):
        path = getattr(given, "name", None)
        given = (PurePath(path).name if isinstance(path, str) and path[:1] != "<" else name, given)
    if not 2 <= len(given) <= 4:
        raise TypeError(
            f"files[{name!r}]: expected content or (name, content, type, headers), got {len(given)} of these"
        )
    file_name, content, content_type, headers = (*given, None, None)[:4]
    if not isinstance(file_name, str | None):
        raise TypeError(f"files[{name!r}]: expected the name of the file first, got {type(file_name).__name__}")
    if content_type is None and file_name is not None:
        content_type = file_type(file_name)
    return file_name, content, content_type, dict(headers or {})


def file_type(name: str) -> str:
    """The type that the ending of a file's name says."""
    return _types().guess_type(name)[0] or "application/octet-stream"


@cache
def _types() -> MimeTypes:
    """Types by the endings of names, the same on every machine."""
    return MimeTypes()


def _head(name: object, file_name: str | None, content_type: str | None, headers: Mapping[str, str]) -> bytes:
    lines = [f'Content-Disposition: form-data; name="{_in_quotes(str(name))}"']
    if file_name is not None:
        lines[0] += f'; filename="{_in_quotes(file_name)}"'
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    lines += [f"{key}: {value}" for key, value in headers.items()]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError(f"files[{name!r}]: a header field with a line break in it")
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def _in_quotes(text: str) -> str:
    """As browsers write names of fields and files."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _boundary(contents: list[bytes]) -> bytes:
    """One that is in none of the contents."""
    boundary, number = _BOUNDARY, 0
    while any(boundary in content for content in contents):
        number += 1
        boundary = _BOUNDARY + b"%d" % number
    return boundary
