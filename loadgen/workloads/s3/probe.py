"""Whether a store does what header fields ask of it: one object is put with them, and looked at."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl

from loadgen.base.exchange import Outcome, Request
from loadgen.base.pattern import pattern
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.s3_fields import CUSTOMER, ENCRYPTION, KMS_KEY, LOCK_MODE, LOCK_UNTIL, TAGGING, Fields
from loadgen.workloads.s3.appends import append, length_of
from loadgen.workloads.s3.protocol.about_objects import read_grantees, read_tags
from loadgen.workloads.s3.protocol.data import Given
from loadgen.workloads.s3.protocol.documents import S3Expect, good_body
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.s3.tasks import Send, Task

_FIELD = pattern(rb"\r\n([A-Za-z0-9-]+):[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)")
_TOLD = pattern(
    f"{ENCRYPTION}|{CUSTOMER}algorithm|{LOCK_MODE}|x-amz-storage-class|x-amz-website-redirect-location|x-amz-meta-.*|"
    "cache-control|content-(disposition|encoding|language|type)"
)
"""Fields that a reply says as they were asked for."""
_COUNT = pattern(rb"\r\nx-amz-tagging-count:[ \t]*(\d+)", re.IGNORECASE)
_ACL = "x-amz-acl"
_CANNED: dict[str, set[tuple[str, str]]] = {
    "private": set(),
    "public-read": {("AllUsers", "READ")},
    "public-read-write": {("AllUsers", "READ"), ("AllUsers", "WRITE")},
    "authenticated-read": {("AuthenticatedUsers", "READ")},
}
"""Canned ACLs, and the groups that they let do what."""
_ONCE = ("if-none-match", "*")
_PUT_OR_NOT = S3Expect(statuses=((200, 299), (412, 412)))


def is_worth_it(fields: Fields) -> bool:
    """Whether an object would tell of any of the fields."""
    names = {name.lower() for name, _ in fields}
    return any(_TOLD.fullmatch(name) for name in names) or bool(names & {KMS_KEY, TAGGING, _ACL, _ONCE[0]})


def probe(operations: Operations, send: Send, s3: S3Job, fields: Fields, *, appends: bool = False) -> Task:
    """What the store did not do of what is asked, in words, also whether it `appends`; one that it refuses is the
    failure of its request.
    """
    key, content = f"{s3.own_prefix}made/00000000", Given(b"loadgen")
    outcome = yield from send(lambda: operations.put(key, content))
    if outcome.error is not None:
        return []
    problems = yield from _look(operations, send, key, fields)
    if _ONCE in ((name.lower(), value.strip()) for name, value in fields):
        outcome = yield from send(lambda: _again(operations, key, content))
        if outcome.error is not None:
            problems.append(f"If-None-Match: * was asked for, and refused: {_why(outcome)}")
        elif outcome.reply is not None and outcome.reply.status // 100 == 2:
            problems.append("If-None-Match: * was asked for, and an object that is there is put over all the same")
    if appends:
        problems += yield from _append(operations, send, key, content)
    if s3.retain_s is None:
        yield from send(lambda: operations.delete(key))
    return problems


def _append(operations: Operations, send: Send, key: str, content: Given) -> Task:
    """Whether an object grows: a store that knows nothing of it puts over what was there, and says nothing."""
    outcome = yield from send(lambda: append(operations, key, content, content.size))
    if outcome.error is not None:
        return [f"to append to an object is refused: {_why(outcome)}"]
    length = length_of((yield from send(lambda: operations.stat(key))))
    if length == 2 * content.size:
        return []
    return [f"to append puts over what is there: an object of {content.size} bytes has {length} with as many more"]


def _look(operations: Operations, send: Send, key: str, fields: Fields) -> Task:
    """What an object that is there does not tell of what was asked for."""
    outcome = yield from send(lambda: operations.stat(key))
    if outcome.error is not None or outcome.reply is None:
        return [f"an object that was put cannot be looked at: {_why(outcome)}"]
    head = outcome.reply.head
    problems = [*unmet(fields, head)]
    for tags in [value for name, value in fields if name.lower() == TAGGING and not counts(value, head)]:
        outcome = yield from send(lambda: operations.get_tags(key))
        if outcome.error is None:
            problems += unmet_tags(tags, read_tags(good_body(outcome)))
        else:
            problems.append(f"the tags of an object cannot be read: {_why(outcome)}")
    for asked in [value.strip() for name, value in fields if name.lower() == _ACL and value.strip() in _CANNED]:
        outcome = yield from send(lambda: operations.get_acl(key))
        problems += unmet_acl(asked, outcome)
    return problems


def unmet_acl(asked: str, outcome: Outcome) -> list[str]:
    """The same of a canned ACL."""
    try:
        told = read_grantees(good_body(outcome))
    except ValueError:
        return [f"the ACL of an object cannot be read: {_why(outcome)}"]
    if told == _CANNED[asked]:
        return []
    words = ", ".join(f"{group} may {may}" for group, may in sorted(told)) or "no group may do anything"
    return [f"{_ACL}: {asked} was asked for, and of the object {words}"]


def _why(outcome: Outcome) -> str:
    """The status of a bad reply, or what kept it from coming."""
    if outcome.reply is not None:
        return f"status {outcome.reply.status}"
    return outcome.detail or (outcome.error.text if outcome.error is not None else "")


def _again(operations: Operations, key: str, content: Given) -> Request:
    request = operations.put(key, content, (("If-None-Match", "*"),))
    request.expect = _PUT_OR_NOT
    return request


def counts(asked: str, head: bytes) -> bool:
    """Whether the head of a reply about an object says that it has as many tags: not all do."""
    found = _COUNT.search(head)
    return found is not None and int(found[1]) == len(parse_qsl(asked, keep_blank_values=True))


def unmet_tags(asked: str, told: str) -> list[str]:
    """The same of tags, both as a header has them."""
    pairs = [sorted(parse_qsl(text, keep_blank_values=True)) for text in (asked, told)]
    return [] if pairs[0] == pairs[1] else [f"{TAGGING}: {asked} was asked for, and the object has {told or 'no tags'}"]


def unmet(asked: Iterable[tuple[str, str]], head: bytes) -> Iterator[str]:
    """What the head of a reply about an object does not tell of what was asked for, in words."""
    found = {name.decode().lower(): value.decode("latin-1") for name, value in _FIELD.findall(head)}
    for field, value in asked:
        name = field.lower()
        if name == LOCK_UNTIL:
            told = found.get(name, "")
            met = bool(told)
        elif name == KMS_KEY:
            told = found.get(name, "")
            met = bool(told) and told.endswith(value.rpartition("/")[2])
        elif _TOLD.fullmatch(name):
            told = found.get(name, "STANDARD" if name == "x-amz-storage-class" else "")
            met = told == value.strip()
        else:
            continue
        if not met:
            yield f"{field}: {value.strip()} was asked for, and the object has {told or 'no such field'}"
