"""The batch job: download each object, call a function on it, upload what it makes under another prefix."""

from collections import deque
from dataclasses import dataclass, field

from loadgen.base.exchange import Done, ErrorClass, Reply, Request
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.s3 import S3Job
from loadgen.workloads.s3.data import Given
from loadgen.workloads.s3.desk import Desk, Make
from loadgen.workloads.s3.documents import DocumentError, S3Expect, read_page
from loadgen.workloads.s3.function import Function, load_function, processed
from loadgen.workloads.s3.journal import Entry, Journal, read_entries
from loadgen.workloads.s3.operations import Operations
from loadgen.workloads.s3.sizes import Sizes

MADE_PREFIX = "made/"
_KEEP_ALL = 1 << 62


@dataclass(slots=True)
class Work:
    """One object: what the function made of it, or how it failed."""

    index: int
    key: str
    size: int
    made: bytes = b""
    problem: str = ""
    transaction: int = 0


@dataclass(frozen=True, slots=True)
class ProcessedExpect(S3Expect):
    """A good download is one that the function takes; it is called here, in the thread of the user who got it."""

    function: Function = bytes
    work: Work = field(default_factory=lambda: Work(0, "", 0))

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        """None for an object that was processed, else what is wrong."""
        problem = S3Expect.verdict(self, status, body_length, kept)
        if problem is not None:
            return problem
        try:
            self.work.made = processed(self.function, kept)
        except Exception as error:  # whatever a person's function raises is the object's failure, not the run's
            self.work.problem = f"{self.work.key}: {type(error).__name__}: {error}"
            return ErrorClass.PROCESSING
        return None

    def said(self, status: int, code: str) -> str:
        """What the function raised, or what the reply says of itself."""
        return self.work.problem or f"{self.work.key}: {S3Expect.said(self, status, code)}"


class Batch:
    """One shard's objects: those of the source's list, or of what was prepared, in turn with the other shards."""

    only: Request | None = None

    def __init__(
        self,
        s3: S3Job,
        operations: Operations,
        desk: Desk,
        transactions: Transactions,
        sizes: Sizes,
        index: int,
        count: int,
    ) -> None:
        self._operations = operations
        self._desk = desk
        self._transactions = transactions
        self._function = load_function(s3.function)
        self._source = s3.source
        self._target = s3.prefix if s3.source is not None else f"{s3.own_prefix}{MADE_PREFIX}"
        self._index = index
        self._count = count
        self._ready: deque[tuple[Make, Done]] = deque()
        self._journal = None if s3.journal is None else Journal(s3.journal)
        self._known = {entry.key for entry in read_entries(s3.journal)} if s3.journal is not None else set()
        self._listed = 0
        self._works: deque[Work] = deque()
        if s3.source is None:
            for number in range(s3.objects or 0):
                self._add(f"{s3.own_prefix}{number:08d}", sizes.of(number))
        else:
            self._list(None)

    @property
    def pending(self) -> int:
        """Requests whose end is still to be told."""
        return self._desk.pending

    @property
    def left(self) -> int:
        """The requests of objects that are known and not done: two for each, or the second of them."""
        return 2 * len(self._works) + len(self._ready)

    def next(self) -> Request | None:
        """An upload, a page of the list, or a download."""
        again = self._desk.again()
        if again is not None:
            return again
        if self._ready:
            return self._desk.send(*self._ready.popleft())
        return self._get(self._works.popleft()) if self._works else None

    def skip(self) -> int:
        """The name of the first of its requests."""
        return 0

    def _add(self, key: str, size: int) -> None:
        """Take an object of the list, if it is this shard's and was not done before."""
        index = self._listed
        self._listed += 1
        if index % self._count == self._index and key not in self._known:
            self._works.append(Work(index, key, size))

    def _list(self, token: str | None) -> None:
        def done(reply: Reply | None, error: ErrorClass | None) -> None:
            if reply is None or error is not None:
                return
            try:
                page = read_page(reply.kept)
            except DocumentError:
                return
            for item in page.objects:
                if not item.key.endswith("/"):
                    self._add(item.key, item.size)
            if page.token is not None:
                self._list(page.token)

        self._ready.append((lambda: self._operations.list(self._source or "", token=token), done))

    def _get(self, work: Work) -> Request:
        def make() -> Request:
            request = self._operations.get(work.key, work.size)
            request.expect = ProcessedExpect(length=work.size, function=self._function, work=work)
            request.keep, request.payload = _KEEP_ALL, work.size
            return request

        def done(reply: Reply | None, error: ErrorClass | None) -> None:
            if reply is not None and error is None:
                self._put(work, reply.body_length)
            else:
                self._transactions.end(work.transaction, error)

        request = self._desk.send(make, done)
        work.transaction = self._transactions.begin()
        return request

    def _put(self, work: Work, bytes_in: int) -> None:
        name = work.key.removeprefix(self._source) if self._source is not None else work.key.rpartition("/")[2]
        key, content = f"{self._target}{name}", Given(work.made)

        def make() -> Request:
            request = self._operations.put(key, content)
            request.payload = content.size
            return request

        def done(_reply: Reply | None, error: ErrorClass | None) -> None:
            work.made = b""
            self._transactions.end(work.transaction, error, bytes_in)
            if error is None and self._journal is not None:
                self._journal.add(Entry(work.index, work.key, key, bytes_in, content.size))

        self._ready.append((make, done))
