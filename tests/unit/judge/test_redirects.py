import pytest

from loadgen.judge.redirects import redirect_notes
from loadgen.results.requests import Ledger, RequestResult
from loadgen.results.result import Result


def result(*, statuses=None, to="https://shop.example/login", ok=20, expect=None, names=("GET /a/b",)):
    """A run whose replies of each name had these statuses and Location."""
    seen = RequestResult(
        Ledger(ok, ok, 0, ok), status_codes={"301": ok} if statuses is None else statuses, redirects_to=to
    )
    requests = [{"name": name, "path": "/a/b", "expect": {"statuses": expect or [[200, 399]]}} for name in names]
    return Result(plan={"target": "http://shop.example", "requests": requests}, requests=dict.fromkeys(names, seen))


def test_a_run_of_redirects_says_where_they_lead_and_what_to_type():
    assert redirect_notes(result()) == [
        "every reply was a redirect (301), the first to 'https://shop.example/login'; redirects are not followed: to "
        "measure what is there, use https://shop.example/login, or set `expect: {status: 301}` in a profile if they "
        "are what you want"
    ]


@pytest.mark.parametrize(
    ("to", "typed"),
    [
        ("/login?a=1&b", "use 'http://shop.example/login?a=1&b',"),
        ("c#d", "use http://shop.example/a/c,"),
        ("//other.example", "use http://other.example,"),
        ("app://x", "ask for what you mean to measure,"),
        ("/x?token=[redacted]", "ask for what you mean to measure,"),
    ],
)
def test_what_to_type_is_a_whole_url_or_nothing(to, typed):
    assert typed in redirect_notes(result(to=to))[0]


def test_a_redirect_without_a_location_is_told_as_well():
    assert redirect_notes(result(to="", statuses={"304": 20}))[0].startswith("every reply was a redirect (304) without")


def test_with_several_requests_each_is_named():
    first, second = redirect_notes(result(names=("one", "two")))
    assert first.startswith("every reply to one was")
    assert second.startswith("every reply to two was")


@pytest.mark.parametrize(
    "run",
    [
        result(statuses={"200": 1, "301": 19}),
        result(statuses={"500": 20}),
        result(statuses={}),
        result(ok=0),
        result(expect=[[301, 301]]),  # a person who says so means it
    ],
)
def test_nothing_is_said_where_it_is_not_so(run):
    assert redirect_notes(run) == []
