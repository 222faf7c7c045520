"""OpenAPI 3 and Swagger 2: a request for each operation, with values that the file has."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.errors import UsageError
from loadgen.plan.imports.openapi import read_openapi
from tests.support.imports import headers, plan_of, requests_of, sent

BASE = {"openapi": "3.0.3", "servers": [{"url": "http://h/v1"}]}


def api(path: str = "/p", operation: dict[str, Any] | None = None, method: str = "get", **more: Any) -> str:
    return json.dumps({**BASE, "paths": {path: {method: operation or {}}}, **more})


def parameter(where: str, name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": where, "required": True, **more}


def content(kind: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"requestBody": {"content": {kind: {"schema": schema, **more}}}}


PET = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "example": "Rex"},
        "kind": {"enum": ["dog", "cat"]},
        "born": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}
PET_JSON = '{"name": "Rex", "kind": "dog", "born": "2026-01-31", "tags": ["text"]}'
MADE = {
    "plain": (api(), [("GET", "/v1/p", "")]),
    "a path's value": (api("/p/{id}", {"parameters": [parameter("path", "id", schema={"type": "integer"})]}),
                       [("GET", "/v1/p/1", "")]),
    "a path's value nobody declares": (api("/p/{a}/{b}"), [("GET", "/v1/p/1/1", "")]),
    "a query": (api(operation={"parameters": [parameter("query", "q", example="a b"),
                                              {"name": "no", "in": "query", "schema": {}},
                                              parameter("query", "n", schema={"default": 5})]}),
                [("GET", "/v1/p?q=a%20b&n=5", "")]),
    "JSON": (api(operation=content("application/json", PET), method="post"), [("POST", "/v1/p", PET_JSON)]),
    "by reference": (api(operation=content("application/json", {"$ref": "#/components/schemas/Pet"}), method="put",
                         components={"schemas": {"Pet": PET}}), [("PUT", "/v1/p", PET_JSON)]),
    "an example": (api(operation=content("application/json", {}, example={"a": 1}), method="post"),
                   [("POST", "/v1/p", '{"a": 1}')]),
    "named examples": (api(operation=content("application/json", {}, examples={"one": {"value": [2]}}), method="patch"),
                       [("PATCH", "/v1/p", "[2]")]),
    "a form": (api(operation=content("application/x-www-form-urlencoded", PET), method="post"),
               [("POST", "/v1/p", "name=Rex&kind=dog&born=2026-01-31&tags=%5B%22text%22%5D")]),
    "all of": (api(operation=content("application/json", {"allOf": [
        {"type": "object", "properties": {"a": {"type": "boolean"}}}, {"properties": {"b": {"type": "number"}}},
    ]}), method="post"), [("POST", "/v1/p", '{"a": true, "b": 1}')]),
    "one of": (api(operation=content("application/json", {"oneOf": [{"const": 3}, {"const": 4}]}), method="post"),
               [("POST", "/v1/p", "3")]),
    "types of 3.1": (api(operation=content("application/json", {"type": ["null", "integer"], "minimum": 7}),
                         method="post"), [("POST", "/v1/p", "7")]),
    "a circle": (api(operation=content("application/json", {"$ref": "#/components/schemas/Node"}), method="post",
                     components={"schemas": {"Node": {"properties": {
                         "next": {"$ref": "#/components/schemas/Node"}, "n": {"type": "integer"}}}}}),
                 [("POST", "/v1/p", '{"next": {"next": {"next": {"next": {}, "n": 1}, "n": 1}, "n": 1}, "n": 1}')]),
    "YAML": ("openapi: 3.0.0\nservers: [{url: 'http://{host}/', variables: {host: {default: h}}}]\n"
             "paths:\n  /a:\n    get: {}\n    delete: {}\n", [("GET", "/a", ""), ("DELETE", "/a", "")]),
    "schemes that are none": ('{"swagger": "2.0", "schemes": 5, "paths": {"/p": {"get": {}}}}', [("GET", "/p", "")]),
    "a path without a slash": ("openapi: 3.0.0\npaths:\n  a: {get: {}}\n", [("GET", "/a", "")]),
    "a port that is none": ("openapi: 3.0.0\nservers: [{url: 'https://h:{port}/v1', variables: {port: {}}}]\n"
                            "paths: {/a: {get: {}}}\n", [("GET", "/a", "")]),
    "Swagger 2": (json.dumps({"swagger": "2.0", "host": "h", "basePath": "/v2", "schemes": ["http"], "paths": {"/p": {
        "parameters": [{"name": "b", "in": "body", "schema": PET}], "post": {}}}}), [("POST", "/v2/p", PET_JSON)]),
    "Swagger's form": (json.dumps({"swagger": "2.0", "host": "h", "paths": {"/p": {"post": {"parameters": [
        {"name": "a", "in": "formData", "required": True, "type": "string"}]}}}}), [("POST", "/p", "a=text")]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MADE.values(), ids=MADE)
def test_an_operation_is_a_request(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [sent(spec) for spec in requests_of(read_openapi, text)] == expected


def test_names_are_those_of_the_operations() -> None:
    text = json.dumps({**BASE, "paths": {"/p": {"get": {"operationId": "listPets"}, "post": {}}}})
    assert [spec.name for spec in requests_of(read_openapi, text)] == ["listPets", "POST /p"]
    assert read_openapi(text).notes[-1].startswith("1 of 2 requests changes something")


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ({"type": "http", "scheme": "bearer"}, {"authorization": "Bearer hidden:TOKEN"}),
        ({"type": "oauth2"}, {"authorization": "Bearer hidden:TOKEN"}),
        ({"type": "http", "scheme": "Basic"}, {"authorization": "Basic hidden:BASIC_CREDENTIALS"}),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, {"x-key": "hidden:X_KEY"}),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, {"cookie": "sid=hidden:SID"}),
        ({"type": "apiKey", "in": "query", "name": "key"}, {}),
    ],
)
def test_security_is_a_variable_of_the_environment(scheme: dict[str, Any], expected: dict[str, str]) -> None:
    text = api(security=[{"it": []}], components={"securitySchemes": {"it": scheme}})
    (spec,) = plan_of(read_openapi(text)).job.requests
    assert headers(spec) == expected
    assert spec.path == ("/v1/p" if expected else "/v1/p?key=hidden%3AKEY")


def test_without_a_server_one_of_this_machine_stands_for_it() -> None:
    imported = read_openapi('{"paths": {"/p": {"get": {}}}}')
    assert plan_of(imported).origin.host == "127.0.0.1"
    assert "--target URL says another" in imported.notes[0]


def test_files_and_parts_of_a_form() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "n": {"type": "integer"}}}
    (spec,) = requests_of(read_openapi, api(operation=content("multipart/form-data", schema), method="post"))
    assert b'name="name"\r\n\r\ntext\r\n' in spec.body
    assert b'name="n"\r\n\r\n1\r\n' in spec.body


@pytest.mark.parametrize("text", ["", "[]", "{", "a: [", '{"openapi": "3.0.0"}', "just text"])
def test_what_is_no_openapi_file_says_so(text: str) -> None:
    with pytest.raises(UsageError, match="not an OpenAPI file"):
        read_openapi(text)


def test_one_without_operations_says_so() -> None:
    with pytest.raises(UsageError, match="has no requests"):
        read_openapi('{"paths": {"/p": {}}}')


def test_a_large_one_is_read() -> None:
    paths = {
        f"/things/{{id}}/{number}": {"get": {}, "post": content("application/json", PET)} for number in range(1000)
    }
    assert len(read_openapi(json.dumps({**BASE, "paths": paths})).requests) == 2000


plain = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=6)
schemas = st.recursive(
    st.fixed_dictionaries({}, optional={
        "type": st.sampled_from(["string", "integer", "boolean", "array", "object", "null", 5]),
        "enum": st.lists(plain, max_size=2),
        "format": st.sampled_from(["date", "uuid", "x"]), "minLength": st.integers(0, 5), "example": plain,
    }),
    lambda inner: st.fixed_dictionaries({}, optional={
        "properties": st.dictionaries(st.text(max_size=5), inner, max_size=2), "items": inner,
        "allOf": st.lists(inner, max_size=2), "$ref": st.sampled_from(["#/paths", "#/x", "else.yaml#/a"]),
    }),
    max_leaves=4,
)  # fmt: skip
parameters = st.lists(
    st.fixed_dictionaries({"name": st.text(max_size=6), "in": st.sampled_from(["path", "query", "header", "cookie"])},
                          optional={"schema": schemas, "required": st.booleans(), "example": plain}),
    max_size=3,
)  # fmt: skip
kinds = st.sampled_from(["application/json", "multipart/form-data", "text/plain", "application/x-www-form-urlencoded"])
contents = st.dictionaries(kinds, st.fixed_dictionaries({"schema": schemas}), max_size=2)
operations = st.fixed_dictionaries({}, optional={
    "operationId": st.text(max_size=8), "parameters": parameters,
    "requestBody": st.fixed_dictionaries({"content": contents}),
})  # fmt: skip
paths = st.dictionaries(
    st.sampled_from(["/a", "/{id}", "/{a b}/x", "no-slash", "/q?x=1"]),
    st.dictionaries(st.sampled_from(["get", "post", "summary"]), operations, max_size=2),
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(paths)
def test_any_document_becomes_a_profile_that_can_be_run(made: dict[str, Any]) -> None:
    try:
        imported = read_openapi(json.dumps({**BASE, "paths": made}))
    except UsageError:
        return
    assert len(plan_of(imported).job.requests) == len(imported.requests)
