"""When the parts of one reply came: to the first that counts, and between them."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import lru_cache
from operator import sub
from typing import Any

from loadgen.base.clock import now_ns
from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.base.reply import Expect, Reply
from loadgen.base.units import counted
from loadgen.plan.jobs.parts import PartsSpec
from loadgen.workloads.parts.splitter import Part, Splitter, one_part
from loadgen.workloads.scenario.replies.absent import AbsentError
from loadgen.workloads.scenario.replies.json_path import JsonPath, compile_json_path

_SHOWN_BYTES = 200
KEEP_BYTES = 1 << 20
_UNBOUNDED = 1 << 62


class PartsRules:
    """What counts, and what the end is; made once for all requests of a kind."""

    def __init__(self, spec: PartsSpec) -> None:
        self.spec = spec
        self._path: JsonPath | None = compile_json_path(spec.first.removeprefix("$.")) if spec.first else None
        self._end = None if spec.until_match is None else re.compile(re.escape(spec.until_match))
        self.holds_end = None if self._end is None else self._end.search
        self.is_one_part = one_part(spec.kind)

    def counts_as_first(self, part: Part) -> bool:
        """Whether it is a first part: with a path, one that has something there."""
        if self._path is None:
            return True
        try:
            return self._path.find(json.loads(part.data)) not in (None, "", [], {})
        except (ValueError, AbsentError):
            return False

    def is_end(self, part: Part) -> bool:
        """Whether it is the mark of the end, and no part itself."""
        return self._end is not None and self._end.search(part.data) is not None


class PartsReader:
    """The sink of one request: notes when each part came. `request` is given `timeout_ns` for the next part each time.

    `enough` says that the end that was asked for is reached, `broken` why it will not be. `first_ns` is from `began_ns`
    to the first part that counts, `gaps_ns` are between the parts from there on. With `keeps`, `texts` are the parts so
    far, up to 1 MiB of them. `each` is given every part. After `leave` nobody wants more, and that is a good end.
    """

    __slots__ = (
        "_append", "_clock", "_instants_ns", "_request", "_room", "_rules", "_simple_parts", "_splitter", "_timeout_ns",
        "began_ns", "broken", "each", "enough", "first_ns", "keeps", "left", "texts",
    )  # fmt: skip

    def __init__(self, rules: PartsRules, request: Request, timeout_ns: int, clock: Callable[[], int] = now_ns) -> None:
        self.began_ns = clock()
        self.first_ns: int | None = None
        self._instants_ns: list[int] = []  # from the first that counts on
        self._append = self._instants_ns.append
        self.texts: list[str] = []
        self.keeps = False
        self.each: Callable[[str], object] | None = None
        self.left = False
        self._room = KEEP_BYTES
        self.enough = False
        self.broken = ""
        self._rules = rules
        self._request = request
        self._timeout_ns = timeout_ns
        self._clock = clock
        self._splitter = Splitter(rules.spec.kind)
        self._simple_parts = 0
        request.timeout_ns = timeout_ns

    @property
    def parts(self) -> int:
        """How many came, from the first that counts on."""
        return len(self._instants_ns)

    @property
    def gaps_ns(self) -> list[int]:
        instants = self._instants_ns
        return list(map(sub, instants[1:], instants))

    def __call__(self, data: bytes) -> None:
        if self.note(data, 0, len(data)):
            self.renew()
            return
        self._simple_parts = 0
        now = self._clock()
        self._request.timeout_ns = now - self.began_ns + self._timeout_ns
        if self.enough or self.broken:
            return
        try:
            for part in self._splitter.feed(data):
                self._take(part, now)
                if self.enough or self.broken:
                    return
        except ValueError as error:
            self.broken = str(error)
        self._simple_parts = self._simple_up_to()

    def note(self, data: bytes, begin: int, end: int) -> bool:
        """Take what most pieces are: one part, of which only its instant matters. False: nothing is done. The request's
        `timeout_ns` is as before, until `renew`."""
        rules = self._rules
        if (
            len(self._instants_ns) >= self._simple_parts
            or not rules.is_one_part(data, begin, end)
            or data.find(b"\r", begin, end) >= 0
        ):
            return False
        if rules.holds_end is not None and rules.holds_end(data, begin, end):
            return False
        self._append(self._clock())
        return True

    def renew(self) -> None:
        """Let the request's `timeout_ns` be for the part after the last one noted."""
        if self._instants_ns:
            heard_ns = self._instants_ns[-1] - self.began_ns
            self._request.timeout_ns = max(self._request.timeout_ns or 0, heard_ns + self._timeout_ns)

    def _simple_up_to(self) -> int:
        """Up to how many parts one may be noted without a look at anything but itself."""
        spec = self._rules.spec
        looked_at = self.keeps or self.each is not None or spec.until_s is not None
        if looked_at or self.first_ns is None or self.enough or self.broken or self._splitter.has_rest:
            return 0
        return _UNBOUNDED if spec.until_parts is None else spec.until_parts - 1

    def _take(self, part: Part, now: int) -> None:
        rules, spec = self._rules, self._rules.spec
        if rules.is_end(part):
            self.enough = True
            return
        if part.event == b"error":
            self.broken = f"an error event: {part.data[:_SHOWN_BYTES].decode('utf-8', 'replace')}"
            return
        if self.keeps and self._room >= len(part.data):
            self._room -= len(part.data)
            self.texts.append(part.data.decode("utf-8", "replace"))
        if self.each is not None:
            self.each(part.data.decode("utf-8", "replace"))
        if self.first_ns is None and rules.counts_as_first(part):
            self.first_ns = now - self.began_ns
        if self.first_ns is not None:
            self._append(now)
        if spec.until_parts is not None and self.parts >= spec.until_parts:
            self.enough = True
        if spec.until_s is not None and now - self.began_ns >= spec.until_s * 1e9:
            self.enough = True

    def leave(self) -> None:
        """No more is wanted."""
        self.left = self.enough = True
        self._simple_parts = 0

    def end(self) -> None:
        """The body has ended."""
        for part in self._splitter.end():
            self._take(part, self._clock())

    def problem(self) -> str:
        """What is wrong with a reply that has ended; empty where it is good."""
        if not self.enough and not self.broken:
            self.end()
        if self.broken or self.left:
            return self.broken
        if not self.enough and self._rules.spec.has_end:
            return f"the stream ended early, after {counted(self.parts, 'part')}"
        if self.first_ns is None:
            return "no part of the reply counts as the first"
        return ""


@dataclass(frozen=True, slots=True)
class PartsExpect(Expect):
    """Beside what is expected of any reply to the request (`inner`): that the parts came to the end asked for."""

    inner: Expect = field(default_factory=Expect)
    reader: PartsReader | None = None

    def judge(self, reply: Reply, took_ns: int = 0) -> ErrorClass | None:
        problem = self.inner.judge(reply, took_ns)
        if problem is None and self.reader is not None and self.reader.problem():
            return ErrorClass.STREAM_BROKEN
        return problem

    def code_of(self, reply: Reply) -> str:
        good = self.inner.judge(reply) is None
        return "" if good else self.inner.code_of(reply)

    def describe(self, status: int, code: str) -> str:
        problem = self.reader.problem() if self.reader is not None and not code else ""
        good = any(low <= status <= high for low, high in self.inner.statuses)
        return problem if good and problem else self.inner.describe(status, code)


def in_parts(model: Request, rules: PartsRules, timeout_ns: int, clock: Callable[[], int] = now_ns) -> Request:
    """The same request with a reader of its own for its reply's parts."""
    request = model.twin()
    request.group = None
    read_in_parts(request, rules, timeout_ns, model.expect, clock)
    return request


def read_in_parts(
    request: Request, rules: PartsRules, timeout_ns: int, expect: Expect, clock: Callable[[], int] = now_ns
) -> PartsReader:
    """Give a request a new reader for its reply's parts. Its group, if it has one, does not repeat."""
    reader = PartsReader(rules, request, timeout_ns, clock)
    request.sink, request.plain = reader, False
    request.expect = PartsExpect(expect.statuses, expect.body_contains, expect.length, inner=expect, reader=reader)
    return reader


def rules_of(stream: Any) -> PartsRules:
    """Those of `stream=` in Python: a mapping with the keys that a profile has. Raises TypeError or ValueError."""
    given = dict(stream) if isinstance(stream, Mapping) else {}
    until = given.pop("until", None) or {}
    kind, first = given.pop("kind", None), given.pop("first", "")
    known = isinstance(until, Mapping) and until.keys() <= {"match", "parts", "time"} and isinstance(first, str)
    if kind not in ("sse", "lines") or given or not known:
        raise TypeError(
            'stream: expected {"kind": "sse" or "lines", "first": a JSON path, "until": {"match": ...}}, where until '
            f"may be match, parts or time in seconds; got {stream!r}"
        )
    match = until.get("match")
    marked = match.encode() if isinstance(match, str) else match
    return _rules(PartsSpec(kind, first, marked, until.get("parts"), until.get("time")))


@lru_cache(maxsize=256)
def _rules(spec: PartsSpec) -> PartsRules:
    return PartsRules(spec)


def timing(timeout_ns: int) -> Callable[[PartsSpec], Callable[[Request], Request]]:
    """For each kind of request what gives one a reader; `timeout_ns` is for the next part."""

    def parts(spec: PartsSpec) -> Callable[[Request], Request]:
        rules = PartsRules(spec)
        return lambda model: in_parts(model, rules, timeout_ns)

    return parts


def reader_of(request: Request) -> "PartsReader | None":
    """The reader of a request whose reply comes in parts."""
    sink: Any = request.sink
    return sink if isinstance(sink, PartsReader) else None
