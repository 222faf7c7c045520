"""Whether a store did what header fields asked of it."""

import pytest

from loadgen.plan.jobs.s3_fields import KMS_KEY
from loadgen.workloads.s3.probe import counts, is_worth_it, unmet, unmet_tags


def head(*lines: str) -> bytes:
    return "\r\n".join(("HTTP/1.1 200 OK", *lines, "", "")).encode()


@pytest.mark.parametrize(
    ("asked", "told", "said"),
    [
        (("x-amz-storage-class", "GLACIER"), ["X-Amz-Storage-Class: GLACIER"], None),
        (("x-amz-storage-class", "GLACIER"), [], "the object has STANDARD"),
        (("x-amz-storage-class", "STANDARD"), [], None),
        (("x-amz-server-side-encryption", "AES256"), [], "the object has no such field"),
        ((KMS_KEY, "k1"), [f"{KMS_KEY}: arn:k/k1"], None),
        ((KMS_KEY, "k1"), [], "no such field"),
        (("X-Amz-Meta-Of", " me "), ["x-amz-meta-of: me"], None),
        (("x-amz-object-lock-retain-until-date", "2026"), [], "no such field"),
        (("Cache-Control", "max-age=3"), ["cache-control: max-age=4"], "the object has max-age=4"),
        (("X-Own", "1"), [], None),
        (("x-amz-server-side-encryption-customer-key", "k"), [], None),
    ],
)  # fmt: skip
def test_what_an_object_does_not_tell_was_not_done(asked: tuple[str, str], told: list[str], said: str | None) -> None:
    problems = [*unmet([asked], head(*told))]
    assert (said is None) == (not problems)
    assert said is None or said in problems[0]


def test_tags_are_those_that_were_asked_for_in_any_order() -> None:
    assert unmet_tags("a=b&c=", "c=&a=b") == []
    assert unmet_tags("a=b%20c", "a=b+c") == []
    assert unmet_tags("a=b&c=", "a=b") == ["x-amz-tagging: a=b&c= was asked for, and the object has a=b"]
    assert unmet_tags("a=b", "")[0].endswith("the object has no tags")


def test_a_head_may_say_how_many_tags_there_are() -> None:
    assert counts("a=b&c=", head("x-amz-tagging-count: 2"))
    assert not counts("a=b&c=", head("x-amz-tagging-count: 1"))
    assert not counts("a=b&c=", head())


def test_fields_that_no_object_tells_of_are_not_looked_for() -> None:
    assert not is_worth_it((("X-Own", "1"),))
    assert is_worth_it((("If-None-Match", "*"),))
    assert is_worth_it((("x-amz-tagging", "a=b"),))
