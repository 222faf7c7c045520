"""Whether a store did what header fields asked of it."""

import pytest

from loadgen.base.exchange import Outcome
from loadgen.base.reply import Reply
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.s3_fields import KMS_KEY
from loadgen.workloads.s3.probe import counts, is_worth_it, probe, unmet, unmet_acl, unmet_tags
from loadgen.workloads.s3.tasks import Send
from tests.support.s3_fake import FakeStore, operations


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


def acl(*grants: tuple[str, str]) -> Outcome:
    """The answer of a store to who may do what."""
    texts = "".join(
        f"<Grant><Grantee><URI>http://acs.amazonaws.com/groups/global/{group}</URI></Grantee>"
        f"<Permission>{may}</Permission></Grant>"
        for group, may in grants
    )
    owner = "<Grant><Grantee><ID>me</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>"
    body = f"<AccessControlPolicy><AccessControlList>{owner}{texts}</AccessControlList></AccessControlPolicy>"
    return Outcome(0, 0, Reply(200, len(body), len(body), body.encode()))


@pytest.mark.parametrize(
    ("asked", "grants", "said"),
    [
        ("private", [], None),
        ("private", [("AllUsers", "READ")], "of the object AllUsers may READ"),
        ("public-read", [("AllUsers", "READ")], None),
        ("public-read", [], "no group may do anything"),
        ("public-read-write", [("AllUsers", "FULL_CONTROL")], None),
        ("authenticated-read", [("AllUsers", "READ")], "AllUsers may READ"),
    ],
)
def test_an_acl_lets_those_in_that_it_was_to(asked: str, grants: list[tuple[str, str]], said: str | None) -> None:
    problems = unmet_acl(asked, acl(*grants))
    assert (said is None) == (not problems)
    assert said is None or said in problems[0]


def test_an_acl_that_cannot_be_read_is_said() -> None:
    assert unmet_acl("private", Outcome(0, 0, Reply(501, 0, 0))) == ["the ACL of an object cannot be read: status 501"]


def asked_of(store: FakeStore, *fields: tuple[str, str], appends: bool = False) -> list[str]:
    """What a store did not do."""
    s3 = S3Job("probe", "photos", run_id="run", headers=fields)
    task, outcome = probe(operations(*s3.operations), Send(), s3, fields, appends=appends), None
    while True:
        try:
            request = task.send(outcome)()
        except StopIteration as end:
            return list(end.value)
        reply = store.answer(request)
        outcome = Outcome(0, 0, reply, request.expect.judge(reply))


def test_a_store_is_asked_with_one_object_which_is_gone_afterwards() -> None:
    store = FakeStore()
    said = asked_of(store, ("x-amz-storage-class", "GLACIER"), ("If-None-Match", "*"), ("x-amz-tagging", "a=b"))
    assert [text.partition(" was asked for")[0] for text in said] == [
        "x-amz-storage-class: GLACIER", "x-amz-tagging: a=b", "If-None-Match: *",
    ]  # fmt: skip
    assert store.objects == {}


def test_whether_a_store_appends_is_seen_by_an_object() -> None:
    assert asked_of(FakeStore(), appends=True) == []
    over = "to append puts over what is there: an object of 7 bytes has 7 with as many more"
    assert asked_of(FakeStore(appends=False), appends=True) == [over]
    store = FakeStore()
    store._fault = lambda method, key, _: (501, "NotImplemented") if method == "PUT" and key in store.objects else None
    assert asked_of(store, appends=True) == ["to append to an object is refused: status 501"]
    assert store.objects == {}


def test_a_condition_that_the_store_does_not_know_is_not_met() -> None:
    puts: list[str] = []

    def fault(method: str, key: str, _query: str) -> tuple[int, str] | None:
        puts.extend([key] if method == "PUT" else [])
        return (501, "NotImplemented") if method == "PUT" and len(puts) > 1 else None

    store = FakeStore(fault=fault)
    assert asked_of(store, ("If-None-Match", "*")) == ["If-None-Match: * was asked for, and refused: status 501"]


@pytest.mark.parametrize(("method", "asked"), [("HEAD", ""), ("GET", "tagging")])
def test_what_cannot_be_looked_at_is_said_and_does_not_stay(method: str, asked: str) -> None:
    store = FakeStore(fault=lambda *seen: (403, "AccessDenied") if seen[::2] == (method, asked) else None)
    (said,) = asked_of(store, ("x-amz-tagging", "a=b"))
    assert (said.endswith(": status 403"), store.objects) == (True, {})
