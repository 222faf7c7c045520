import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.endpoint import Origin
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.redirects import next_request

HERE = Origin("http", "here", 8080)


def follow(status, location, *, method="GET", target="/a/b?c=d"):
    head = f"HTTP/1.1 {status} X\r\n".encode()
    if location is not None:
        head += b"Location: " + (location if isinstance(location, bytes) else location.encode()) + b"\r\n"
    return next_request(Reply(status, None, head + b"\r\n", len(head) + 2), method, target, HERE)


@pytest.mark.parametrize(
    ("status", "method", "following", "keep_body"),
    [
        (301, "GET", "GET", True),
        (301, "POST", "GET", False),
        (301, "PUT", "PUT", True),
        (302, "POST", "GET", False),
        (302, "PUT", "GET", False),
        (302, "HEAD", "HEAD", True),
        (303, "DELETE", "GET", False),
        (303, "HEAD", "HEAD", True),
        (307, "POST", "POST", True),
        (308, "PATCH", "PATCH", True),
    ],
)
def test_the_method_and_the_body_follow_the_status(status, method, following, keep_body):
    found = follow(status, "/next", method=method)
    assert (found.method, found.keep_body, found.target) == (following, keep_body, "/next")


@pytest.mark.parametrize(
    ("location", "origin", "target"),
    [
        ("/next?x=1#part", HERE, "/next?x=1"),
        ("next", HERE, "/a/next"),
        ("../next", HERE, "/next"),
        ("?x", HERE, "/a/b?x"),
        ("//other/x", Origin("http", "other", 80), "/x"),
        ("https://here:8080/x", Origin("https", "here", 8080), "/x"),
        ("HTTP://HERE:8080", HERE, "/"),
        ("http://me:secret@here:8080/x", HERE, "/x"),
        ("http://[::1]/", Origin("http", "::1", 80), "/"),
        ("/größe/a b", HERE, "/gr%C3%B6%C3%9Fe/a%20b"),
        (b"/caf\xe9", HERE, "/caf%C3%A9"),
    ],
)
def test_a_location_is_taken_from_where_the_reply_came(location, origin, target):
    found = follow(302, location)
    assert (found.origin, found.target, found.same_origin) == (origin, target, origin == HERE)


@pytest.mark.parametrize(
    ("status", "location"),
    [
        (200, "/next"),
        (201, "/next"),
        (300, "/next"),
        (304, "/next"),
        (302, None),
        (302, ""),
        (302, "mailto:me@here"),
        (302, "ftp://here/x"),
        (302, "http://[::1/"),
        (302, "http://here:99999/"),
    ],
)
def test_what_leads_nowhere_is_not_followed(status, location):
    assert follow(status, location) is None


@given(st.binary())
def test_any_location_leads_somewhere_or_nowhere(location):
    found = follow(302, location)
    assert found is None or found.target.isascii()
    assert found is None or not set("\r\n #") & set(found.target)
