from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.endpoint import Origin
from loadgen.plan.profiles.address import Target, parse_target, request_place


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("http://h", Origin("http", "h", 80), "/"),
        ("https://h", Origin("https", "h", 443), "/"),
        ("HTTP://H:8080/A?b=c", Origin("http", "h", 8080), "/A?b=c"),
        ("http://h?q", Origin("http", "h", 80), "/?q"),
        ("http://[::1]:81/", Origin("http", "::1", 81), "/"),
        ("http://bücher.example/ä b", Origin("http", "xn--bcher-kva.example", 80), "/%C3%A4%20b"),
        ("http://h/%2F%zz", Origin("http", "h", 80), "/%2F%zz"),
        (" http://h_1.x./ ", Origin("http", "h_1.x.", 80), "/"),
    ],
)
def test_a_url_is_an_origin_and_a_path(url, origin, path):
    assert parse_target(url) == Target(origin, path)


@pytest.mark.parametrize(
    ("url", "userinfo"),
    [("http://u:p@h/", "u:p"), ("http://u@h/", "u"), ("http://a%40b:p%3A%2F@h/", "a@b:p:/"), ("http://@h/", None)],
)
def test_userinfo_is_decoded_and_kept_apart(url, userinfo):
    target = parse_target(url)
    assert target.userinfo == userinfo
    assert "@" not in str(target)


@pytest.mark.parametrize(
    "url",
    ["", "h", "//h/", "ftp://h/", "http://", "http:///x", "http://h:0/", "http://h:99999/", "http://h:x/", "http://[::1",
     "http://[::g]/", "http://a b/", "http://-h/", "http://a..b/", "http://" + "a" * 64 + "/", "http://h/\r\nX: y",
     "http://h/\0", "http://h/\ud800", 5, None],
)  # fmt: skip
def test_what_is_no_http_url_is_refused(url):
    with pytest.raises(ValueError, match=r"^expected a "):
        parse_target(url)


TARGET = Target(Origin("http", "h", 81), "/base?x=1")


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/x", "/x"),
        ("/", "/"),
        ("/x y/ä?q=ü z", "/x%20y/%C3%A4?q=%C3%BC%20z"),
        ("/items/${id}?a={b}", "/items/${id}?a={b}"),
        ("//double", "//double"),
        ("http://h:81/y?z", "/y?z"),
        ("HTTP://H:81", "/"),
        ("http://h:81/${id}", "/${id}"),
    ],
)
def test_a_request_path_is_absolute_from_the_origin(path, sent):
    assert request_place(TARGET, path) == (None, sent)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("x", "expected a path that begins with / or a URL, got 'x'"),
        ("", "expected a path that begins with /"),
        ("?q", "expected a path that begins with /"),
        ("http://u:p@h:81/y", "expected a URL without user and password"),
        ("http://${h}:81/y", "expected a URL with a host"),
        ("/a#b", "expected a path without #, as nothing from a # on reaches a server: write %23 "),
        ("http://h:81/y?q=C#", "expected a URL without #, as nothing from a # on reaches a server: write %23 "),
    ],
)
def test_a_request_has_a_path_or_a_url(path, problem):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is what is tested
        request_place(TARGET, path)
    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize(
    ("path", "origin"), [("http://h/y", Origin("http", "h", 80)), ("https://h:81/y", Origin("https", "h", 81))]
)
def test_a_request_to_another_origin_says_which(path, origin):
    assert request_place(TARGET, path) == (origin, "/y")


@given(st.text())
def test_whatever_is_read_nothing_but_a_value_error_comes_out(text):
    for url in (text, f"http://{text}", f"http://h/{text}"):
        with suppress(ValueError):
            assert 0 < parse_target(url).origin.port < 65536
