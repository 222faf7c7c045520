"""HAR files, as browsers save them: a journey with its pauses."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlsplit

from loadgen.base.errors import UsageError
from loadgen.base.units import counted
from loadgen.plan.imports.recorded import METHOD, Imported, Recorded, body_of, kept, literal, no_requests, why_unlike
from loadgen.plan.imports.urls import is_http
from loadgen.plan.jobs.http import Part

_STATIC_TYPE = re.compile(r"image/|font/|video/|audio/|text/css|(?:text|application)/(?:x-)?(?:java|ecma)script|"
                          r"application/(?:font|x-font|vnd\.ms-fontobject|wasm)", re.IGNORECASE)  # fmt: skip
_STATIC_PATH = re.compile(
    r"\.(?:png|jpe?g|gif|webp|avif|svg|ico|bmp|css|m?js|map|woff2?|ttf|otf|eot|mp4|webm|mp3|ogg|wasm)$", re.IGNORECASE
)
_SHORTEST_PAUSE_S = 0.1
"""What is shorter is the browser's own work between two requests, not a person's."""

_LONGEST_PAUSE_S = 3600.0
"""What is longer is a time that is missing, or wrong."""


def read_har(text: str, *, other_hosts: bool = False, static: bool = False) -> Imported:
    """Raises UsageError for what is no HAR file.

    The host is that of the first document. A pause is the time from the end of all requests before to the next one.
    Cookies that a reply of the recording sets are left to the user's own jar.
    """
    entries = sorted(_entries(text), key=lambda entry: entry.began_s)
    host = _main_host(entries)
    chosen = [
        entry for entry in entries if (other_hosts or entry.host == host) and (static or not entry.is_static)
    ]  # fmt: skip
    if not chosen:
        raise no_requests("the HAR file")
    notes = list(_left_out(entries, chosen, host))
    return Imported(tuple(_paused(chosen)), journey=_name(host), notes=tuple(notes))


class _Entry:
    """One request of the file, and when it began and ended, in seconds."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        request, response = entry["request"], entry.get("response") or {}
        self.url = str(request["url"])
        self.host = urlsplit(self.url).netloc.rpartition("@")[2].lower()
        self.began_s = _instant_s(entry.get("startedDateTime"))
        took_ms = entry.get("time")
        self.ended_s = self.began_s + (max(0.0, took_ms) / 1000 if isinstance(took_ms, int | float) else 0.0)
        self.type = str((response.get("content") or {}).get("mimeType") or "")
        self.is_document = "html" in self.type or entry.get("_resourceType") == "document"
        self.sets = {name for name, value in _pairs(response.get("headers")) for name in _cookie_names(name, value)}
        status = response.get("status")
        self.status = status if isinstance(status, int) and 400 <= status <= 599 else None
        self._request = request

    @property
    def is_static(self) -> bool:
        return bool(_STATIC_TYPE.match(self.type) or _STATIC_PATH.search(urlsplit(self.url).path))

    def recorded(self, own_cookies: set[str]) -> Recorded:
        """The request; of its cookies those that the journey itself was given are left out."""
        post = self._request.get("postData")
        post = post if isinstance(post, dict) else {}
        headers = [
            (name, _other_cookies(value, own_cookies) if name.lower() == "cookie" else literal(value))
            for name, value in _pairs(self._request.get("headers"))
        ]
        body = _body(post)
        names = {name.lower() for name, _ in headers}
        if "parts" in body:
            headers = [pair for pair in headers if pair[0].lower() != "content-type"]
        elif body and "content-type" not in names and post.get("mimeType"):
            headers.append(("Content-Type", literal(str(post["mimeType"]))))
        sent = [(name, " ".join(value.split("\n"))) for name, value in headers if value or name.lower() != "cookie"]
        method = str(self._request.get("method") or "GET").upper()
        return Recorded(literal(self.url), method, kept(sent), status=self.status, **body)


def _entries(text: str) -> Iterator[_Entry]:
    try:
        entries = json.loads(text.lstrip("\ufeff"))["log"]["entries"]
        for entry in entries:
            request = entry["request"]
            if is_http(str(request["url"])) and METHOD.fullmatch(str(request.get("method") or "GET")):
                yield _Entry(entry)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"not a HAR file: expected log.entries with a request each ({why_unlike(error)})") from None


def _main_host(entries: Sequence[_Entry]) -> str:
    """That of the first document; without one the most frequent."""
    document = next((entry.host for entry in entries if entry.is_document and not entry.is_static), "")
    if document or not entries:
        return document
    return Counter(entry.host for entry in entries).most_common(1)[0][0]


def _paused(entries: Sequence[_Entry]) -> Iterator[Recorded]:
    own: dict[str, set[str]] = {}
    ended_s = 0.0
    for entry, following in zip(entries, [*entries[1:], None], strict=True):
        request = entry.recorded(own.setdefault(entry.host, set()))
        own[entry.host] |= entry.sets
        ended_s = max(ended_s, entry.ended_s)
        pause_s = following.began_s - ended_s if following is not None else 0.0
        is_pause = _SHORTEST_PAUSE_S <= pause_s <= _LONGEST_PAUSE_S
        yield replace(request, pause_s=round(pause_s, 1)) if is_pause else request


def _left_out(entries: Sequence[_Entry], chosen: Sequence[_Entry], host: str) -> Iterator[str]:
    others = Counter(entry.host for entry in entries if entry.host != host and entry not in chosen)
    static = sum(entry.host == host and entry not in chosen for entry in entries)
    if others:
        most = ", ".join(f"{name} ({times})" for name, times in others.most_common(5))
        yield f"Left out: {counted(others.total(), 'request')} to other hosts, {most}; --other-hosts takes them."
    if static:
        yield f"Left out: {counted(static, 'request')} for static files; --static takes them."


def _body(post: Mapping[str, Any]) -> dict[str, Any]:
    text, params = post.get("text"), _mappings(post.get("params"))
    multipart = str(post.get("mimeType") or "").lower().startswith("multipart/form-data")
    if params and (multipart or not text):
        pairs = [(str(item.get("name", "")), item) for item in params]
        if multipart:
            return {"parts": tuple(_part(name, item) for name, item in pairs)}
        fields = ((name, str(item.get("value") or "")) for name, item in pairs)
        return {"body": "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in fields)}
    return body_of(str(text).encode("utf-8", "replace")) if text else {}


def _part(name: str, item: Mapping[str, Any]) -> Part:
    file, kind = item.get("fileName"), item.get("contentType")
    if file and not item.get("value"):
        return Part(literal(name), file=literal(str(file)), type=kind and str(kind))
    return Part(literal(name), literal(str(item.get("value") or "")), type=kind and str(kind),
                file_name=file and literal(str(file)))  # fmt: skip


def _encoded(text: str) -> str:
    """Chrome writes params as they were sent, others as they were typed."""
    return text if re.fullmatch(r"(?:[A-Za-z0-9_.~*+-]|%[0-9A-Fa-f]{2})*", text) else quote_plus(text, errors="replace")


def _pairs(items: Any) -> Iterator[tuple[str, str]]:
    for item in _mappings(items):
        yield str(item.get("name", "")), str(item.get("value", ""))


def _mappings(items: Any) -> list[Mapping[str, Any]]:
    """Those of a list; nothing of what is none."""
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _cookie_names(name: str, value: str) -> list[str]:
    if name.lower() != "set-cookie":
        return []
    return [line.partition("=")[0].strip() for line in value.split("\n")]


def _other_cookies(value: str, own: set[str]) -> str:
    pairs = [pair.strip() for pair in value.split(";")]
    return literal("; ".join(pair for pair in pairs if pair and pair.partition("=")[0] not in own))


def _instant_s(text: Any) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def _name(host: str) -> str:
    return re.sub(r":[0-9]*$", "", host).strip("[]")[:60] or "journey"
