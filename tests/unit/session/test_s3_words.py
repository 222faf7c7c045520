"""What is said of an S3 run beside its figures."""

from typing import Any

import pytest

from loadgen.plan.jobs.s3 import S3Job
from loadgen.session.s3_words import clock_skew, hinted, nothing_under

HEAD = b"HTTP/1.1 403 Forbidden\r\nDate: Thu, 01 Jan 1970 01:00:00 GMT\r\nServer: x\r\n\r\n"
NOW_S = 3600.0


@pytest.mark.parametrize(
    ("now_s", "said"),
    [
        (NOW_S, ""),
        (NOW_S + 59, ""),
        (NOW_S + 61, "this machine's clock is 61 s ahead of the store's: set it"),
        (NOW_S - 1800, "this machine's clock is 1,800 s behind the store's: set it"),
    ],
)
def test_the_clock_is_set_against_the_store_s(now_s: float, said: str) -> None:
    assert clock_skew(HEAD, now_s) == said
    assert clock_skew(b"HTTP/1.1 403 Forbidden\r\nDate: soon\r\n\r\n", now_s) == ""
    assert clock_skew(b"HTTP/1.1 403 Forbidden\r\n\r\n", now_s) == ""


@pytest.mark.parametrize(
    ("said", "head"),
    [
        ("status 400, AuthorizationHeaderMalformed: it is in region eu-west-1", b""),
        ("status 301", b"HTTP/1.1 301 Moved\r\nx-amz-bucket-region: eu-west-1\r\n\r\n"),
    ],
)
def test_the_region_that_the_answer_names_is_what_to_give(said: str, head: bytes) -> None:
    assert hinted(said, "AuthorizationHeaderMalformed", head) == f"{said}; give --region eu-west-1"


def test_what_is_wrong_with_keys_is_said() -> None:
    padded = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret ", "AWS_SESSION_TOKEN": "t\n"}
    assert hinted("status 403", "SignatureDoesNotMatch", b"", padded) == (
        "status 403; check AWS_SECRET_ACCESS_KEY and the region; "
        "AWS_SECRET_ACCESS_KEY has a blank at its beginning or end; "
        "AWS_SESSION_TOKEN has a blank at its beginning or end"
    )
    assert "has expired: get new credentials" in hinted("status 400", "ExpiredToken", b"")
    assert hinted("status 418", "Teapot", b"") == "status 418"


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({}, ""),
        ({"match": "*.jpg"}, " that fits --match"),
        ({"least_bytes": 1, "most_bytes": 0, "since_s": 0.0}, " that fits --min-size, --max-size and --modified-since"),
    ],
)
def test_where_nothing_is_to_be_taken_the_filters_that_were_given_are_named(given: dict[str, Any], fits: str) -> None:
    assert (
        nothing_under(S3Job("batch", "b", source="in/", **given))
        == f"--source: there is nothing{fits} under 'in/' in b"
    )
