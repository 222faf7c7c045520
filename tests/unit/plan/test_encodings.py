import json
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.plan.encodings import body_kind, encode_path, in_body, in_url, percent

SENDABLE = st.text(st.characters(exclude_categories=["Cs"]))


def written(encoders, literals, *values):
    """The literal texts with the values between them."""
    put_in = [encode(value) for encode, value in zip(encoders(literals), values, strict=True)]
    return "".join(part for pair in zip(literals, [*put_in, ""], strict=True) for part in pair)


@given(SENDABLE, SENDABLE, SENDABLE)
def test_a_server_reads_the_values_of_a_path_and_query_as_they_were(segment, first, second):
    path = written(in_url, ["/files/", "/x?a=", "&b=", "&c=1"], segment, first, second)
    parts = urlsplit(f"http://h{path}")
    assert unquote(parts.path) == f"/files/{segment}/x"
    assert parts.path.count("/") == 3
    expected = {"a": [first], "b": [second], "c": ["1"]}
    assert parse_qs(parts.query, keep_blank_values=True) == expected
    assert path == encode_path(path)


@pytest.mark.parametrize(
    ("literals", "values", "url"),
    [
        (["", ""], ["/a/b?c=d&e"], "/a/b?c=d&e"),  # the whole of it
        (["", "/search?q=", ""], ["http://h:1/v1", "a/b"], "http://h:1/v1/search?q=a%2Fb"),
        (["", "", "/x"], ["http://h", ":80"], "http://h:80/x"),
        (["http://", ":", "/", ""], ["h.example", "8080", "a b"], "http://h.example:8080/a%20b"),
        (["http://", ":", "@h/"], ["me@home", "p/w"], "http://me%40home:p%2Fw@h/"),
        (["http://", "/@", ""], ["h.example:80", "@"], "http://h.example:80/@%40"),
        (["/go?to=http://", ""], ["h/x"], "/go?to=http://h%2Fx"),
    ],
)
def test_what_begins_a_url_or_names_the_server_is_a_part_of_it(literals, values, url):
    assert written(in_url, literals, *values) == url


@given(SENDABLE, SENDABLE)
def test_a_server_reads_the_values_of_a_form_as_they_were(first, second):
    form = written(lambda literals: in_body("form", literals), ["a=", "&b=", "&c=+"], first, second)
    assert parse_qs(form, keep_blank_values=True) == {"a": [first], "b": [second], "c": [" "]}


@given(SENDABLE, SENDABLE)
def test_a_value_inside_a_string_of_json_is_escaped_and_any_other_is_json(text, other):
    literals = ['{"a\\\\\\"": "x ', '", "b": ', ', "c": "', '"}']
    body = written(lambda literals: in_body("json", literals), literals, text, json.dumps({"d": other}), other)
    assert json.loads(body) == {'a\\"': f"x {text}", "b": {"d": other}, "c": other}


@pytest.mark.parametrize("kind", ["text", "form", "json"])
def test_a_value_that_is_the_whole_body_is_written_as_it_is(kind):
    assert written(lambda literals: in_body(kind, literals), ["", ""], 'a&b="c') == 'a&b="c'


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ([], "text"),
        ([("Content-Type", "text/plain")], "text"),
        ([("content-type", "Application/JSON; charset=utf-8")], "json"),
        ([("Content-Type", "application/vnd.api+json")], "json"),
        ([("Content-Type", "application/json"), ("Content-Type", "application/x-www-form-urlencoded")], "form"),
    ],
)
def test_the_last_content_type_says_what_a_body_is(fields, kind):
    assert body_kind(fields) == kind


@given(st.text())
def test_an_encoded_path_is_printable_ascii_and_stays_what_it_is(text):
    encoded = encode_path(text)
    assert all("!" <= character <= "~" for character in encoded)
    assert encode_path(encoded) == encoded


def test_half_a_character_stays_to_be_refused():
    assert percent("\ud800") == "\ud800"
