from random import Random

import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.plan.jobs.scenario import Extract
from loadgen.workloads.scenario.replies.absent import AbsentError
from loadgen.workloads.scenario.replies.extract import taker
from loadgen.workloads.scenario.replies.reply import Reply

HEAD = (
    b"HTTP/1.1 200 OK\r\nLocation: /cart/7\r\nX-Id: a\r\nX-Id: b\r\n"
    b"Set-Cookie: sid=abc; Path=/\r\nSet-Cookie: n=1\r\n\r\n"
)
BODY = """{"token": "t-1", "id": 7, "rate": 0.5, "on": true, "none": null, "é": "ü", "empty": [],
 "items": [{"id": "x"}, {"id": "y"}, {"id": null}, {"n": {"a": [1]}}]}"""


def reply(body=BODY, error=None, status=200):
    return Reply(status, error, HEAD + body.encode(), len(HEAD))


def take(source, where, body=BODY, **options):
    return taker(Extract("V", source, where, **options))(reply(body), lambda: 0.0)


@pytest.mark.parametrize(
    ("source", "where", "value"),
    [
        ("json", "token", "t-1"),
        ("json", "id", 7),
        ("json", "rate", 0.5),
        ("json", "on", True),
        ("json", "é", "ü"),
        ("json", "items.3.n", {"a": [1]}),
        ("json", "items.*.id", "x"),
        ("json", "empty", []),
        ("header", "location", "/cart/7"),
        ("header", "X-ID", "a"),
        ("cookie", "sid", "abc"),
        ("regex", r'"token": "(\S+)"', "t-1"),
        ("regex", r"t-\d", "t-1"),
    ],
)
def test_the_first_value_is_taken_as_it_is(source, where, value):
    assert take(source, where) == value


@pytest.mark.parametrize(
    ("source", "where", "values"),
    [
        ("json", "items.*.id", {"x", "y"}),  # null is nothing
        ("json", "items.3.n.a", {1}),  # a list is its elements
        ("json", "id", {7}),
        ("header", "x-id", {"a", "b"}),
        ("cookie", "n", {"1"}),
        ("regex", r'"(i)d|"(?:to)', {"i"}),  # where the group took part
        ("regex", r"[xy](?=\"})", {"x", "y"}),
    ],
)
def test_at_random_any_value_is_taken(source, where, values):
    draw, taken = Random(1).random, taker(Extract("V", source, where, random=True))
    assert {taken(reply(), draw) for _ in range(60)} == values
    draw = Random(1).random
    first = [taken(reply(), draw) for _ in range(5)]
    draw = Random(1).random
    assert [taken(reply(), draw) for _ in range(5)] == first


@pytest.mark.parametrize("random", [False, True])
@pytest.mark.parametrize(
    ("source", "where", "text"),
    [
        ("json", "nothing", "JSON path nothing: no 'nothing', there is an object with 'token', "),
        ("json", "none", "JSON path none: there is null"),
        ("json", "empty.*", r"JSON path empty\.\*: there is \[\]"),
        ("header", "X-None", "header X-None: not among Location, X-Id, Set-Cookie"),
        ("cookie", "SID", "cookie SID: not among sid, n of Set-Cookie"),
        ("regex", "nothing", "regex 'nothing': no match in the body"),
    ],
)
def test_what_is_absent_fails_the_step_or_is_the_default(source, where, text, random):
    with pytest.raises(AbsentError, match=text):
        take(source, where, random=random)
    assert take(source, where, random=random, default="") == ""


def test_a_bad_reply_says_its_status_too():
    bad = reply("<html>", ErrorClass.UNEXPECTED_STATUS, 502)
    for source in ("json", "header", "cookie", "regex"):
        with pytest.raises(AbsentError, match=r"\(status 502\)"):
            taker(Extract("V", source, "x"))(bad, lambda: 0.0)
    with pytest.raises(AbsentError, match="no reply: no complete reply within --timeout"):
        taker(Extract("V", "header", "x"))(Reply(0, ErrorClass.TIMEOUT, b"", 0), lambda: 0.0)


@pytest.mark.parametrize(("source", "where"), [("json", "a..b"), ("regex", "(")])
def test_what_can_never_be_found_is_refused_at_once(source, where):
    with pytest.raises(ValueError, match=r"JSON path 'a\.\.b'|regex '\('"):
        taker(Extract("V", source, where))
