import re
from enum import Enum
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.endpoint import Origin
from loadgen.workloads.scenario.sending.paths import compile_path, split_url, with_params


class Colour(str, Enum):  # noqa: UP042 -- a StrEnum writes itself otherwise
    RED = "red"


OTHER = Origin("http", "other", 80)
anything = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("template", "values", "target"),
    [
        ("/items", (), "/items"),
        ("/items/{}", (7,), "/items/7"),
        ("/items/{}", ("a b/ü?#&%",), "/items/a%20b%2F%C3%BC%3F%23%26%25"),
        ("/items/{id}/of/{who}", (7, "ann"), "/items/7/of/ann"),
        ("/search?q={}&n={}", ("x&y=1", 3), "/search?q=x%26y%3D1&n=3"),
        ("{+}/pay", ("/cart/7?x=1&y=%20",), "/cart/7?x=1&y=%20/pay"),
        ("{+where}", ("/a b\r\nX: y",), "/a%20b%0D%0AX:%20y"),
        ("{+}", ("cart/7",), "/cart/7"),
        ("{}", ("cart/7",), "/cart%2F7"),
        ("/{{x}}/{}", (1,), "/{x}/1"),
        ("/100%/%20/%s/{}", (1,), "/100%/%20/%s/1"),
        ("/100%", (), "/100%"),
        ("/größe x\n", (), "/gr%C3%B6%C3%9Fe%20x%0A"),
        ("", (), "/"),
        ("items", (), "/items"),
        ("?q={}", (1,), "/?q=1"),
        ("/{}", (True,), "/true"),
        ("/{}", (1.5,), "/1.5"),
        ("/{}", (b"\xff/",), "/%FF%2F"),
        ("/{}", (UUID(int=1),), "/00000000-0000-0000-0000-000000000001"),
        ("/{}?{}", (Colour.RED, Colour.RED), "/red?red"),
        ("{+}", (Colour.RED,), "/red"),
        ("/{}", ("",), "/"),
        ("/{}/{+}", ("%41", "%41"), "/%2541/%41"),
        ("{+}/pay", ("/cart/7?x#part",), "/cart/7?x/pay"),
        ("{+}", (b"/caf\xe9",), "/caf%C3%A9"),
    ],
)
def test_values_are_written_into_their_places(template, values, target):
    assert compile_path(template).render(*values) == target


@pytest.mark.parametrize(
    ("template", "values", "origin", "rendered"),
    [
        ("http://other/x", (), OTHER, "/x"),
        ("HTTP://Other:8080", (), Origin("http", "other", 8080), "/"),
        ("https://other?x={}", (1,), Origin("https", "other", 443), "/?x=1"),
        ("http://[::1]:81/{}", ("a b",), Origin("http", "::1", 81), "/a%20b"),
        ("http://{}/x", ("other",), None, "http://other/x"),  # for `split_url`
        ("{+}/pay", ("http://other/cart",), None, "http://other/cart/pay"),
        ("/go/{+}", ("http://other/",), None, "/go/http://other/"),
    ],
)
def test_a_template_may_lead_to_another_origin(template, values, origin, rendered):
    path = compile_path(template)
    assert path.origin == origin
    assert path.render(*values) == rendered
    assert rendered[0] == "/" or path.roams


def test_an_absolute_url_is_split():
    assert split_url("http://other/a b?c") == (OTHER, "/a%20b?c")
    with pytest.raises(ValueError, match="without user and password"):
        split_url("http://me:pw@other/")
    with pytest.raises(ValueError, match="expected a port"):
        split_url("http://other:99999/")


def test_a_base_stands_before_paths_of_the_template_and_not_before_those_of_a_reply():
    assert compile_path("/items/{}", "/api").render(7) == "/api/items/7"
    assert compile_path("items", "/api").render() == "/api/items"
    assert compile_path("{+}", "/api").render("/api/cart/7") == "/api/cart/7"
    assert compile_path("http://other/x", "/api").render() == "/x"


@pytest.mark.parametrize(
    ("template", "values", "text"),
    [
        ("/a/{}/{}", (1,), "path '/a/{}/{}': 2 values are needed, 1 given"),
        ("/a", (1,), "path '/a': no values are needed, 1 given"),
        ("/a/{}", (), "path '/a/{}': 1 value is needed, 0 given"),
        ("/a/{}", (None,), "path '/a/{}': expected a text or a number as a value, got None"),
        ("/a/{}/{}", (1, None), "path '/a/{}/{}': expected a text or a number as a value, got None"),
        ("{+}/pay", (None,), "path '{+}/pay': expected a text or a number as a value, got None"),
        ("/a/{}", ([1, 2],), "path '/a/{}': expected a text or a number as a value, got [1, 2]"),
        ("ftp://h/x", (), "path 'ftp://h/x': expected a path, or a URL with http or https and a host"),
        ("http:///x", (), "path 'http:///x': expected a path, or a URL with http or https and a host"),
        ("/a#b", (), "path '/a#b': nothing from a # on reaches a server: write %23"),
        ("/a/{", (), "path '/a/{': a lone {: write {} where a value goes"),
        ("/a/}", (), "{{+}} for one|a lone }"),
        ("/a/{0}", (1,), "a lone {"),
        ("/a/{x!r}", (1,), "a lone {"),
        ("/a/{:d}", (1,), "a lone {"),
        ("http://me:secret@other/", (), "without user and password"),
        ("http://:80/", (), "expected a URL with a host"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_with_its_remedy(template, values, text):
    with pytest.raises(ValueError, match="|".join(map(re.escape, text.split("|")))) as caught:
        compile_path(template).render(*values)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "params", "expected"),
    [
        ("/x", {"a": 1, "b": "x y&z"}, "/x?a=1&b=x%20y%26z"),
        ("/x?c=1", {"a": [1, 2], "n": None, "t": True}, "/x?c=1&a=1&a=2&t=true"),
        ("/x?", [("a", 1), ("a", (2, 3))], "/x?a=1&a=2&a=3"),
        ("/x?c=1&", {"a b": b"\xff"}, "/x?c=1&a%20b=%FF"),
        ("/x", {}, "/x"),
        ("/x", {"a": None, "b": []}, "/x"),
        ("/x", {"a": "#"}, "/x?a=%23"),
        ("/x", "a=1&b= 2#", "/x?a=1&b=%202%23"),
        ("/x?c", "?a=1", "/x?c&a=1"),
        ("/x", "", "/x"),
        ("/x", {"a": ""}, "/x?a="),
    ],
)
def test_params_are_added_to_the_query(target, params, expected):
    assert with_params(target, params) == expected


@pytest.mark.parametrize("params", [5, ["ab"], [("a",)], b"a=1"])
def test_params_that_are_no_pairs_are_refused(params):
    with pytest.raises(TypeError, match="params: expected a mapping, or pairs of a name and a value, got"):
        with_params("/x", params)


@pytest.mark.parametrize("path", [None, b"/x", 5])
def test_a_path_that_is_no_text_is_refused(path):
    with pytest.raises(TypeError, match=r"expected a text such as '/items/\{\}'"):
        compile_path(path)


@given(anything, anything)
def test_an_encoded_value_arrives_as_it_is_and_changes_nothing_around_it(first, second):
    target = compile_path("/a/{}/b?c={}").render(first, second)
    parts = urlsplit(target)
    assert unquote(parts.path) == f"/a/{first}/b"
    assert parse_qsl(parts.query, keep_blank_values=True) == [("c", second)]


@given(st.dictionaries(anything, anything | st.lists(anything)))
def test_params_arrive_as_they_are(params):
    pairs = [(name, item) for name, value in params.items() for item in (value if isinstance(value, list) else [value])]
    assert parse_qsl(urlsplit(with_params("/x", params)).query, keep_blank_values=True) == pairs


@given(st.text(), st.text())
def test_nothing_that_ends_a_request_line_gets_into_it(template, value):
    try:
        target = compile_path(template.replace("?", "{+}")).render(*[value] * template.count("?"))
    except ValueError:
        return
    assert re.fullmatch(r"[!-~]+", target)
