"""Collections of Postman: requests under the names of their folders."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.errors import UsageError
from loadgen.plan.imports.postman import read_postman
from tests.support.imports import headers, plan_of, requests_of, sent


def collection(*items: Any, **more: Any) -> str:
    return json.dumps({"info": {"schema": ".../v2.1.0/collection.json"}, "item": list(items), **more})


def item(url: Any, name: str = "", **request: Any) -> dict[str, Any]:
    return {"name": name, "request": {"url": url, **request}}


def body(mode: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"method": "POST", "body": {"mode": mode, mode: value, **more}}


HOST = [{"key": "host", "value": "http://h:81"}, {"key": "id", "value": "7"}, {"key": "empty", "value": ""}]
MADE = {
    "a text": (collection({"request": "http://h/p"}), [("GET", "/p", "")]),
    "a URL in parts": (collection(item({"protocol": "http", "host": ["a", "b"], "port": "81", "path": ["x", "y"],
                                        "query": [{"key": "q", "value": "1"}, {"key": "z", "disabled": True}]})),
                       [("GET", "/x/y?q=1", "")]),
    "raw before parts": (collection(item({"raw": "http://h/p?a=b", "host": ["other"]})), [("GET", "/p?a=b", "")]),
    "no scheme": (collection(item("h/p")), [("GET", "/p", "")]),
    "a variable as server": (collection(item("{{host}}/p/{{id}}"), variable=HOST), [("GET", "/p/7", "")]),
    "a value of the path": (collection(item({"raw": "http://h/p/:id/x", "variable": [{"key": "id", "value": "9"}]})),
                            [("GET", "/p/9/x", "")]),
    "folders": (collection({"name": "a", "item": [item("http://h/1"), {"name": "b", "item": [item("http://h/2")]}]}),
                [("GET", "/1", ""), ("GET", "/2", "")]),
    "raw": (collection(item("http://h/p", **body("raw", '{"a": "${b}", "id": {{id}}}', options={
        "raw": {"language": "json"}})), variable=HOST), [("POST", "/p", '{"a": "${b}", "id": 7}')]),
    "a form": (collection(item("http://h/p", **body("urlencoded", [
        {"key": "a b", "value": "1&2"}, {"key": "c", "disabled": True}]))), [("POST", "/p", "a+b=1%262")]),
    "GraphQL": (collection(item("http://h/p", **body("graphql", {"query": "{a}", "variables": '{"x": 1}'}))),
                [("POST", "/p", '{"query": "{a}", "variables": {"x": 1}}')]),
    "blanks": (collection(item("http://h/a b?q=c d")), [("GET", "/a%20b?q=c%20d", "")]),
    "wrapped": (json.dumps({"collection": {"item": [item("http://h/p", method="delete")]}}), [("DELETE", "/p", "")]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MADE.values(), ids=MADE)
def test_a_request_is_what_it_would_send(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [sent(spec) for spec in requests_of(read_postman, text)] == expected


def test_names_have_their_folders_in_front() -> None:
    text = collection(
        {"name": "shop", "item": [item("http://h/1", "list"), item("http://h/2", "list")]}, item("http://h/3")
    )
    names = [request.name for request in read_postman(text).requests]
    assert names == ["shop / list", "shop / list", ""]
    assert [spec.name for spec in requests_of(read_postman, text)] == ["shop / list", "shop / list #2", "GET /3"]


def test_who_one_is_is_inherited_and_hidden() -> None:
    bearer = {"type": "bearer", "bearer": [{"key": "token", "value": "t12345678"}]}
    basic = {"type": "basic", "basic": {"username": "u", "password": "p"}}
    key = {"type": "apikey", "apikey": [{"key": "key", "value": "api_key"}, {"key": "value", "value": "{{k}}"},
                                        {"key": "in", "value": "query"}]}  # fmt: skip
    text = collection(
        item("http://h/1"), {"item": [item("http://h/2")], "auth": basic}, item("http://h/3", auth=key),
        item("http://h/4", auth={"type": "noauth"}), auth=bearer,
    )  # fmt: skip
    first, second, third, fourth = plan_of(read_postman(text)).job.requests
    assert headers(first)["authorization"] == "Bearer hidden:AUTHORIZATION"
    assert headers(second)["authorization"] == "Basic hidden:AUTHORIZATION_2"
    assert third.path == "/3?api_key=hidden%3Ak"
    assert headers(fourth) == {}


def test_variables_without_a_value_are_the_environment_s() -> None:
    text = collection(
        item("{{base}}/p?t={{$guid}}", header=[{"key": "A", "value": "{{a-b}} {{empty}}"}]), variable=HOST
    )
    imported = read_postman(text)
    assert imported.variables["a_b"] == imported.variables["base"] | {"env": "a_b"}
    assert imported.variables["guid"] == {"uuid": True}
    assert "set base" in imported.notes[-1]
    assert "a_b" in imported.notes[-1]


def test_parts_keep_their_types() -> None:
    fields = [{"key": "a", "value": "b", "contentType": "text/x"}, {"key": "c", "value": "{{id}}"}]
    (spec,) = requests_of(read_postman, collection(item("http://h/p", **body("formdata", fields)), variable=HOST))
    assert b'name="a"\r\nContent-Type: text/x\r\n\r\nb\r\n' in spec.body
    assert b'name="c"\r\n\r\n7\r\n' in spec.body


def test_scripts_and_what_cannot_be_asked_for_are_named() -> None:
    event = [{"listen": "test", "script": {"exec": ["pm.test()"]}}]
    text = collection({**item("http://h/1"), "event": event}, item("ws://h/x", "socket"), item("", "nothing"))
    notes = read_postman(text).notes
    assert notes[0].startswith("Left out: the scripts of 1 entry")
    assert notes[1] == "Left out: 2 entries whose URL cannot be asked for, such as 'socket'."


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"requests": []}', "{"])
def test_what_is_no_collection_says_so(text: str) -> None:
    with pytest.raises(UsageError, match="not a Postman collection"):
        read_postman(text)


def test_an_empty_one_says_so() -> None:
    with pytest.raises(UsageError, match="has no requests"):
        read_postman(collection())


def test_a_large_one_is_read() -> None:
    text = collection(*(item(f"http://h/{number}", f"n{number}", **body("raw", "x" * 2000)) for number in range(2000)))
    assert len(read_postman(text).requests) == 2000


texts = st.text(max_size=8) | st.sampled_from(["{{host}}", "{{x}}/a", "{{$randomInt}}", "${x}", "a{{id}}b"])
pairs = st.lists(
    st.fixed_dictionaries({}, optional={"key": texts, "value": texts, "type": st.just("text")}), max_size=2
)
bodies = st.fixed_dictionaries(
    {"mode": st.sampled_from(["raw", "urlencoded", "formdata", "graphql", "none"])},
    optional={
        "raw": texts,
        "urlencoded": pairs,
        "formdata": pairs,
        "graphql": st.dictionaries(texts, texts, max_size=1),
    },
)
urls = texts | st.builds("http://h/{}".format, texts) | st.builds("{{{{host}}}}/{}".format, texts)
items = st.recursive(
    st.fixed_dictionaries(
        {
            "request": st.fixed_dictionaries(
                {"url": urls}, optional={"header": pairs, "body": bodies, "method": st.just("PUT")}
            )
        },
        optional={"name": texts},
    ),
    lambda inner: st.fixed_dictionaries({"item": st.lists(inner, max_size=2)}, optional={"name": texts}),
    max_leaves=4,
)


@settings(max_examples=80, deadline=None)
@given(st.lists(items, max_size=3))
def test_any_collection_becomes_a_profile_that_can_be_run(made: list[Any]) -> None:
    known = [{"key": "host", "value": "http://h"}, {"key": "x", "value": "http://i"}, {"key": "id", "value": "1"}]
    try:
        imported = read_postman(collection(item("http://h/"), *made, variable=known))
    except UsageError:
        return
    assert len(plan_of(imported).job.requests) == len(imported.requests)
