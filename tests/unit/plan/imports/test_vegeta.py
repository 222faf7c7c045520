"""Targets of vegeta, and plain lists."""

import json
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.errors import UsageError
from loadgen.plan.imports.vegeta import read_vegeta
from tests.support.imports import headers, requests_of, sent

GETS = [("GET", "/1", ""), ("GET", "/2", "")]
MADE = {
    "one URL": ("http://h/1", [("GET", "/1", "")]),
    "a list": ("http://h/1\n\nhttp://h/2?a=b\n", [("GET", "/1", ""), ("GET", "/2?a=b", "")]),
    "with comments": ("# all\nhttp://h/1\n  # more\nhttp://h/2", GETS),
    "requests": ("GET http://h/1\nDELETE http://h/2", [("GET", "/1", ""), ("DELETE", "/2", "")]),
    "with headers": ("GET http://h/1\nA: b\n# why\nC:d\n\nHEAD http://h/2\nE: f", [GETS[0], ("HEAD", "/2", "")]),
    "lists mixed": ("http://h/1\nPOST http://h/2\nX: y\n\nhttp://h/1", [GETS[0], ("POST", "/2", ""), GETS[0]]),
    "JSON": ('{"method":"PUT","url":"http://h/1","body":"YWI="}', [("PUT", "/1", "ab")]),
    "JSON lines": ('{"url":"http://h/1"}\n{"url":"http://h/2","header":{"A":["b","c"]}}', GETS),
    "Windows": ("\ufeffGET http://h/1\r\nA: b\r\n\r\nGET http://h/2\r\n", GETS),
    "other methods": ("PROPFIND http://h/1", [("PROPFIND", "/1", "")]),
    "no path": ("http://h\nhttp://h?x=1", [("GET", "/", ""), ("GET", "/?x=1", "")]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MADE.values(), ids=MADE)
def test_targets_in_their_order(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [sent(spec) for spec in requests_of(read_vegeta, text)] == expected


def test_headers_and_bodies_of_files(tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"\0content")
    (spec,) = requests_of(read_vegeta, f"POST http://h/1\nContent-Type: a/b\nX-Y: z: w\n@{file}")
    assert headers(spec) == {"content-type": "a/b", "x-y": "z: w"}
    assert spec.body == b"\0content"


@given(st.binary(max_size=50))
def test_any_body_in_json_is_sent_as_it_is(body: bytes) -> None:
    line = json.dumps({"method": "POST", "url": "http://h/", "body": b64encode(body).decode()})
    (spec,) = requests_of(read_vegeta, line)
    assert spec.body == body


def test_several_hosts_are_several_origins() -> None:
    first, other = requests_of(read_vegeta, "http://h/1\nhttp://i:81/2")
    assert (first.origin, str(other.origin), other.path) == (None, "http://i:81", "/2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "line 1: expected a URL with http or https"),
        ("GET http://h/\nno header", "line 2: expected a header, @FILE or a request"),
        ("\nGET ftp://h/", "line 2: expected a URL"),
        ('{"url": 5', "line 1: not a target in JSON"),
        ('{"url":"http://h/","body":"?"}', "line 1: not a target in JSON"),
        ("http://h:99999/", "line 1: expected a URL"),
    ],
)
def test_a_wrong_line_is_named(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_vegeta(text)


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with suppress(UsageError):
        requests_of(read_vegeta, text)


def test_tens_of_thousands_are_read() -> None:
    assert len(read_vegeta("".join(f"http://h/items/{number}\n" for number in range(30_000))).requests) == 30_000
