"""The list job: through all pages under the run's prefix, again and again."""

from collections import deque

from loadgen.base.exchange import Done, ErrorClass, Reply, Request
from loadgen.workloads.s3.desk import Desk
from loadgen.workloads.s3.documents import find_token
from loadgen.workloads.s3.operations import Operations


class Listing:
    """As many listings at once as there are requests out: a page can only be asked for when the one before is in."""

    only: Request | None = None
    left = 0

    def __init__(self, operations: Operations, prefix: str, desk: Desk) -> None:
        self._operations = operations
        self._prefix = prefix
        self._desk = desk
        self._tokens: deque[str] = deque()

    @property
    def pending(self) -> int:
        """Requests whose end is still to be told."""
        return self._desk.pending

    def next(self) -> Request | None:
        """The next page of a listing that goes on, else the first of another."""
        again = self._desk.again()
        if again is not None:
            return again
        token = self._tokens.popleft() if self._tokens else None
        return self._desk.send(lambda: self._operations.list(self._prefix, token=token), self._page_done())

    def skip(self) -> int:
        """The only name there is."""
        return 0

    def _page_done(self) -> Done:
        def done(reply: Reply | None, error: ErrorClass | None) -> None:
            token = find_token(reply.kept) if reply is not None and error is None else None
            if token is not None:
                self._tokens.append(token)

        return done
