"""The batch job: download each object, call a function on it, upload what it returns under another prefix."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from loadgen.base.exchange import ErrorClass, Request
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.plan import Shard
from loadgen.workloads.s3.function import Function, load_function, processed, raised
from loadgen.workloads.s3.journal import Entry, Journal, read_entries
from loadgen.workloads.s3.listing import Pages
from loadgen.workloads.s3.protocol.data import Given
from loadgen.workloads.s3.protocol.documents import S3Expect
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.s3.sizes import Sizes
from loadgen.workloads.s3.tasks import Send, Task

PROCESSED_PREFIX = "made/"
_KEEP_ALL = 1 << 62


@dataclass(slots=True)
class Work:
    """One object: what the function returned for it, or how it failed."""

    index: int
    key: str
    size: int
    processed: bytes = b""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ProcessedExpect(S3Expect):
    """A good download is one that the function takes; it is called here, in the thread of the user who got it."""

    function: Function = bytes
    work: Work = field(default_factory=lambda: Work(0, "", 0))

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        problem = S3Expect.verdict(self, status, body_length, kept)
        if problem is not None:
            return problem
        try:
            self.work.processed = processed(self.function, kept)
        except BaseException as error:  # whatever it raises, sys.exit among it, is the object's failure, not the run's
            self.work.problem = f"{self.work.key}: {raised(error)}"
            return ErrorClass.PROCESSING
        return None

    def describe(self, status: int, code: str) -> str:
        return self.work.problem or f"{self.work.key}: {S3Expect.describe(self, status, code)}"


class Batch:
    """One shard's objects: those of the source's list, or of what was prepared, in turn with the other shards.

    `on_unwritten`: see Journal.
    """

    def __init__(
        self,
        s3: S3Job,
        operations: Operations,
        send: Send,
        transactions: Transactions,
        sizes: Sizes,
        shard: Shard,
        on_unwritten: Callable[[], None],
    ) -> None:
        self._operations = operations
        self._send = send
        self._transactions = transactions
        self._function = load_function(s3.function)
        self._source = s3.source
        self._target = s3.prefix if s3.source is not None else f"{s3.own_prefix}{PROCESSED_PREFIX}"
        self._shard = shard
        self._journal = None if s3.journal is None else Journal(s3.journal, on_unwritten)
        self._done = {entry.key for entry in read_entries(s3.journal)} if s3.journal is not None else set()
        self._listed = 0
        self._works: deque[Work] = deque()
        self._lists = iter([] if s3.source is None else [self._list(s3.source)])
        if s3.source is None:
            for number in range(s3.objects or 0):
                self._add(f"{s3.own_prefix}{number:08d}", sizes.of(number))

    def begin(self) -> Task | None:
        """The list, or the next object."""
        listing = next(self._lists, None)
        if listing is not None:
            return listing
        return self._object(self._works.popleft()) if self._works else None

    def left(self) -> int:
        """The requests of objects that were listed and not begun: two for each."""
        return 2 * len(self._works)

    def _add(self, key: str, size: int) -> None:
        """Take an object of the list, if it is this shard's and was not done before."""
        index = self._listed
        self._listed += 1
        if index % self._shard.count == self._shard.index and key not in self._done:
            self._works.append(Work(index, key, size))

    def _list(self, source: str) -> Task:
        pages = Pages(self._operations, self._send, source)
        while not pages.over:
            page = yield from pages.following()
            for item in page.objects if page is not None else ():
                if not item.key.endswith("/"):
                    self._add(item.key, item.size)

    def _object(self, work: Work) -> Task:
        transaction = self._transactions.begin()
        outcome = yield from self._send(lambda: self._get(work))
        bytes_in, error = 0 if outcome.reply is None else outcome.reply.body_length, outcome.error
        del outcome  # it holds the object
        name = work.key.removeprefix(self._source) if self._source is not None else work.key.rpartition("/")[2]
        key, content = f"{self._target}{name}", Given(work.processed)
        if error is None:
            error = (yield from self._send(lambda: self._put(key, content))).error
        self._transactions.end(transaction, error, bytes_in)
        if error is None and self._journal is not None:
            self._journal.add(Entry(work.index, work.key, key, bytes_in, content.size))

    def _get(self, work: Work) -> Request:
        request = self._operations.get(work.key, work.size)
        request.expect = ProcessedExpect(length=work.size, function=self._function, work=work)
        request.keep, request.payload = _KEEP_ALL, work.size
        return request

    def _put(self, key: str, content: Given) -> Request:
        request = self._operations.put(key, content)
        request.payload = content.size
        return request
