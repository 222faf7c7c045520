"""The bodies of requests as requests and Locust's fast client make them."""

import json as json_module
import os
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from loadgen.base.exchange import BodySource
from loadgen.workloads.locust.http.urls import encoded_pairs, items_of

FORM = "application/x-www-form-urlencoded"
_to_json = json_module.JSONEncoder(allow_nan=False).encode


def encode(data: Any, json: Any, files: Any) -> tuple[str | None, bytes | BodySource]:
    """The Content-Type, if it has one of its own, and the body; files go with `data`, which goes before `json`."""
    if files:
        return multipart(data, files)
    if not data:
        return (None, b"") if json is None else ("application/json", _to_json(json).encode())
    if isinstance(data, str | bytes | bytearray | memoryview):
        return None, data.encode() if isinstance(data, str) else bytes(data)
    if hasattr(data, "read"):
        return None, as_bytes(data)
    if isinstance(data, Mapping | list | tuple):
        return FORM, encoded_pairs(data).encode()
    return None, Pieces(list(data))


def encode_fast(data: Any, json: Any, files: Any) -> tuple[str | None, bytes | BodySource]:
    """The same as the fast client does it: a form and text have their charset in Content-Type, lists in a form are
    written as Python does.
    """
    if json is not None:
        return "application/json", _to_json(json).encode()
    if not files and isinstance(data, Mapping):
        pairs = {key: value if isinstance(value, str | bytes) else str(value) for key, value in data.items()}
        return f"{FORM}; charset=utf-8", encoded_pairs(pairs).encode()
    if not files and isinstance(data, str) and data:
        return "text/plain; charset=utf-8", data.encode()
    kind, body = encode(data, None, files)
    return kind or ("application/octet-stream" if body else None), body


class Pieces:
    """A body that is sent in chunks: what an iterator gave."""

    length: int | None = None

    def __init__(self, pieces: list[Any]) -> None:
        self._pieces = [piece.encode() if isinstance(piece, str) else bytes(piece) for piece in pieces]

    def chunks(self) -> Iterator[bytes]:
        return (piece for piece in self._pieces if piece)


def as_bytes(content: Any) -> bytes:
    """What a file, or an object with `read`, holds from where it stands; text as UTF-8."""
    if hasattr(content, "read"):
        content = content.read()
    return content.encode() if isinstance(content, str) else bytes(content)


def multipart(data: Any, files: Any) -> tuple[str, bytes]:
    """A multipart/form-data body: the fields of `data`, then the files.

    A file is its content, or a tuple of its name, its content, and if need be its type and more header fields.
    """
    if isinstance(data, str | bytes):
        raise ValueError("data is a dict or a list of pairs where there are files")
    boundary = os.urandom(16).hex()
    parts: list[bytes] = []
    for key, value in items_of(data or ()):
        for item in value if hasattr(value, "__iter__") and not isinstance(value, str | bytes) else [value]:
            if item is not None:
                content = item if isinstance(item, bytes) else str(item).encode()
                parts.append(_part(boundary, _text(key), None, None, {}, content))
    for key, value in items_of(files):
        name, content, kind, more = (*value, None, None)[:4] if isinstance(value, tuple | list) else (
            _name_of(value) or key, value, None, None
        )  # fmt: skip
        if content is not None:
            parts.append(_part(boundary, _text(key), name, kind, more or {}, as_bytes(content)))
    return f"multipart/form-data; boundary={boundary}", b"".join([*parts, f"--{boundary}--\r\n".encode()])


def _part(boundary: str, key: str, name: Any, kind: Any, more: Mapping[str, Any], content: bytes) -> bytes:
    named = "" if name is None else f'; filename="{_in_quotes(_text(name))}"'
    lines = [f"--{boundary}", f'Content-Disposition: form-data; name="{_in_quotes(key)}"{named}']
    lines += [f"Content-Type: {_text(kind)}"] if kind else []
    lines += [f"{header}: {value}" for header, value in more.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content + b"\r\n"


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _in_quotes(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _name_of(content: Any) -> str | None:
    """The name of an open file."""
    path = getattr(content, "name", None)
    return PurePath(path).name if isinstance(path, str) and path and path[0] != "<" and path[-1] != ">" else None
