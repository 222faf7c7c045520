"""A bucket: it is made where it is missing, and listed page after page."""

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.workloads.s3.listing import Pages
from loadgen.workloads.s3.protocol.documents import S3Expect
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.s3.tasks import Send, Task

_MISSING = 404, "NoSuchBucket"
_REFUSED = 403, "AccessDenied"


class _ThereOrMissing(S3Expect):
    """A good reply says that the bucket is there, or that there is none: not everything with status 404 does; or that
    these keys may not list, as whoever only puts and gets need not.
    """

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        if (status, self.code(kept)) in (_MISSING, _REFUSED):
            return None
        return S3Expect.verdict(self, status, body_length, kept)


_THERE_OR_MISSING = _ThereOrMissing(body_contains=b"ListBucketResult")


def make_bucket(operations: Operations, send: Send) -> Task:
    """Ask for a page of one key, whose reply says what is wrong where something is; create a missing bucket."""

    def look() -> Request:
        request = operations.list(max_keys=1)
        request.expect = _THERE_OR_MISSING
        return request

    outcome = yield from send(look)
    if outcome.error is None and outcome.reply is not None and outcome.reply.status == _MISSING[0]:
        yield from send(operations.create_bucket)


def go_through(pages: Pages) -> Task:
    """All pages of a list: one can only be asked for when the one before is in."""
    while not pages.over:
        yield from pages.following()
