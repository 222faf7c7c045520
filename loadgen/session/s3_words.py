"""What is said of an S3 run beside its figures: how its steps ended, and what to do about it."""

import os
import re
from collections.abc import Mapping
from time import time

from loadgen.base.http_date import date_s
from loadgen.base.pattern import pattern
from loadgen.base.units import counted, format_duration_s
from loadgen.judge.exit_code import sent_again, unmended
from loadgen.plan.jobs.s3 import S3Job
from loadgen.results.result import Result
from loadgen.workloads.s3.protocol.documents import OTHER_REGION
from loadgen.workloads.s3.protocol.leftovers import LOCKED
from loadgen.workloads.sigv4.credentials import ACCESS_KEY, SECRET_KEY, TOKEN

_HINTS = {
    "SignatureDoesNotMatch": "check AWS_SECRET_ACCESS_KEY and the region",
    "InvalidAccessKeyId": "check AWS_ACCESS_KEY_ID",
    "XAdminUserNotFound": "check AWS_ACCESS_KEY_ID",
    "AccessDenied": "these credentials may not do that",
    "ExpiredToken": "the session token has expired: get new credentials, and set all three variables anew",
    "TokenRefreshRequired": "the session token has expired: get new credentials",
    "InvalidToken": "check AWS_SESSION_TOKEN; it is to be unset where the keys are not temporary",
    "RequestTimeTooSkewed": "the clocks differ by more than 15 minutes",
    "NoSuchBucket": "check --bucket",
    "InvalidBucketName": "choose another --bucket",
    "BucketAlreadyExists": "the name belongs to somebody else; choose another --bucket",
    "PermanentRedirect": "the bucket is in another region; give --region",
    "AuthorizationHeaderMalformed": "the bucket is in another region; give --region",
    "connection_refused": "check the endpoint",
    "unexpected_body": "that is no answer of S3: check the endpoint",
    "unexpected_status": "without an error code of S3: check the endpoint",
}

_OF_KEYS = ("SignatureDoesNotMatch", "InvalidAccessKeyId", "XAdminUserNotFound", "AccessDenied", "InvalidToken")
_OF_TIME = ("RequestTimeTooSkewed", "SignatureDoesNotMatch", "AccessDenied", "RequestExpired", "ExpiredToken")
_KEYS = (ACCESS_KEY, SECRET_KEY, TOKEN)
_SKEW_S = 60
"""S3 takes 15 minutes; a clock that is a minute off is not looked after, and may be further off elsewhere."""
_DATE = pattern(rb"^date:[ \t]*([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
_NAMED_REGION = pattern(r"it is in region ([A-Za-z0-9-]+)")
_HEADER_REGION = pattern(r"^x-amz-bucket-region:[ \t]*([A-Za-z0-9-]+)", re.IGNORECASE | re.MULTILINE)


def took(step: Result) -> str:
    """How long a step took, to 10 ms and not less."""
    return format_duration_s(max(0.01, round(step.duration_s, 2)))


def batch_note(result: Result, objects: int | None) -> str:
    """How many objects of a stopped batch were done, failed, and were not begun or not finished."""
    whole, first = result.transactions["object"].ledger, result.requests["put"].ledger
    got = sum(part.ledger.ok for name, part in result.requests.items() if name in ("get", "get again"))
    waiting = max(0, got - first.sent)
    skipped = waiting + max(0, result.ledger.not_sent - waiting) // 2
    failed = whole.failed + max(0, whole.unknown - waiting)
    if objects is not None:  # more requests may have been asked for than there are objects for
        skipped = min(skipped, max(0, objects - whole.ok - failed))
    note = f"Batch: {counted(whole.ok, 'object')} done, {failed:,} failed, {skipped:,} skipped"
    lists = [part.ledger for name, part in result.requests.items() if name.startswith("list")]
    again = result.requests["list again"].ledger.sent if "list again" in result.requests else 0
    if sum(ledger.failed + ledger.unknown for ledger in lists) > again:
        note += "; the list of the source was not read to its end, so that there may be more"
    return note


def nothing_under(s3: S3Job) -> str:
    """That a batch has nothing to take: most likely its source is not the one that was meant."""
    filters = {
        "--match": s3.match,
        "--min-size": s3.least_bytes,
        "--max-size": s3.most_bytes is not None,
        "--modified-since": s3.since_s is not None,
    }
    *others, last = [option for option, given in filters.items() if given] or [""]
    options = f"{', '.join(others)} and {last}" if others else last
    fits = f" that fits {options}" if options else ""
    under = f"under {s3.source!r} " if s3.source else ""
    return f"--source: there is nothing{fits} {under}in {s3.bucket}"


def again_note(result: Result, before: str = "") -> str:
    """How often which requests were sent again; nothing where none was."""
    again = sent_again(result)
    if not again:
        return ""
    each = ", ".join(f"{count:,} {name}" for name, count in again.items())
    if before:
        return f"{before}sent again after a failure: {each}"
    left = unmended(result)
    return f"Sent again after a failure: {each}; {f'{left:,} failed for good' if left else 'none failed for good'}"


def reason(result: Result) -> str:
    """The first error in words, and what to do about it."""
    if not result.errors:
        return result.ended_because or "it did not end"
    row = result.errors[0]
    return hinted(row.message, next(iter(result.error_codes), row.error_class), row.example.encode())


def hinted(said: str, code: str, head: bytes, environment: Mapping[str, str] = os.environ) -> str:
    """What is said of an error, and what to do about its code; `head` is that of the reply, which has just come."""
    hints = [_HINTS.get(code, "")]
    region = _NAMED_REGION.search(said) or _HEADER_REGION.search(head.decode("latin-1"))
    if code in OTHER_REGION and region is not None:
        hints = [f"give --region {region[1]}"]
    if code in _OF_KEYS:
        hints += [f"{name} has a blank at its beginning or end" for name in _KEYS if _is_padded(environment.get(name))]
    if code in _OF_TIME:
        hints.append(clock_skew(head, time()))
    return "; ".join([said, *filter(None, hints)])


def clock_skew(head: bytes, now_s: float) -> str:
    """What the store's Date says of this machine's clock, where they differ by more than a minute."""
    match = _DATE.search(head)
    try:
        ahead_s = round(now_s - date_s(match[1].decode("latin-1"))) if match else 0
    except ValueError:
        return ""
    if abs(ahead_s) < _SKEW_S:
        return ""
    return f"this machine's clock is {abs(ahead_s):,} s {'ahead of' if ahead_s > 0 else 'behind'} the store's: set it"


def _is_padded(key: str | None) -> bool:
    return key is not None and key != key.strip()


def not_deleted(result: Result) -> str:
    """Why a clean-up has left something."""
    kept = result.error_codes.get(LOCKED, 0)
    if kept and kept == unmended(result):
        kept_until = counted(kept, "version until its retention ends", "versions until their retention ends")
        return f"object lock keeps {kept_until}"
    return reason(result)
