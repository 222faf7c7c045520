"""HAR files: journeys with their pauses, of one host, without static files."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.errors import UsageError
from loadgen.plan.imports.har import read_har
from loadgen.plan.imports.profile_text import profile_text
from loadgen.plan.imports.recorded import MOST_REQUESTS, Imported, first_ones
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.profiles.yaml_tree import LARGEST_DOCUMENT
from tests.support.imports import headers, pauses, plan_of, requests_of, sent

FORM = "application/x-www-form-urlencoded"


def entry(
    url: str, at_ms: int = 0, took_ms: float = 10, kind: str = "application/json", **request: Any
) -> dict[str, Any]:
    return {
        "startedDateTime": f"2026-01-31T12:00:{at_ms // 1000:02d}.{at_ms % 1000:03d}Z",
        "time": took_ms,
        "request": {"method": "GET", "url": url, "headers": [], "queryString": [], "cookies": [], **request},
        "response": {"status": 200, "headers": [], "content": {"mimeType": kind}},
    }


def har(*entries: dict[str, Any]) -> str:
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "a browser"}, "entries": list(entries)}})


def post(mime: str, **more: Any) -> dict[str, Any]:
    return {"method": "POST", "postData": {"mimeType": mime, **more}}


MADE = {
    "one request": ([entry("http://h/1?a=b#c")], [("GET", "/1?a=b", "")]),
    "out of order": ([entry("http://h/2", 500), entry("http://h/1", 0)], [("GET", "/1", ""), ("GET", "/2", "")]),
    "JSON": ([entry("http://h/1", **post("application/json", text='{"a": "${b}"}'))],
             [("POST", "/1", '{"a": "${b}"}')]),
    "a form as text": ([entry("http://h/1", **post(FORM, text="a=1+2", params=[{"name": "a", "value": "1 2"}]))],
                       [("POST", "/1", "a=1+2")]),
    "a form of params": ([entry("http://h/1", **post(FORM, params=[{"name": "a", "value": "1 2"}, {"name": "b"}]))],
                         [("POST", "/1", "a=1+2&b=")]),
    "empty body": ([entry("http://h/1", **post("text/plain", text=""))], [("POST", "/1", "")]),
    "with static files": ([entry("http://h/1"), entry("http://h/a.png", kind="image/png"), entry("http://h/a.css?v=1")],
                          [("GET", "/1", "")]),
    "with other hosts": ([entry("http://cdn/x"), entry("http://h/1", kind="text/html"), entry("http://h/2")],
                         [("GET", "/1", ""), ("GET", "/2", "")]),
    "with other schemes": ([entry("data:,x"), entry("blob:http://h/1"), entry("ws://h/1"), entry("http://h/1")],
                           [("GET", "/1", "")]),
    "of HTTP/2": ([entry("https://h/1", headers=[{"name": ":method", "value": "GET"}, {"name": "A", "value": "b"}])],
                  [("GET", "/1", "")]),
    "with what is no field": ([entry("http://h/1", headers=[None, 5, {"name": "A", "value": "b"}], postData=[1]),
                               entry("http://h/2", **post("multipart/form-data", params=[3]))],
                              [("GET", "/1", ""), ("POST", "/2", "")]),
    "with no list of fields": ([entry("http://h/1", headers=1.5, **post(FORM, params=2.5, text="a"))],
                               [("POST", "/1", "a")]),
    "with a method that is none": ([entry("http://h/1", method="A B"), entry("http://h/2")], [("GET", "/2", "")]),
    "of an address": ([entry("http://[::1]:8080/1")], [("GET", "/1", "")]),
    "without times": ([{"request": {"url": "http://h/1"}}, {"request": {"url": "http://h/2"}}],
                      [("GET", "/1", ""), ("GET", "/2", "")]),
    "not ASCII": ([entry("http://h/caf\u00e9?q=\u20ac", **post("text/plain", text="\u20ac\ud800"))],
                  [("POST", "/caf%C3%A9?q=%E2%82%AC", "\u20ac?")]),
}  # fmt: skip


@pytest.mark.parametrize(("entries", "expected"), MADE.values(), ids=MADE)
def test_a_recording_is_what_it_sent(entries: list[dict[str, Any]], expected: list[tuple[str, str, str]]) -> None:
    assert [sent(spec) for spec in requests_of(read_har, har(*entries))] == expected


def test_a_pause_is_from_the_end_of_all_before_to_the_next() -> None:
    plan = plan_of(read_har(har(
        entry("http://h/1", 0, 100), entry("http://h/2", 50, 400), entry("http://h/3", 460), entry("http://h/4", 3000),
        entry("http://h/5", 3050, 0),
    )))  # fmt: skip
    assert pauses(plan) == [0.0, 0.0, 2.5, 0.0, 0.0]
    assert isinstance(plan.job, ScenarioJob)
    assert [journey.name for journey in plan.job.journeys] == ["h"]


def test_others_come_when_they_are_asked_for() -> None:
    text = har(
        entry("http://h/1", kind="text/html"), entry("http://cdn:81/x"), entry("http://h/a.png", kind="image/png")
    )
    assert len(read_har(text).requests) == 1
    assert [note.partition(";")[0] for note in read_har(text).notes] == [
        "Left out: 1 request to other hosts, cdn:81 (1)",
        "Left out: 1 request for static files",
    ]
    every = read_har(text, other_hosts=True, static=True)
    assert (len(every.requests), every.notes) == (3, ())
    assert [str(spec.origin or "home") for spec in plan_of(every).job.requests] == ["home", "http://cdn:81", "home"]


def test_cookies_that_the_journey_was_given_are_its_own() -> None:
    login = entry("http://h/login")
    login["response"]["headers"] = [{"name": "Set-Cookie", "value": "sid=1; Path=/\nseen=2"}]
    cookie = [{"name": "Cookie", "value": "sid=1; theme=dark"}]
    first, second, third = requests_of(
        read_har,
        har({**login, "request": {**login["request"], "headers": cookie}}, entry("http://h/2", 100, headers=cookie),
            entry("http://h/3", 200, headers=[{"name": "cookie", "value": "sid=1"}])),
    )  # fmt: skip
    assert headers(first)["cookie"] == "sid=1; theme=dark"
    assert headers(second)["cookie"] == "theme=dark"
    assert "cookie" not in headers(third)


def test_multipart_is_made_again_and_credentials_are_hidden() -> None:
    params = [{"name": "password", "value": "hunter2"}, {"name": "note", "value": "a;b", "contentType": "text/x"}]
    text = har(entry("http://h/1?access_token=abc", **post("multipart/form-data; boundary=x", params=params)))
    (spec,) = plan_of(read_har(text)).job.requests
    assert spec.path == "/1?access_token=hidden%3AACCESS_TOKEN"
    assert b'name="password"\r\n\r\nhidden:PASSWORD\r\n' in spec.body
    assert b'name="note"\r\nContent-Type: text/x\r\n\r\na;b\r\n' in spec.body
    assert "hunter2" not in profile_text(read_har(text))


def test_what_failed_in_the_recording_is_expected_to_fail() -> None:
    bad = entry("http://h/1")
    bad["response"]["status"] = 401
    (spec,) = requests_of(read_har, har(bad))
    assert spec.expect.statuses == ((401, 401),)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"log": {}}', '{"log": {"entries": [{}]}}', '{"log": {"entries": 5}}']
)
def test_what_is_no_har_file_says_so(text: str) -> None:
    with pytest.raises(UsageError, match="not a HAR file"):
        read_har(text)


def test_a_har_file_of_nothing_says_so() -> None:
    with pytest.raises(UsageError, match="has no requests"):
        read_har(har(entry("data:,x")))


def large(entries: int) -> Iterator[dict[str, Any]]:
    for number in range(entries):
        made = entry(
            f"http://h/api/{number % 40}?page={number}", number % 60_000, **post("application/json", text='{"n":1}')
        )
        made["response"]["content"]["text"] = "x" * 4000
        yield made


def test_ten_megabytes_are_read_and_cut_to_what_a_run_can_report() -> None:
    text = har(*large(2500))
    assert len(text) > 10_000_000
    imported = first_ones(read_har(text))
    assert len(imported.requests) == MOST_REQUESTS
    assert imported.notes[-1].startswith("Left out: 1,600 requests after the first 900")
    assert len(plan_of(Imported(imported.requests[:50], journey="h")).job.requests) == 50


def test_no_more_is_taken_than_a_profile_holds() -> None:
    large = [entry(f"http://h/{number}", **post("text/plain", text="x" * 5000)) for number in range(300)]
    imported = first_ones(read_har(har(entry("http://h/" + "a" * 2_000_000), *large)))
    assert len(profile_text(imported).encode()) < LARGEST_DOCUMENT
    assert [note.partition(":")[2].split(" after")[0] for note in imported.notes] == [
        " 1 request too large for a profile, which holds 1 MiB.", f" {300 - len(imported.requests)} requests",
    ]  # fmt: skip
    with pytest.raises(UsageError, match="too large for a profile"):
        first_ones(read_har(har(entry("http://h/" + "a" * 2_000_000))))


texts = st.text(max_size=12)
pairs = st.lists(st.fixed_dictionaries({"name": texts, "value": texts}), max_size=3)
bodies = st.none() | st.fixed_dictionaries(
    {"mimeType": st.sampled_from([FORM, "application/json", "multipart/form-data", ""])},
    optional={"text": texts, "params": pairs},
)
urls = st.builds(
    "{}://{}/{}".format, st.sampled_from(["http", "https", "HTTP", "ws"]),
    st.sampled_from(["h", "H:80", "[::1]:8080", "b\u00fccher.test", "u:p@h", "h:x"]), texts,
)  # fmt: skip
requests = st.fixed_dictionaries(
    {"url": urls},
    optional={"method": st.sampled_from(["GET", "post", "DELETE"]), "headers": pairs, "postData": bodies},
)
entries = st.lists(
    st.fixed_dictionaries(
        {"request": requests},
        optional={"time": st.floats(-1, 1e5), "startedDateTime": texts | st.just("2026-01-31T12:00:00+01:00")},
    ),
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(entries, st.booleans())
def test_any_recording_becomes_a_profile_that_can_be_run(made: list[dict[str, Any]], every: bool) -> None:
    try:
        imported = read_har(har(*made), other_hosts=every, static=every)
    except UsageError:
        return
    plan = plan_of(imported)
    assert len(plan.job.requests) == len(imported.requests)
