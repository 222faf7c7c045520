"""OpenAPI 3 and Swagger 2, as JSON or YAML: a request for each operation, with the examples that it has."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any
from urllib.parse import quote, urljoin

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.units import counted
from loadgen.plan.imports.openapi_examples import Examples, listed, mapping
from loadgen.plan.imports.recorded import Imported, Recorded, kept, literal, no_requests
from loadgen.plan.imports.urls import is_http
from loadgen.plan.jobs.http import Part

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_CHANGING = ("put", "post", "delete", "patch")
_NO_NAME = re.compile(r"[^A-Za-z0-9_]+")
_PLACE = re.compile(r"\{([^{}]+)\}")
NO_SERVER = "http://127.0.0.1:8080"


def read_openapi(text: str) -> Imported:
    """Raises UsageError for what is none. A value is an example, a default, one of an enumeration, or of its type."""
    document = _document(text)
    api = _Api(document, Examples(document))
    requests = tuple(api.requests())
    if not requests:
        raise no_requests("the OpenAPI file")
    changing = sum(request.method.lower() in _CHANGING for request in requests)
    notes = [*api.notes]
    if changing:
        notes.append(
            f"{changing} of {counted(len(requests), 'request')} {'changes' if changing == 1 else 'change'} something "
            "(POST, PUT, PATCH, DELETE): look there first."
        )
    return Imported(requests, variables=api.variables, notes=tuple(notes))


def _document(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text) if text.lstrip("\ufeff \t\r\n").startswith("{") else _yaml(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not an OpenAPI file: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise UsageError("not an OpenAPI file: expected a mapping with `paths`")
    return document


def _yaml(text: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, loader)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None


@dataclass(slots=True)
class _Api:
    """One document, and the variables that its requests have come to use."""

    document: Mapping[str, Any]
    examples: Examples
    variables: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def requests(self) -> Iterator[Recorded]:
        server = self._server()
        for path, entry in self.document["paths"].items():
            item = self.examples.resolved(entry)
            if not isinstance(item, dict):
                continue
            for method in _METHODS:
                if isinstance(operation := item.get(method), dict):
                    yield self._request(server, f"/{str(path).removeprefix('/')}", method, item, operation)

    def _server(self) -> str:
        """The first server, with the defaults of its variables."""
        document = self.document
        if "swagger" in document or "basePath" in document:
            schemes = listed(document.get("schemes")) or ["http"]
            host = str(document.get("host") or NO_SERVER.partition("://")[2])
            found = f"{'https' if 'https' in schemes else 'http'}://{host}{document.get('basePath') or ''}"
        else:
            servers = document.get("servers")
            server = servers[0] if isinstance(servers, list) and servers and isinstance(servers[0], dict) else {}
            known = mapping(server.get("variables"))
            found = _PLACE.sub(
                lambda match: str(mapping(known.get(match[1])).get("default", match[1])), str(server.get("url") or "/")
            )
        if "://" not in found:
            self.notes.append(f"No server is named: {NO_SERVER} stands for it; --target URL says another.")
            found = urljoin(NO_SERVER, found)
        elif not is_http(found):
            instead = f"{NO_SERVER} stands for it; --target URL says another."
            self.notes.append(f"The server {found!r} cannot be asked for: {instead}")
            found = NO_SERVER
        return found.rstrip("/")

    def _request(
        self, server: str, path: str, method: str, item: Mapping[str, Any], operation: Mapping[str, Any]
    ) -> Recorded:
        parameters = {
            (str(parameter.get("in")), str(parameter["name"])): parameter
            for source in (item, operation)
            for parameter in map(mapping, map(self.examples.resolved, listed(source.get("parameters"))))
            if parameter.get("name")
        }
        path_values: dict[str, str] = {}
        query, headers, cookies, form = [], [], [], []
        body: dict[str, Any] = {}
        for (where, name), parameter in parameters.items():
            if where == "path":
                path_values[name] = self._variable(name, self.examples.of(parameter))
                continue
            if where == "body":
                body = self._json(self.examples.of_schema(parameter.get("schema")))
                headers.append(("Content-Type", "application/json"))
                continue
            if not parameter.get("required") and "example" not in parameter:
                continue
            value = self.examples.of(parameter)
            match where:
                case "query":
                    items = value if isinstance(value, list) else [value]
                    query += [f"{quote(str(name), safe='')}={quote(_text(one), safe='')}" for one in items]
                case "header":
                    headers.append((str(name), literal(_text(value))))
                case "cookie":
                    cookies.append(f"{name}={_text(value)}")
                case "formData":
                    form.append((str(name), _text(value)))
        if form:
            body = _form(form)
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        if content := mapping(mapping(self.examples.resolved(operation.get("requestBody"))).get("content")):
            body, kind = self._content(content)
            headers += [("Content-Type", kind)] if kind else []
        self._secure(operation, query, headers, cookies)
        if cookies:
            headers.append(("Cookie", "; ".join(cookies)))
        url = server + _PLACE.sub(lambda match: path_values.get(match[1]) or self._variable(match[1], 1), literal(path))
        if query:
            url += f"?{'&'.join(query)}"
        name = str(operation.get("operationId") or "") or f"{method.upper()} {path}"
        return Recorded(url, method.upper(), kept(headers), name=name, **body)

    def _content(self, content: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """The first kind that can be made, JSON before others; multipart says its kind itself."""
        ordered = sorted(content.items(), key=lambda pair: "json" not in str(pair[0]))
        for kind, media in ordered:
            kind, media = str(kind), mapping(media)
            value = self.examples.of(media)
            if "json" in kind or kind == "*/*":
                return self._json(value), "application/json" if "*" in kind else kind
            pairs = list(mapping(value).items())
            if kind.startswith("multipart/"):
                return {"parts": tuple(Part(literal(str(name)), literal(_text(one))) for name, one in pairs)}, ""
            if kind == "application/x-www-form-urlencoded":
                return _form([(str(name), _text(one)) for name, one in pairs]), kind
            if isinstance(value, str):
                return {"body": literal(value)}, kind
        return {}, ""

    def _secure(
        self, operation: Mapping[str, Any], query: list[str], headers: list[tuple[str, str]], cookies: list[str]
    ) -> None:
        """The first way to say who one is that the operation takes."""
        wanted = operation.get("security", self.document.get("security"))
        first = next((item for item in listed(wanted) if isinstance(item, dict)), {})
        components = mapping(self.document.get("components"))
        known = {**mapping(self.document.get("securityDefinitions")), **mapping(components.get("securitySchemes"))}
        for name in first:
            scheme = mapping(self.examples.resolved(known.get(name)))
            kind, place, key = scheme.get("type"), scheme.get("in"), str(scheme.get("name") or name)
            if kind == "basic" or (kind == "http" and str(scheme.get("scheme")).lower() == "basic"):
                headers.append(("Authorization", f"Basic {self._secret('BASIC_CREDENTIALS')}"))
            elif kind in ("http", "oauth2", "openIdConnect"):
                headers.append(("Authorization", f"Bearer {self._secret('TOKEN')}"))
            elif kind == "apiKey":
                value = self._secret(_NO_NAME.sub("_", key).upper())
                match place:
                    case "query":
                        query.append(f"{quote(key, safe='')}={value}")
                    case "cookie":
                        cookies.append(f"{key}={value}")
                    case _:
                        headers.append((key, value))

    def _secret(self, name: str) -> str:
        self.variables[name] = {"env": name, "secret": True}
        return f"${{{name}}}"

    def _variable(self, name: str, value: Any) -> str:
        """A variable of the profile, so that the value is easy to change: one for each name and value."""
        plain = _NO_NAME.sub("_", str(name)).strip("_") or "ID"
        plain = plain if not plain[0].isdigit() else f"_{plain}"
        text, number, found = literal(_text(value)), 1, plain
        while self.variables.get(found, text) != text:
            number += 1
            found = f"{plain}_{number}"
        self.variables[found] = text
        return f"${{{found}}}"

    def _json(self, value: Any) -> dict[str, Any]:
        return {"body": literal(json.dumps(value, ensure_ascii=False, default=str))}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _form(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {"body": "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)}
