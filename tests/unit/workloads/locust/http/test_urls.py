"""URLs as requests writes them."""

from typing import Any

import pytest

from loadgen.workloads.locust.http.urls import InvalidURL, absolute, origin_of, path_of, prepared

BASE = "http://h:80"


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        (BASE, "/a", "http://h:80/a"),
        (f"{BASE}/", "/a", "http://h:80/a"),
        (f"{BASE}/", "a", "http://h:80/a"),
        (f"{BASE}/v2", "/a", "http://h:80/v2/a"),
        (BASE, "", "http://h:80/"),
        (BASE, "?q", "http://h:80/?q"),
        (BASE, "HTTP://other/a", "http://other/a"),
        (BASE, "https://other", "https://other/"),
        (BASE, b"/bytes", "http://h:80/bytes"),
        (BASE, "/[x]|{y}", "http://h:80/%5Bx%5D%7C%7By%7D"),
        (BASE, "/%41%2f%zz", "http://h:80/%2541%252F%25zz"),
        (BASE, "/%41%2f", "http://h:80/A%2F"),
    ],
)
def test_a_path_goes_behind_the_base(base: str, path: Any, expected: str) -> None:
    assert prepared(absolute(base, path)) == expected


@pytest.mark.parametrize(
    ("params", "query"),
    [
        ({"a": 1, "b": ["x", "y"], "none": None}, "a=1&b=x&b=y"),
        ([("a", "1"), ("a", "ü &")], "a=1&a=%C3%BC+%26"),
        ("raw=ü", "raw=%C3%BC"),
        (b"raw=1", "raw=1"),
        ({}, ""),
    ],
)
def test_parameters_go_behind_the_query(params: Any, query: str) -> None:
    assert prepared(f"{BASE}/?given=1#part", params) == f"{BASE}/?given=1{'&' if query else ''}{query}#part"


@pytest.mark.parametrize("path", ["items", "ftp://x/y", ":x/"])
def test_a_path_without_a_slash_makes_no_url(path: str) -> None:
    with pytest.raises(InvalidURL):
        prepared(absolute("http://h:80", path))


def test_the_name_is_path_and_query() -> None:
    assert path_of("http://h:80/a?b=c#d") == "/a?b=c"
    assert origin_of("http://h:80/a?b=//c") == "http://h:80"
