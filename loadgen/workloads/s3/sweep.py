"""Deletes what has a prefix: objects, or all versions and delete markers of them, and uploads that were begun there."""

import re
from collections.abc import Iterable, Iterator
from functools import partial

from loadgen.base.dataclass import dataclass
from loadgen.base.exchange import Outcome, Request
from loadgen.workloads.s3.listing import Pages, listed
from loadgen.workloads.s3.protocol.documents import Listed, Page, fits_xml, good_body
from loadgen.workloads.s3.protocol.leftovers import (
    AnsweredExpect,
    GoneExpect,
    read_not_deleted,
    read_uploads,
    read_versioning,
    read_versions,
)
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.s3.tasks import Fork, Send, Task

NO_SUCH_THING = (400, 404, 405, 501)
"""Answers of stores that do not know an operation."""
FORBIDDEN = 403
_OF_A_RUN = re.compile(r"(?:made/|copies/|[0-9a-f]{4}/)?[0-9]{8,}")
_ANSWERED = AnsweredExpect()
_GONE = GoneExpect()


def sweep(operations: Operations, send: Send, prefix: str) -> Task:
    """Delete what is listed under a prefix, and abort uploads that were begun there."""
    versions = yield from ask_versions(operations, send, prefix)
    sweeper = _Sweeper(operations, send, prefix)
    uploads = Pages(send, lambda after: operations.list_uploads(prefix, after=after), read_uploads, NO_SUCH_THING)
    yield Fork(iter([sweeper.objects(versions or listed(operations, send, prefix)), sweeper.uploads(uploads)]))


def is_of_run(key: str, prefix: str) -> bool:
    """Whether a run puts objects with such keys, its own prefix being that."""
    return key.startswith(prefix) and _OF_A_RUN.fullmatch(key, len(prefix)) is not None


def ask_versions(operations: Operations, send: Send, prefix: str, delimiter: str = "") -> Task:
    """The pages of versions, the first of them asked for; None where the bucket has none, or the store none at all."""
    keeps, known = True, True
    outcome = yield from send(lambda: _expecting(operations.get_versioning(), _ANSWERED))
    try:
        keeps = read_versioning(good_body(outcome))
    except ValueError:
        known = False
    if not keeps:
        return None
    refusals = () if known else (*NO_SUCH_THING, FORBIDDEN)
    ask = partial(operations.list_versions, prefix, delimiter=delimiter)
    pages = Pages(send, lambda after: ask(after=after), read_versions, refusals)
    first = pages.first = yield from pages.following()
    is_empty = first is not None and not (first.objects or first.prefixes) and pages.ended
    return None if pages.refused or (is_empty and not known) else pages  # there may be objects that it does not show


@dataclass(slots=True)
class _Sweeper:
    """`one_by_one`: the store has no request that deletes many."""

    operations: Operations
    send: Send
    prefix: str
    one_by_one: bool = False

    def objects(self, pages: Pages) -> Task:
        """Delete a page of objects while the next one is asked for; nothing of one is kept while those after it are."""
        page = None if pages.over else (yield from pages.following())
        if page is not None:
            yield Fork(self._page(pages, page))

    def _page(self, pages: Pages, page: Page) -> Iterator[Task]:
        items = [item for item in page.objects if is_of_run(item.key, self.prefix)]
        many = [] if self.one_by_one else [item for item in items if fits_xml(item.key)]
        single = [item for item in items if not fits_xml(item.key)] if many else items
        if many:
            yield self._many(many)
        yield from self._singly(single)
        if not pages.over:
            yield self.objects(pages)

    def _many(self, items: list[Listed]) -> Task:
        """With one request; what that did not delete, or all where the store has no such request, one by one."""
        keys, versions = [item.key for item in items], [item.version for item in items]
        outcome = yield from self.send(lambda: _expecting(self.operations.delete_many(keys, versions), _ANSWERED))
        if outcome.error is None:
            left = _left(outcome, items)
            self.one_by_one |= len(left) == len(items)
            yield Fork(self._singly(left))

    def _singly(self, items: Iterable[Listed]) -> Iterator[Task]:
        delete = self.operations.delete
        return (self.send(partial(_gone, partial(delete, item.key, item.version))) for item in items)

    def uploads(self, pages: Pages) -> Task:
        """Give up those of a page, then of the next."""
        while not pages.over:
            page = yield from pages.following()
            if page is not None:
                yield Fork(self._aborts(page))

    def _aborts(self, page: Page) -> Iterator[Task]:
        abort = self.operations.abort_multipart
        mine = (item for item in page.objects if is_of_run(item.key, self.prefix))
        return (self.send(partial(_gone, partial(abort, item.key, item.version))) for item in mine)


def _left(outcome: Outcome, items: list[Listed]) -> list[Listed]:
    assert outcome.reply is not None
    names = read_not_deleted(outcome.reply.kept) if outcome.reply.status // 100 == 2 else None
    return items if names is None else [item for item in items if (item.key, item.version) in names]


def _gone(make: partial[Request]) -> Request:
    return _expecting(make(), _GONE)


def _expecting(request: Request, expect: AnsweredExpect | GoneExpect) -> Request:
    request.expect = expect
    return request
