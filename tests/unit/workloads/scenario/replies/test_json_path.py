import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.workloads.scenario.replies.absent import AbsentError
from loadgen.workloads.scenario.replies.json_path import compile_json_path

ORDER = {
    "id": 7,
    "none": None,
    "a.b": {"c]": 1, 'q"q': 2},
    "0": "zero",
    "items": [{"id": 1, "tags": ["x", "y"]}, {"id": 2}, {"name": "no id", "tags": []}],
    "by": {"x": {"n": 1}, "y": {"n": 2}},
    "": "empty",
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", 7),
        ("none", None),
        ("items.0.id", 1),
        ("items[1].id", 2),
        ("items.-1.name", "no id"),
        ("items[-2]['id']", 2),
        ("$.items[0].id", 1),
        (".items.0.id", 1),
        ("0", "zero"),  # a number is a key in an object
        ('["0"]', "zero"),
        ('"a.b"."c]"', 1),
        ('["a.b"]["c]"]', 1),
        (r'"a.b"."q\"q"', 2),
        ('""', "empty"),
    ],
)
def test_a_path_leads_to_a_value(path, value):
    assert compile_json_path(path).find(ORDER) == value


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("items.*.id", [1, 2]),  # those that have one
        ("items[*].tags[*]", ["x", "y"]),
        ("items.*.tags.0", ["x"]),
        ("by.*.n", [1, 2]),
        ("*", list(ORDER.values())),
        ("items.*.none.*", []),
    ],
)
def test_a_star_gives_all_of_them(path, values):
    compiled = compile_json_path(path)
    assert compiled.many
    assert compiled.find(ORDER) == values


@pytest.mark.parametrize(
    ("path", "document", "text"),
    [
        ("total", {"error": 1, "code": 2}, "JSON path total: no 'total', there is an object with 'error', 'code'"),
        ("items.3.id", ORDER, "JSON path items.3.id: no '3' at items, there is a list of 3"),
        ("items.-4", ORDER, "JSON path items.-4: no '-4' at items, there is a list of 3"),
        ("id.x", ORDER, "JSON path id.x: no 'x' at id, there is 7"),
        ("none.x", ORDER, "JSON path none.x: no 'x' at none, there is null"),
        ("0.x", ORDER, "JSON path 0.x: no 'x' at 0, there is 'zero'"),
        ('items."0"', ORDER, "JSON path items.\"0\": no '0' at items, there is a list of 3"),  # quoted: a key
        ("a", [], "JSON path a: no 'a', there is []"),
        ("a", {}, "JSON path a: no 'a', there is {}"),
        ("id.*", ORDER, "JSON path id.*: no list or object at id, there is 7"),
        ("*.x", None, "JSON path *.x: no list or object, there is null"),
        ("other.*.id", {"x": "y"}, "JSON path other.*.id: no 'other', there is an object with 'x'"),
    ],
)
def test_what_is_absent_is_said_with_what_is_there(path, document, text):
    with pytest.raises(AbsentError) as caught:
        compile_json_path(path).find(document)
    assert str(caught.value) == text


def test_a_wide_object_and_a_long_text_are_shown_in_part():
    with pytest.raises(AbsentError, match=r"'k7' and 92 more$"):
        compile_json_path("x").find({f"k{number}": 0 for number in range(100)})
    with pytest.raises(AbsentError, match=r"there is 'y{80}\.\.\.'$"):
        compile_json_path("x").find("y" * 5000)


@pytest.mark.parametrize("path", ["", "$", "a..b", "a.", "a[", "a[x]", "a[0]b", 'a"b"', '"a', "a]b", "[", "a.[0]x"])
def test_what_is_no_path_is_refused_with_how_one_is_written(path):
    if path == "$":  # a key like any other
        assert compile_json_path(path).find({"$": 1}) == 1
        return
    with pytest.raises(ValueError, match="a path is written like items"):
        compile_json_path(path)


keys = st.text(max_size=6)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


def walks(value, path=()):
    yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from walks(item, (*path, key))


@given(documents)
def test_every_value_of_any_document_can_be_reached(document):
    for path, value in walks(document):
        if path:
            quoted = (f"[{step}]" if isinstance(step, int) else f"[{quote(step)}]" for step in path)
            assert compile_json_path("".join(quoted)).find(document) is value


def quote(key):
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.text(alphabet='ab01.*[]"$-', max_size=10), documents)
def test_any_text_is_a_path_or_refused_and_finds_something_or_not(path, document):
    with suppress(ValueError, AbsentError):
        compiled = compile_json_path(path)
        found = compiled.find(document)
        assert json.dumps(found) in json.dumps(document) or compiled.many
