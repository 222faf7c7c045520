"""Values in places: whatever they are, a server reads there the value and nothing else."""

import json
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.endpoint import Origin
from loadgen.plan.encodings import BodyKind
from loadgen.plan.jobs.http import RequestSpec
from loadgen.workloads.scenario.declared.layout import Layout, Slots, as_text

ORIGIN = Origin("http", "shop.example", 80)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


def slots() -> Slots:
    return Slots({"V", "row"}, set(), ORIGIN)


def with_value(made: Slots, layout: Layout, value: object) -> str:
    """The text with the value in all places of V."""
    values = made.initial.copy()
    for slot, write in made.writes_of("V"):
        values[slot] = write(value)
    return layout.text(values)


def body(text: str, kind: BodyKind, value: object) -> str:
    made = slots()
    layout = Layout(made.body(RequestSpec("n", "POST", "/", body=text.encode(), body_kind=kind)))
    return with_value(made, layout, value)


@given(VALUES)
def test_a_value_in_a_path_is_one_segment_and_one_value_of_a_query(value: object) -> None:
    made = slots()
    path = with_value(made, Layout(made.path("/a/${V}/b?x=1&v=${V}&100%")), value)
    before, _, query = path.partition("?")
    assert path.isascii()
    assert [unquote(part) for part in before.split("/")] == ["", "a", as_text(value), "b"]
    assert parse_qsl(query, keep_blank_values=True)[:2] == [("x", "1"), ("v", as_text(value))]
    assert path.endswith("&100%")


@given(VALUES)
def test_a_value_in_a_json_body_is_that_value(value: object) -> None:
    found = json.loads(body('{"whole":${V:json},"within":"<${V}>"}', "json", value))
    assert found == {"whole": value, "within": f"<{as_text(value)}>"}


@given(TEXTS)
def test_a_value_in_a_form_is_that_value(value: str) -> None:
    assert parse_qsl(body("a=${V}&b=2", "form", value), keep_blank_values=True) == [("a", value), ("b", "2")]


@given(TEXTS)
def test_a_value_in_a_header_is_one_line_or_refused(value: str) -> None:
    made = slots()
    layout = Layout(made.headers((("X-A", "<${V}>"), ("X-B", "c"))))
    try:
        block = with_value(made, layout, value)
    except ValueError:
        return
    assert block.encode("latin-1").count(b"\n") == 2
    assert block.endswith(">\r\nX-B: c\r\n")


def test_a_default_stands_as_it_is_written_and_each_has_a_place_of_its_own() -> None:
    made = slots()
    layout = Layout(made.path("/${V:-a%20b}/${V:-c}/${row.x:-d}/${other}"))
    assert layout.text(made.initial) == "/a%20b/c/d/${other}"
    assert with_value(made, layout, 7) == "/7/7/d/${other}"


def test_a_text_without_places_is_constant() -> None:
    layout = Layout(slots().path("/a%20b/${other}"))
    assert layout.constant == "/a%20b/${other}"
    assert layout.text([]) == "/a%20b/${other}"


def test_a_body_without_places_is_not_looked_at() -> None:
    assert slots().body(RequestSpec("n", "POST", "/", body=b"\xff\xfe")) == []


@pytest.mark.parametrize("value", ["http://[", "ftp://shop.example/", "https://shop.example/"])
def test_what_no_path_of_the_target_begins_with_is_refused(value: str) -> None:
    made = slots()
    layout = Layout(made.path("${V}/pay"))
    with pytest.raises(ValueError, match=r"expected|URL|IPv6"):
        with_value(made, layout, value)
