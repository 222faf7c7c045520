"""A bucket: it is made where it is missing, listed page after page, and what the run has put is deleted."""

from collections.abc import Iterator
from functools import partial

from loadgen.base.exchange import ErrorClass, Request
from loadgen.workloads.s3.listing import Pages
from loadgen.workloads.s3.protocol.documents import (
    Page,
    S3Expect,
    fits_xml,
    good_body,
    read_end,
    read_uploads,
)
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.s3.tasks import Fork, Send, Task

_MISSING = 404


class _ThereOrMissing(S3Expect):
    """A good reply says that the bucket is there, or that there is none: not everything with status 404 does."""

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        if status == _MISSING and self.code(kept) == "NoSuchBucket":
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
    if outcome.error is None and outcome.reply is not None and outcome.reply.status == _MISSING:
        yield from send(operations.create_bucket)


def list_pages(operations: Operations, send: Send, prefix: str) -> Task:
    """Go through all pages under a prefix: one can only be asked for when the one before is in."""
    pages = Pages(operations, send, prefix, read_end)
    while not pages.over:
        yield from pages.following()


def sweep(operations: Operations, send: Send, prefix: str) -> Task:
    """Delete what is listed under a prefix, and abort uploads that were begun there."""
    yield Fork(iter([_sweep_objects(Pages(operations, send, prefix)), _sweep_uploads(operations, send, prefix)]))


def _sweep_objects(pages: Pages) -> Task:
    """Delete a page of objects while the next one is asked for; nothing of a page is kept while those after it are."""
    page = yield from pages.following()
    if page is not None:
        yield Fork(_sweep_page(pages, page))


def _sweep_page(pages: Pages, page: Page) -> Iterator[Task]:
    operations, send = pages.operations, pages.send
    keys = [item.key for item in page.objects if item.key.startswith(pages.prefix)]
    plain = [key for key in keys if fits_xml(key)]
    if plain:
        yield send(partial(operations.delete_many, plain))
    for key in keys:
        if not fits_xml(key):
            yield send(partial(operations.delete, key))
    if not pages.over:
        yield _sweep_objects(pages)


def _sweep_uploads(operations: Operations, send: Send, prefix: str) -> Task:
    uploads = read_uploads(good_body((yield from send(lambda: operations.list_uploads(prefix)))))
    yield Fork(send(partial(operations.abort_multipart, *upload)) for upload in uploads if upload[0].startswith(prefix))
