"""A list page by page: only a page that says so is its last, and one that cannot be read is an error of its request."""

from collections.abc import Callable, Collection, Generator
from dataclasses import field
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome, Request
from loadgen.workloads.s3.protocol.documents import Page, S3Expect, read_page
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.s3.tasks import Send


@dataclass(slots=True)
class Pages:
    """The pages of a list. `ask` makes the request for that of a token, None for the first; `read` makes a Page of a
    reply's body, or raises ValueError. An answer with one of the statuses `refusals` says that there is no such list.
    """

    send: Send
    ask: Callable[[Any], Request]
    read: Callable[[bytes], Page] = read_page
    refusals: Collection[int] = ()
    refused: bool = False
    ended: bool = False
    page: Page = field(default_factory=lambda: Page((), None))
    problem: str = ""
    tokens: set[object] = field(default_factory=set)
    """All that were asked for, or will be next."""

    first: Page | None = None
    """The first one, where that was asked for to see whether there is such a list."""

    @property
    def over(self) -> bool:
        """There is no other page, or the last one was not to be had."""
        return self.ended and self.first is None

    def following(self) -> Generator[Any, Outcome | None, Page | None]:
        """Ask for the next page; None where that failed."""
        if self.first is not None:
            page, self.first = self.first, None
            return page
        outcome = yield from self.send(self._make)
        if outcome.error is not None or self.refused:
            self.ended = True
            return None
        token = self.page.token
        self.ended = token is None
        if token is not None:
            self.tokens.add(token)
        return self.page

    def _make(self) -> Request:
        request = self.ask(self.page.token)
        request.expect = PageExpect(pages=self)
        return request


def listed(operations: Operations, send: Send, prefix: str, read: Callable[[bytes], Page] = read_page) -> Pages:
    """The pages of what has a prefix."""
    return Pages(send, lambda token: operations.list(prefix, token=token), read)


@dataclass(frozen=True, slots=True)
class PageExpect(S3Expect):
    """A good reply is a whole page whose next one was not asked for yet."""

    pages: Pages | None = None

    @property
    def reads_body(self) -> bool:
        return True

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        problem, pages = S3Expect.verdict(self, status, body_length, kept), self.pages
        if pages is not None and status in pages.refusals:
            pages.refused = True
            return None
        if problem is not None or pages is None:
            return problem
        try:
            page = pages.read(kept)
            if page.token in pages.tokens:
                raise ValueError("the list gives a token again that it gave before: it would never end")
        except ValueError as error:
            pages.problem = str(error)
            return ErrorClass.UNEXPECTED_BODY
        pages.page = page
        return None

    def describe(self, status: int, code: str) -> str:
        said = self.pages.problem if self.pages is not None else ""
        return f"{said}, {code}" if said and code else said or S3Expect.describe(self, status, code)
