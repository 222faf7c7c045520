"""What a person wrote becomes a mapping with the keys that a class declares, or all that is wrong is said."""

from collections.abc import Mapping
from typing import Annotated, Any

import pytest

from loadgen.plan.problems import where_text
from loadgen.plan.profiles.keys import Keys, Needed, Reads, Then, Written, keys_of, read_keys
from loadgen.plan.profiles.values import Raw


def number(value: object) -> int:
    if not isinstance(value, int | Raw):
        raise ValueError("expected a number")
    return int(value)


def short(values: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(values) > 1:
        raise ValueError("expected one entry")
    return values


Number = Annotated[int, Reads(number)]


class Inner(Keys):
    name: str | None = None
    more: "tuple[Inner, ...]" = ()


class Outer(Keys):
    to: Annotated[str, Reads(str.upper), Needed("a place")]
    share: Annotated[float, Reads(number)] = 0.5
    numbers: Annotated[tuple[Number, ...], Reads(lambda value: value if isinstance(value, list) else [value])] = ()
    pair: Annotated[tuple[str, float], Reads(lambda value: tuple(value.split()))] = ("a", 1.0)
    wide: Annotated[Number | None, Written("from")] = None
    inner: Inner = Inner()
    named: Annotated[Mapping[Annotated[str, Reads(str.lower)], Inner], Then(short)] = {}
    anything: Any = None


@pytest.mark.parametrize(
    ("key", "value", "attribute", "read"),
    [
        ("share", Raw("3"), "share", 3.0),
        ("numbers", [1, Raw("2")], "numbers", (1, 2)),
        ("numbers", 7, "numbers", (7,)),
        ("pair", Raw("x 2"), "pair", ("x", 2.0)),
        ("from", 5, "wide", 5),
        ("from", None, "wide", None),
        ("anything", {"a": [1]}, "anything", {"a": [1]}),
    ],
)
def test_a_value_is_read_by_its_marks_and_then_has_its_type(key: str, value: Any, attribute: str, read: Any) -> None:
    outer, problems = read_keys(Outer, {"to": "x", key: value})
    assert problems == []
    assert outer is not None
    assert (getattr(outer, attribute), outer.to, {*outer.given}) == (read, "X", {"to", attribute})
    assert repr(type(getattr(outer, attribute))) == repr(type(read))


def test_mappings_within_are_read_by_their_own_keys() -> None:
    given = {"to": "x", "inner": {"name": Raw("n"), "more": [{}, {"name": "m"}]}, "named": {"A": {"name": "b"}}}
    outer, problems = read_keys(Outer, given)
    assert problems == []
    assert outer is not None
    assert (outer.inner.name, type(outer.inner.name)) == ("n", str)
    assert [(one.name, {*one.given}) for one in outer.inner.more] == [(None, set()), ("m", {"name"})]
    assert {name: inner.name for name, inner in outer.named.items()} == {"a": "b"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, {"to": "missing: expected a place"}),
        ({"to": "x", "shrae": 1}, {"shrae": "unknown key; did you mean 'share'?"}),
        ({"to": "x", "wide": 1}, {"wide": "unknown key; known are: "}),
        ({"to": "x", 5: 1}, {"[5]": "unknown key; known are: "}),
        ({"to": "x", "share": [], "numbers": [1, None, {}]},
         {"share": "expected a number", "numbers[1]": "expected a number", "numbers[2]": "expected a number"}),
        ({"to": "x", "inner": 3}, {"inner": "expected a mapping of keys and values, got 3"}),
        ({"to": "x", "inner": {"more": {}}}, {"inner.more": "expected a list, got "}),
        ({"to": "x", "inner": {"more": [{"name": 5}]}}, {"inner.more[0].name": "not a value that can stand here: 5"}),
        ({"to": "x", "named": [1]}, {"named": "expected a mapping of keys and values, got "}),
        ({"to": "x", "named": {"a": {}, "b": {}}}, {"named": "expected one entry"}),
        ({"to": "x", "named": {"a": 1, "b": 2}}, {"named.a": "expected a mapping ", "named.b": "expected a mapping "}),
    ],
)  # fmt: skip
def test_all_that_is_wrong_is_said_with_its_place(values: dict[Any, Any], said: dict[str, str]) -> None:
    outer, problems = read_keys(Outer, values)
    assert outer is None
    assert [where_text(problem.where) for problem in problems] == list(said)
    for problem, text in zip(problems, said.values(), strict=True):
        assert problem.text.startswith(text)


def test_what_was_read_stays_as_it_is_and_a_changed_one_is_another() -> None:
    outer, _ = read_keys(Outer, {"to": "x"})
    assert outer is not None
    other = outer.changed(share=2.0)
    assert (other.share, other.to, {*other.given}) == (2.0, "X", {"to", "share"})
    assert (outer.share, {*outer.given}) == (0.5, {"to"})
    with pytest.raises(AttributeError, match=r"share cannot be set"):
        outer.share = 3.0


def test_keys_are_known_by_attribute_with_name_and_default() -> None:
    keys = keys_of(Outer)
    assert [(key.name, key.is_needed) for key in keys.values()][:2] == [("to", True), ("share", False)]
    assert (keys["wide"].name, keys["share"].default) == ("from", 0.5)
