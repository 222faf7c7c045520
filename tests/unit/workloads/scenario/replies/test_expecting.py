"""What a reply is looked at for beyond status, text and length, and what is said to be there instead."""

import hashlib
from typing import Any

import pytest

from loadgen.base.clock import NS_PER_MS
from loadgen.base.error_class import ErrorClass
from loadgen.base.reply import Check, Expect, Reply
from loadgen.plan.expectations import READERS, header_checks, json_checks, regex_checks, sha256_checks
from loadgen.workloads.scenario.replies.expecting import CheckedExpect, checked
from loadgen.workloads.scenario.sending.arguments import make_expect

BODY = b'{"items": [{"id": 7, "new": true}, {"id": 8}], "name": "hat", "total": 1.5, "none": null}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: abc\r\n\r\n"
DIGEST = hashlib.sha256(BODY).hexdigest()


def reply(body: bytes = BODY, status: int = 200, length: int | None = None) -> Reply:
    return Reply(status, len(body) if length is None else length, len(HEAD) + len(body), body, HEAD + body)


def problem(checks: tuple[Check, ...], seen: Reply, took_ms: float = 1.0, **more: Any) -> tuple[str, str] | None:
    expect = checked(Expect(checks=checks, **more))
    took_ns = int(took_ms * NS_PER_MS)
    error = expect.judge(seen, took_ns)
    return None if error is None else (error.value, expect.explain(seen, error, "", took_ns))


@pytest.mark.parametrize(
    "checks",
    [
        json_checks({"items.0.id": 7, "name": "hat", "total": 1.5}),
        json_checks({"items.*.id": 8, "items.0.new": True, "none": None}),
        json_checks({"items.1": {"id": 8}}),
        json_checks("name"),
        json_checks(["name", "items.*.id"]),
        header_checks({"etag": "abc", "Content-Type": {"regex": "^application/json"}}),
        header_checks("ETag"),
        regex_checks(r'"id":\s*7'),
        regex_checks(["hat", "total"]),
        sha256_checks(DIGEST.upper()),
    ],
)
def test_a_reply_that_has_it_is_good(checks: tuple[Check, ...]) -> None:
    assert problem(checks, reply()) is None


@pytest.mark.parametrize(
    ("checks", "error", "said"),
    [
        (json_checks({"items.0.id": 9}), "unexpected_body", "JSON path items.0.id: 7, expected 9"),
        (json_checks({"items.0.new": 1}), "unexpected_body", "JSON path items.0.new: true, expected 1"),
        (json_checks({"items.*.id": 9}), "unexpected_body", "JSON path items.*.id: a list of 2, expected 9"),
        (json_checks("items.*.price"), "unexpected_body", "JSON path items.*.price: [], expected a value"),
        (
            json_checks("price"),
            "unexpected_body",
            "JSON path price: no 'price', there is an object with 'items'",
        ),
        (header_checks({"ETag": "abd"}), "unexpected_header", "header ETag: 'abc', expected 'abd'"),
        (header_checks("X-Id"), "unexpected_header", "no header X-Id"),
        (header_checks({"ETag": {"regex": "^[0-9]"}}), "unexpected_header", "expected a match of '^[0-9]'"),
        (regex_checks("coat"), "unexpected_body", "regex 'coat': no match in the body '{\"items\""),
        (sha256_checks("0" * 64), "unexpected_body", f"SHA-256 {DIGEST} of {len(BODY)} bytes, expected 000"),
    ],
)
def test_one_that_has_not_is_told_with_what_it_has(checks: tuple[Check, ...], error: str, said: str) -> None:
    found = problem(checks, reply())
    assert found is not None
    assert found[0] == error
    assert said in found[1]


def test_a_body_that_is_no_json_or_was_not_kept_whole_says_so() -> None:
    assert "no JSON" in str(problem(json_checks("name"), reply(b"<html>")))
    assert "only the first 5 are kept" in str(problem(sha256_checks(DIGEST), reply(b"12345", length=9)))


def test_time_is_told_with_what_it_took() -> None:
    assert problem((), reply(), took_ms=9.9, within_s=0.01) is None
    assert problem((), reply(), took_ms=12.34, within_s=0.01) == ("unexpected_time", "12.3 ms, expected 10 ms at most")


def test_the_status_comes_first() -> None:
    assert problem(json_checks("price"), reply(status=503)) == ("unexpected_status", "status 503")
    found = problem(json_checks("price"), reply(), length=3)
    assert found == ("unexpected_length", f"a body of {len(BODY)} bytes, expected 3")
    said = "the body lacks 'coat': it begins '{\"items\": [{"
    assert str(problem((), reply(), body_contains=b"coat")[1]).startswith(said)  # type: ignore[index]
    assert "it is empty" in str(problem((), reply(b""), body_contains=b"coat"))


def test_only_what_has_checks_is_read() -> None:
    plain = Expect(length=3)
    assert checked(plain) is plain
    assert not plain.reads_body
    assert Expect(within_s=1.0).reads_body
    assert checked(Expect(checks=json_checks("a"))).reads_body


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("json", 5, "expected a path such as items.0.id, a list of these"),
        ("json", {"a": float("nan")}, "expected a value of JSON"),
        ("header", {"a b": "c"}, "expected the name of a header"),
        ("header", {"A": {"like": "c"}}, "A: expected a text or {regex: ...}"),
        ("regex", "(", "expected a regular expression"),
        ("regex", 5, "expected a regular expression"),
        ("sha256", "abc", "expected the 64 hexadecimal digits"),
    ],
)
def test_what_cannot_be_expected_says_what_can(key: str, value: object, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is what is tested
        READERS[key](value)
    assert said in str(caught.value)


def test_scenarios_expect_the_same() -> None:
    expect = make_expect({"status": 200, "json": {"name": "hat"}, "header": "ETag", "time": 0.5})
    assert isinstance(expect, CheckedExpect)
    assert expect.judge(reply(), 1) is None
    assert expect.judge(reply(), 501 * NS_PER_MS) is ErrorClass.UNEXPECTED_TIME
    with pytest.raises(TypeError, match="expect has no 'body'; it has status, contains, length, header, json"):
        make_expect({"body": "x"})
