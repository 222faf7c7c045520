"""Imported requests -> the text of a profile."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from loadgen.plan.imports.recorded import Imported, Recorded, literal, no_requests
from loadgen.plan.imports.secrets import Secrets
from loadgen.plan.imports.urls import split, without_userinfo
from loadgen.plan.jobs.http import Part

_LONGEST_NAME = 90
_NO_FOLDS = 1 << 30
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""libyaml's, a hundred times as fast, where PyYAML was built with it."""


def profile_text(imported: Imported, source: str = "", *, hide: bool = True) -> str:
    """The profile; `source` is named in its first line. With `hide` credentials are left to the environment.

    The target is the origin of the first request; requests to others have whole URLs. Raises UsageError where there
    are no requests.
    """
    if not imported.requests:
        raise no_requests(source or "it")
    settings = dict(imported.settings)
    secrets = Secrets(frozenset(imported.variables))
    requests = [_authorized(request) for request in imported.requests]
    if hide:
        requests = [secrets.hidden(request) for request in requests]
        if "@" in (proxy := str(imported.settings.get("proxy", ""))):
            settings["proxy"] = secrets.whole("PROXY", proxy)
    target, _ = split(requests[0].url)
    common = _common_headers(requests)
    names = _names(requests)
    items = [
        _item(request, name, target, common, journey=bool(imported.journey))
        for request, name in zip(requests, names, strict=True)
    ]
    document: dict[str, Any] = {"target": target, **settings}
    variables = {**imported.variables, **{name: {"env": name, "secret": True} for name in secrets.names}}
    if variables:
        document["variables"] = variables
    if common:
        document["headers"] = common
    if imported.journey:
        document["scenarios"] = {imported.journey: {"steps": items}}
    else:
        document["requests"] = items
    head = "".join(f"{line}\n" for line in _head(source, secrets.names, imported.notes))
    try:
        return head + _dumped(document)
    except UnicodeEncodeError:
        return head + _dumped(_whole_characters(document))


def _dumped(document: Any) -> str:
    text: str = yaml.dump(
        document, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=_NO_FOLDS, default_flow_style=None
    )
    return text


def _whole_characters(value: Any) -> Any:
    """The same with a question mark in the place of each half of a character."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {_whole_characters(key): _whole_characters(item) for key, item in value.items()}
        case list():
            return [*map(_whole_characters, value)]
    return value


def _head(source: str, secrets: Sequence[str], notes: Iterable[str]) -> list[str]:
    lines = [f"Imported from {source}."] if source else []
    if secrets:
        lines.append(f"Credentials are not here: set {', '.join(secrets)} in the environment.")
    return [f"# {' '.join(line.split())}" for line in (*lines, *notes)]


def _authorized(request: Recorded) -> Recorded:
    """User and password of a URL as a header: those of several origins may differ."""
    url, value = without_userinfo(request.url)
    if value is None:
        return request
    own = [] if any(name.lower() == "authorization" for name, _ in request.headers) else [("Authorization", value)]
    return replace(request, url=url, headers=(*request.headers, *own))


def _common_headers(requests: Sequence[Recorded]) -> dict[str, str]:
    """Those that all have with the same value, where there are several requests; what bodies are is said by each."""
    if len(requests) < 2:
        return {}
    counts = Counter(pair for request in requests for pair in request.headers)
    kept = [pair for pair, times in counts.items() if times == len(requests)]
    return {name: value for name, value in kept if name.lower() not in ("content-type", "host", "cookie")}


def _names(requests: Iterable[Recorded]) -> list[str]:
    """One line each, and none twice; empty where there is none."""
    names: list[str] = []
    taken: set[str] = set()
    for request in requests:
        plain = " ".join("".join(filter(str.isprintable, literal(request.name))).split())[:_LONGEST_NAME].strip()
        name, number = plain, 1
        while name in taken:
            number += 1
            name = f"{plain} #{number}"
        taken |= {name} - {""}
        names.append(name)
    return names


def _item(request: Recorded, name: str, target: str, common: Mapping[str, str], *, journey: bool) -> dict[str, Any]:
    origin, path = split(request.url)
    item: dict[str, Any] = {"name": name} if name else {}
    body = _body(request)
    if request.method != ("POST" if body else "GET"):
        item["method"] = request.method
    item["path"] = path if origin == target else f"{origin}{path}"
    if request.weight != 1.0 and not journey:
        item["weight"] = request.weight
    headers = {name: value for name, value in request.headers if common.get(name) != value}
    if headers:
        item["headers"] = headers
    item |= body
    if request.status is not None:
        item["expect"] = {"status": request.status}
    if journey and request.pause_s:
        item["think"] = f"{request.pause_s:.1f}s"
    return item


def _body(request: Recorded) -> dict[str, Any]:
    if request.parts:
        parts: dict[str, list[Any]] = {}
        for part in request.parts:
            parts.setdefault(part.name.replace("${", "{"), []).append(_part(part))  # no key can hold a ${
        return {"multipart": {name: items if len(items) > 1 else items[0] for name, items in parts.items()}}
    if request.body_file is not None:
        return {"body_file": request.body_file}
    if request.data is not None:
        return {"base64": b64encode(request.data).decode()}
    return {"body": request.body} if request.body is not None else {}


def _part(part: Part) -> str | dict[str, Any]:
    if part.file is None and part.type is None and part.file_name is None:
        return part.text
    item: dict[str, Any] = {"file": part.file} if part.file is not None else {"value": part.text}
    if part.type is not None:
        item["type"] = part.type
    if part.file_name is not None:
        item["filename"] = part.file_name
    return item
