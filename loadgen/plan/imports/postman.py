"""Collections of Postman, versions 2.0 and 2.1: their requests, under the names of their folders."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from loadgen.base.errors import UsageError
from loadgen.base.units import counted
from loadgen.plan.imports.recorded import Imported, Recorded, kept, literal, no_requests, why_unlike
from loadgen.plan.imports.urls import is_http, split
from loadgen.plan.jobs.http import Part

_VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_NO_NAME = re.compile(r"[^A-Za-z0-9_]+")
_DYNAMIC: Mapping[str, Any] = {
    "$guid": {"uuid": True}, "$randomUUID": {"uuid": True}, "$randomInt": {"random": [0, 1000]},
    "$timestamp": {"sequence": 1_700_000_000},
}  # fmt: skip
_LANGUAGES = {
    "json": "application/json",
    "xml": "application/xml",
    "html": "text/html",
    "javascript": "text/javascript",
}
_DEEPEST = 30


def read_postman(text: str) -> Imported:
    """Raises UsageError for what is no collection. Variables without a value are left to the environment."""
    try:
        document = json.loads(text.lstrip("\ufeff"))
        document = document.get("collection", document)
        items = document["item"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = why_unlike(error)
        raise UsageError(f"not a Postman collection (v2): expected a mapping with `item` ({why})") from None
    collection = _Collection(document)
    requests = tuple(collection.of_one_target(collection.requests(_list(items), (), document.get("auth"), 0)))
    if not requests:
        raise no_requests("the collection")
    return Imported(requests, variables=collection.used, notes=tuple(collection.notes()))


class _Collection:
    """One collection. `used` are the variables that its requests turned out to have."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.used: dict[str, Any] = {}
        self._values = {
            str(item.get("key") or item.get("id")): _text(item.get("value"))
            for item in map(_mapping, _list(document.get("variable")))
            if item.get("value") not in (None, "")
        }
        self._scripts = 0
        self._skipped: list[str] = []

    def requests(self, items: Sequence[Any], folders: tuple[str, ...], auth: Any, depth: int) -> Iterator[Recorded]:
        for item in map(_mapping, items):
            name = str(item.get("name") or "")
            self._scripts += any(_mapping(event).get("script") for event in _list(item.get("event")))
            if isinstance(item.get("item"), list):
                if depth < _DEEPEST:
                    yield from self.requests(item["item"], (*folders, name), item.get("auth", auth), depth + 1)
            elif item.get("request"):
                request = item["request"]
                known = {"url": request} if isinstance(request, str) else _mapping(request)
                made = self._request(known, " / ".join(filter(None, (*folders, name))), known.get("auth") or auth)
                if made is None:
                    self._skipped.append(name)
                else:
                    yield made

    def of_one_target(self, requests: Iterator[Recorded]) -> Iterator[Recorded]:
        """Those whose server is known, or is the same variable as that of the first."""
        target = ""
        for request in requests:
            server, _ = split(request.url)
            target = target or server
            if "$" in server and server != target:
                self._skipped.append(request.name)
            else:
                yield request

    def notes(self) -> Iterator[str]:
        if self._scripts:
            entries = counted(self._scripts, "entry", "entries")
            yield f"Left out: the scripts of {entries}; `extract:` takes values out of replies here."
        if self._skipped:
            entries = counted(len(self._skipped), "entry", "entries")
            yield f"Left out: {entries} whose URL cannot be asked for, such as {self._skipped[0]!r}."
        if missing := [name for name, entry in self.used.items() if entry == {"env": name}]:
            yield f"Without a value in the collection: set {', '.join(missing)} in the environment."

    def _request(self, request: Mapping[str, Any], name: str, auth: Any) -> Recorded | None:
        url = self._url(request.get("url"))
        if url is None:
            return None
        headers = [
            (str(item.get("key") or ""), self._put_in(_text(item.get("value"))))
            for item in map(_mapping, _headers(request.get("header")))
            if not item.get("disabled")
        ]
        body, kind = self._body(_mapping(request.get("body")))
        names = {key.lower() for key, _ in headers}
        if kind and "content-type" not in names:
            headers.append(("Content-Type", kind))
        if "parts" in body:
            headers = [pair for pair in headers if pair[0].lower() != "content-type"]
        where, key, value = self._auth(_mapping(auth))
        if where == "query":
            url += f"{'&' if '?' in url else '?'}{key}={value}"
        elif key and key.lower() not in names:
            headers.append((key, value))
        return Recorded(url, str(request.get("method") or "GET").upper(), kept(headers), name=name, **body)

    def _url(self, url: Any) -> str | None:
        """With the values of the collection where the server stands: a profile has one target."""
        raw = url if isinstance(url, str) else str(_mapping(url).get("raw") or _built(_mapping(url)))
        for item in map(_mapping, _list(_mapping(url).get("variable"))):
            value = quote_plus(_text(item.get("value")) or "1", safe="{}")
            raw = re.sub(rf"(?<=/):{re.escape(str(item.get('key')))}(?=[/?#]|$)", lambda _: value, raw)  # noqa: B023
        raw = raw.strip()
        server, slash, path = self._begun(raw)
        whole = f"{self._put_in(server)}{slash}{self._put_in(path.replace(' ', '%20'))}"
        if whole.startswith("${"):
            return None if server.lstrip("{ ").startswith("$") else whole
        return whole if is_http(re.sub(r"\$\{[^}]*\}", "x", whole)) else None

    def _begun(self, raw: str) -> tuple[str, str, str]:
        """The server, with values in place of the variables that have some, and what follows it."""
        for _ in range(5):
            found = _VARIABLE.match(raw) or re.match(r"https?://[^/?#]*(\{\{[^{}]+\}\})", raw)
            name = found and re.sub(r"[{}\s]", "", found[1])
            if not name or name not in self._values:
                break
            raw = re.sub(r"\{\{\s*" + re.escape(name) + r"\s*\}\}", lambda _: self._values[name], raw, count=1)  # noqa: B023
        if not _VARIABLE.match(raw) and "://" not in raw:
            raw = f"http://{raw}"
        found = re.match(
            r"(\{\{[^{}]+\}\}|https?://(?:\{\{[^{}]+\}\}|[^/?#])*)(/?)(.*)", raw, re.DOTALL | re.IGNORECASE
        )
        return (found[1], found[2], found[3]) if found else (raw, "", "")

    def _body(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        mode = body.get("mode")
        entries = [item for item in map(_mapping, _list(body.get(str(mode)))) if not item.get("disabled")]
        match mode:
            case "raw" if body.get("raw"):
                language = _mapping(_mapping(body.get("options")).get("raw")).get("language")
                return {"body": self._put_in(_text(body["raw"]))}, _LANGUAGES.get(str(language), "")
            case "urlencoded" if entries:
                pairs = [f"{self._quoted(item.get('key'))}={self._quoted(item.get('value'))}" for item in entries]
                return {"body": "&".join(pairs)}, "application/x-www-form-urlencoded"
            case "formdata" if entries:
                return {"parts": tuple(part for item in entries for part in self._parts(item))}, ""
            case "graphql":
                graphql = _mapping(body.get("graphql"))
                variables = _text(graphql.get("variables")) or "{}"
                try:
                    sent = {"query": _text(graphql.get("query")), "variables": json.loads(variables)}
                except ValueError:
                    sent = {"query": _text(graphql.get("query"))}
                return {"body": self._put_in(json.dumps(sent, ensure_ascii=False))}, "application/json"
            case "file":
                file = _mapping(body.get("file")).get("src")
                return ({"body_file": literal(str(file))}, "") if file else ({}, "")
        return {}, ""

    def _parts(self, item: Mapping[str, Any]) -> Iterator[Part]:
        name, kind = self._known(_text(item.get("key"))), item.get("contentType")
        if item.get("type") != "file":
            yield Part(name, self._put_in(_text(item.get("value"))), type=kind and str(kind))
            return
        files = item.get("src")
        for file in files if isinstance(files, list) else [files or "file"]:
            yield Part(name, file=literal(str(file)), type=kind and str(kind))

    def _auth(self, auth: Mapping[str, Any]) -> tuple[str, str, str]:
        """Where, under which name, and what."""
        kind = str(auth.get("type") or "")
        found = auth.get(kind)
        values = {str(_mapping(item).get("key")): _text(_mapping(item).get("value")) for item in _list(found)} or {
            str(key): _text(value) for key, value in _mapping(found).items()
        }
        match kind:
            case "bearer" | "oauth2":
                token = values.get("token") or values.get("accessToken") or "{{TOKEN}}"
                return "header", "Authorization", f"Bearer {self._put_in(token)}"
            case "basic":
                pair = self._known(f"{values.get('username', '')}:{values.get('password', '')}")
                if _VARIABLE.search(pair):
                    return "header", "Authorization", f"Basic {self._put_in('{{BASIC_CREDENTIALS}}')}"
                return "header", "Authorization", f"Basic {b64encode(pair.encode('utf-8', 'replace')).decode()}"
            case "apikey":
                place = "query" if values.get("in") == "query" else "header"
                return place, values.get("key") or "X-Api-Key", self._put_in(values.get("value") or "{{API_KEY}}")
        return "", "", ""

    def _known(self, text: str) -> str:
        return _VARIABLE.sub(lambda match: self._values.get(match[1], match[0]), text)

    def _put_in(self, text: str) -> str:
        """The text with `{{name}}` as a variable of the profile."""
        pieces, done = [], 0
        for match in _VARIABLE.finditer(text):
            pieces += [literal(text[done : match.start()]), self._variable(match[1])]
            done = match.end()
        return "".join([*pieces, literal(text[done:])])

    def _quoted(self, value: Any) -> str:
        pieces, text, done = [], _text(value), 0
        for match in _VARIABLE.finditer(text):
            pieces += [quote_plus(text[done : match.start()], errors="replace"), self._variable(match[1])]
            done = match.end()
        return "".join([*pieces, quote_plus(text[done:], errors="replace")])

    def _variable(self, name: str) -> str:
        plain = _NO_NAME.sub("_", name).strip("_") or "VALUE"
        plain = plain if not plain[0].isdigit() else f"_{plain}"
        if plain not in self.used:
            value = self._values.get(name)
            if name.startswith("$"):
                self.used[plain] = _DYNAMIC.get(name, {"random": [0, 1000]})
            elif value is None or _VARIABLE.search(value):
                self.used[plain] = {"env": plain}
            else:
                self.used[plain] = literal(value)
        return f"${{{plain}}}"


def _built(url: Mapping[str, Any]) -> str:
    """A URL of its parts."""
    host, path = url.get("host"), url.get("path")
    server = ".".join(map(_text, host)) if isinstance(host, list) else _text(host)
    steps = (step.get("value") if isinstance(step, dict) else step for step in _list(path))
    inside = "/".join(map(_text, steps)) if isinstance(path, list) else _text(path).lstrip("/")
    query = [item for item in map(_mapping, _list(url.get("query"))) if not item.get("disabled")]
    asked = "&".join(f"{_text(item.get('key'))}={_text(item.get('value'))}" for item in query)
    scheme = f"{url['protocol']}://" if url.get("protocol") else ""
    port = f":{url['port']}" if url.get("port") else ""
    return f"{scheme}{server}{port}/{inside}{f'?{asked}' if asked else ''}" if server else ""


def _headers(value: Any) -> Sequence[Any]:
    """A list of pairs, or, in old files, lines of text."""
    if isinstance(value, str):
        lines = (line.partition(":") for line in value.splitlines())
        return [{"key": name.strip(), "value": text.strip()} for name, colon, text in lines if colon]
    return _list(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
