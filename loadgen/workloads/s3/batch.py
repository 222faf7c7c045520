"""The batch job: download each object, call a function on it, upload what it returns under another prefix."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import field

from loadgen.base.clock import now_ns
from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.base.reply import Reply
from loadgen.measure.names import Kind
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.s3 import FUNCTION, LISTED, S3Job
from loadgen.plan.jobs.s3_fields import TAGGING
from loadgen.plan.jobs.s3_sizes import class_of
from loadgen.plan.plan import Shard
from loadgen.workloads.s3.function import Function, Made, load_function, raised
from loadgen.workloads.s3.journal import Entry, Journal, read_entries
from loadgen.workloads.s3.listing import listed
from loadgen.workloads.s3.naming import has_tags, is_taken, kept_fields, name_of
from loadgen.workloads.s3.protocol.about_objects import read_tags
from loadgen.workloads.s3.protocol.data import Given
from loadgen.workloads.s3.protocol.documents import S3Expect, good_body, read_dated_page, read_page
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.s3.sizes import Sizes
from loadgen.workloads.s3.tasks import Send, Task

PROCESSED_PREFIX = "made/"
ERROR_BYTES = 65536
"""More than any store says of an error, whose body may be longer than the object that was asked for."""


@dataclass(slots=True)
class Work:
    """One object: what the function returned for it, or how it failed."""

    index: int
    key: str
    size: int
    etag: str = ""
    target: str = ""
    made: Made | None = None
    problem: str = ""


class Bounded:
    """The sink of a download: it has `enough` once more than `most` bytes came, since then it is not the object."""

    __slots__ = ("_left", "enough")

    def __init__(self, most: int) -> None:
        self._left = most
        self.enough = False

    def __call__(self, data: bytes) -> None:
        self._left -= len(data)
        self.enough = self._left < 0


@dataclass(frozen=True, slots=True)
class ProcessedExpect(S3Expect):
    """A good download is one that the function takes; it is called here, in the thread of the user who got it."""

    function: Function = field(default=lambda data, _key: Made(data))
    work: Work = field(default_factory=lambda: Work(0, "", 0))

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        problem = S3Expect.verdict(self, status, body_length, kept)
        if problem is not None:
            return problem
        if self.work.problem:
            return ErrorClass.PROCESSING
        try:
            self.work.made = self.function(kept, self.work.key)
        except BaseException as error:  # whatever it raises, sys.exit among it, is the object's failure, not the run's
            self.work.problem = f"{self.work.key}: {raised(error)}"
            return ErrorClass.PROCESSING
        return None

    def explain(self, reply: Reply, error: ErrorClass, code: str, took_ns: int = 0) -> str:
        found = S3Expect.explain(self, reply, error, code, took_ns)
        return f"{self.work.key}: {found}" if error is ErrorClass.UNEXPECTED_LENGTH and not code else found

    def describe(self, status: int, code: str) -> str:
        return self.work.problem or f"{self.work.key}: {S3Expect.describe(self, status, code)}"


class Batch:
    """One shard's objects: those of the source's list, or of what was prepared, in turn with the other shards.

    `operations` are those that it takes objects with, and those that it puts with. `on_unwritten`: see Journal; None:
    nothing is written down.
    """

    def __init__(
        self,
        s3: S3Job,
        operations: tuple[Operations, Operations],
        send: Send,
        transactions: Transactions,
        sizes: Sizes,
        shard: Shard,
        on_unwritten: Callable[[], None] | None,
    ) -> None:
        self._s3 = s3
        self._wholes = transactions.numbers(s3.wholes)
        self._named = s3.naming.added  # by class of size, what is added to a name id
        self._operations, self._puts = operations
        self._send = send
        self._transactions = transactions
        self._function = self._timed(load_function(s3.function))
        self._listed_so_far = transactions.metric(transactions.number(Kind.METRIC, LISTED), "count")
        self._source = s3.source
        self._target = s3.prefix if s3.source is not None else f"{s3.own_prefix}{PROCESSED_PREFIX}"
        self._shard = shard
        self._journal = None if s3.journal is None or on_unwritten is None else Journal(s3.journal, on_unwritten)
        goes_on = s3.journal is not None and (s3.resumed or self._journal is not None)
        entries = read_entries(s3.journal or "") if goes_on else []
        self._done = {entry.key: entry.etag for entry in entries}
        self._listed = 0
        self._names: dict[str, str] = {}  # with names by a pattern: whose each is
        self.works: deque[Work] = deque()
        self._lists = iter([] if s3.source is None else [self._list(s3.source)])
        if s3.source is None:
            for number in range(s3.objects or 0):
                self._add(s3.key(number), sizes.of(number))

    def begin(self) -> Task | None:
        """The list, or the next object."""
        listing = next(self._lists, None)
        if listing is not None:
            return listing
        return self._object(self.works.popleft()) if self.works else None

    def left(self) -> int:
        """The requests of objects that were listed and not begun: two for each."""
        return 2 * len(self.works)

    def _add(self, key: str, size: int, etag: str = "") -> None:
        """Take an object of the list, if it is this shard's and was not done before as it is now."""
        index = self._listed
        self._listed += 1
        name = key.removeprefix(self._source) if self._source is not None else key.rpartition("/")[2]
        work = Work(index, key, size, etag, f"{self._target}{name_of(self._s3.name, name)}")
        if self._s3.name and (other := self._names.setdefault(work.target, key)) != key:
            work.problem = f"{key}: {work.target} is what is made of {other}; give another --name"
        if index % self._shard.count != self._shard.index:
            return
        done = self._done.get(key)
        if done is None or (etag and done and etag != done):
            self.works.append(work)
            self._listed_so_far.add(1)

    def _list(self, source: str) -> Task:
        read = read_page if self._s3.since_s is None else read_dated_page
        pages = listed(self._operations, self._send, source, read)
        while not pages.over:
            page = yield from pages.following()
            for item in page.objects if page is not None else ():
                if is_taken(item, self._s3):
                    self._add(item.key, item.size, item.etag)

    def _timed(self, function: Function) -> Function:
        """The same, and how long each call took."""
        transactions, number = self._transactions, self._transactions.number(Kind.CALL, FUNCTION)

        def timed(data: bytes, key: str) -> Made | None:
            began_ns = now_ns()
            try:
                made = function(data, key)
            except BaseException:
                transactions.fail(number, ErrorClass.PROCESSING, now_ns() - began_ns)
                raise
            transactions.samples(number).samples.append(now_ns() - began_ns)
            return made

        return timed

    def _object(self, work: Work) -> Task:
        transaction = self._transactions.begin(self._wholes.get(class_of(work.size)))
        outcome = yield from self._send(lambda: self._get(work))
        bytes_in, error = 0 if outcome.reply is None else outcome.reply.body_length, outcome.error
        head = b"" if outcome.reply is None or self._source is None else outcome.reply.head
        del outcome  # it holds the object
        key, made, size = work.target, work.made, 0
        if error is None and made is not None:
            content, size = Given(made.data), len(made.data)
            fields = {**kept_fields(head, key), **made.fields}
            work.made = made = None  # only what is put is held
            if TAGGING not in fields and has_tags(head):
                outcome = yield from self._send(lambda: self._operations.get_tags(work.key))
                error, tags = outcome.error, good_body(outcome)
                fields |= {TAGGING: read_tags(tags)} if error is None else {}
            if error is None:
                error = (yield from self._send(lambda: self._put(key, content, fields))).error
        elif error is None:
            key = ""  # it is skipped
        self._transactions.end(transaction, error, bytes_in)
        if error is None and self._journal is not None:
            self._journal.add(Entry(work.index, work.key, key, bytes_in, size, work.etag))

    def _get(self, work: Work) -> Request:
        request = self._operations.get(work.key, work.size)
        request.expect = ProcessedExpect(length=work.size, function=self._function, work=work)
        most = max(work.size, ERROR_BYTES)
        request.sink, request.keep, request.payload = Bounded(most), most, work.size
        request.name_id += self._named[class_of(work.size)]
        return request

    def _put(self, key: str, content: Given, fields: Mapping[str, str]) -> Request:
        request = self._puts.put(key, content, tuple(sorted(fields.items())))
        request.payload = content.size
        request.name_id += self._named[class_of(content.size)]
        return request
