"""Declared journeys as a program: operations linked to one another, laid out once for all users of a worker."""

from collections.abc import Callable, Sequence
from functools import partial

from loadgen.base.clock import NS_PER_S, s_to_ns
from loadgen.base.dataclass import dataclass
from loadgen.base.encode import host_line
from loadgen.base.endpoint import Origin
from loadgen.base.exchange import BodySource, Fields
from loadgen.base.imported import imported
from loadgen.base.reply import Expect
from loadgen.measure.names import Kind, Names
from loadgen.plan.encodings import Encode
from loadgen.plan.jobs.grpc import GrpcExpect
from loadgen.plan.jobs.http import RequestSpec
from loadgen.plan.jobs.scenario import Journey, ScenarioJob, Step, all_steps
from loadgen.plan.jobs.websocket import WebSocketSpec
from loadgen.plan.places import places_in
from loadgen.plan.tracing import HEADER as TRACE
from loadgen.workloads.file_body import FileBody
from loadgen.workloads.scenario.declared.layout import Layout, Slots, Write
from loadgen.workloads.scenario.replies.expecting import checked
from loadgen.workloads.scenario.replies.extract import Take, taker
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.requests import BODY_METHODS, PER_USER
from loadgen.workloads.scenario.sending.user_request import UserRequest


class Op:
    """One operation; `after` is what follows it."""

    __slots__ = ("after",)

    after: "Op"


@dataclass(slots=True, eq=False)
class RequestOp(Op):
    """Send a request, number `index` of the program's, and take what is extracted out of its reply.

    `head` is its wire form up to the end of its fields, without the length of a `body` that varies; `target`, `middle`
    and `block` are the same in parts, and `fields` those of them by name. A body that stays the same is `data`. `draws`
    are the slots whose values are new with every request: the variable of each, and how it is written. `encode` makes
    the body of what varies; `answers` is the class of the replies; `in_parts` has the parts of one timed.
    """

    index: int
    name_id: int
    method: str
    head: Layout
    target: Layout
    middle: str
    block: Layout
    fields: Fields
    body: Layout | None
    data: bytes | BodySource
    has_cookie: bool
    has_trace: bool
    expect: Expect
    timeout_s: float | None
    redirects: int
    draws: tuple[tuple[int, str, Encode], ...]
    origin: Origin | None
    takes: tuple[tuple[Take, Sequence[tuple[int, Write]], bool], ...]
    encode: Callable[[bytes], bytes] = bytes
    answers: type[Reply] = Reply
    in_parts: Callable[[UserRequest], object] | None = None


class GroupOp(Op):
    """A group begins, or with `ends` ends."""

    __slots__ = ("ends", "number")

    def __init__(self, number: int, *, ends: bool) -> None:
        self.number = number
        self.ends = ends


class TogetherOp(Op):
    """Requests at the same time."""

    __slots__ = ("requests",)

    def __init__(self, requests: list[RequestOp]) -> None:
        self.requests = requests


@dataclass(slots=True, eq=False)
class SocketOp(Op):
    """Hold a WebSocket. `name` is what its rows begin with; `draws` as a request's."""

    name: str
    spec: WebSocketSpec
    target: Layout
    block: Layout
    messages: list[Layout]
    timeout_s: float
    draws: tuple[tuple[int, str, Encode], ...]
    origin: Origin


class RepeatOp(Op):
    """Go to `first` until that was done as often as `times`, then on. `index` is the number of its counter."""

    __slots__ = ("first", "index", "times")

    first: Op

    def __init__(self, index: int, times: int) -> None:
        self.index = index
        self.times = times


class PauseOp(Op):
    """Do nothing for a time drawn from a range of seconds."""

    __slots__ = ("think_s",)

    def __init__(self, think_s: tuple[float, float]) -> None:
        self.think_s = think_s


class EndOp(Op):
    """A journey is over."""

    __slots__ = ()


class Course:
    """The operations of one journey from `first` on, and the `feeds` from which it takes a row each time."""

    __slots__ = ("feeds", "first", "fresh")

    def __init__(self, journey: Journey, first: Op, feeds: tuple[str, ...]) -> None:
        self.fresh = journey.fresh
        self.first = first
        self.feeds = feeds


class Program:
    """All journeys of a job: `start` and `end` are what a user does before its first and after its last.

    `columns` say for each feed where the columns of a row go; of `own` feeds a user has one row for good. `repeats` is
    the number of counters.
    """

    def __init__(self, job: ScenarioJob, names: Names, origin: Origin, *, keep_alive: bool, timeout_ns: int) -> None:
        self._timeout_ns = timeout_ns
        self._origin = origin
        parts = [*job.journeys, Journey(PER_USER, steps=job.user_start), Journey(PER_USER, steps=job.user_end)]
        self._steps = [step for part in parts for step in all_steps(part.steps)]
        extracted = {extract.variable for step in self._steps for extract in step.extracts} | set(job.elsewhere)
        self._feeds = {feed.name for feed in job.feeds}
        self.own = tuple(feed.name for feed in job.feeds if feed.pick == "own")
        self._slots = Slots(extracted | self._feeds, {variable.name for variable in job.variables}, origin)
        self._names = names
        self._host = f"Host: {origin.authority}\r\n"
        self._close = "" if keep_alive else "Connection: close\r\n"
        self.repeats = 0
        self.requests: list[RequestOp] = []
        self.sockets: list[SocketOp] = []
        *courses, start, end = [self._course(part) for part in parts]
        self.courses = courses
        self.start = start if job.user_start else None
        self.end = end if job.user_end else None
        self.initial = self._slots.initial
        self.columns: dict[str, list[tuple[str, int, Write]]] = {feed: [] for feed in self._feeds}
        for (name, column), writes in self._slots.writes.items():
            if column is not None:
                self.columns[name] += [(column, slot, write) for slot, write in writes]

    def _course(self, journey: Journey) -> Course:
        for step in all_steps(journey.steps):  # so that they are numbered in their order
            if step.name and (step.request is None or step.request.websocket is None):
                self._number(step, journey.name)
        first = self._linked(journey.steps, journey.name, EndOp())
        used = (
            place.name
            for step in all_steps(journey.steps)
            if step.request is not None
            for text in _texts(step.request)
            for place in places_in(text)
            if place.name in self._feeds and place.name not in self.own
        )
        return Course(journey, first, tuple(dict.fromkeys(used)))

    def _number(self, step: Step, journey: str) -> int:
        kind = Kind.GROUP if step.kind == "group" else Kind.SETUP if journey == PER_USER else Kind.REQUEST
        return self._names.number(kind, f"{journey}/{step.name}")

    def _linked(self, steps: Sequence[Step], journey: str, after: Op) -> Op:
        """The first operation of steps, the last of which is followed by `after`."""
        for step in reversed(steps):
            if step.think_s != (0.0, 0.0):
                after = _before(after, PauseOp(step.think_s))
            after = self._one(step, journey, after)
        return after

    def _one(self, step: Step, journey: str, after: Op) -> Op:
        match step.kind:
            case "group":
                number = self._number(step, journey)
                inside = self._linked(step.steps, journey, _before(after, GroupOp(number, ends=True)))
                return _before(inside, GroupOp(number, ends=False))
            case "repeat":
                repeat = RepeatOp(self.repeats, step.times)
                self.repeats += 1
                repeat.first = self._linked(step.steps, journey, repeat)
                return _before(after, repeat)
            case "together":
                requests = [self._request(item, journey) for item in step.steps]
                return _before(after, TogetherOp(requests))
        if step.request is not None and step.request.websocket is not None:
            return _before(after, self._socket(step, step.request, step.request.websocket, journey))
        request = self._request(step, journey)
        return _before(after, request if request.origin is None else TogetherOp([request]))

    def _socket(self, step: Step, spec: RequestSpec, held: WebSocketSpec, journey: str) -> SocketOp:
        slots = self._slots
        path, block = slots.path(spec.path), slots.headers(spec.headers)
        messages = [slots.message(text) for text in held.messages]
        found = (piece for text in (path, block, *messages) for piece in text if isinstance(piece, int))
        op = SocketOp(
            name=f"{journey}/{step.name}",
            spec=held,
            target=Layout(path),
            block=Layout(block),
            messages=[Layout(pieces) for pieces in messages],
            timeout_s=self._timeout_ns / NS_PER_S if step.timeout_s is None else step.timeout_s,
            draws=tuple((slot, *slots.draws[slot]) for slot in found if slot in slots.draws),
            origin=spec.origin or self._origin,
        )
        self.sockets.append(op)
        return op

    def _request(self, step: Step, journey: str) -> RequestOp:
        spec, slots = step.request, self._slots
        assert spec is not None
        names = {name.lower() for name, _ in spec.headers}
        path, block, body = slots.path(spec.path), slots.headers(spec.headers), slots.body(spec)
        varies = any(isinstance(piece, int) for piece in body)
        sized = not varies and (spec.body or spec.method in BODY_METHODS)
        length = f"Content-Length: {len(spec.body)}\r\n" if sized else ""
        host = "" if "host" in names else self._host if spec.origin is None else host_line(spec.origin)
        found = (piece for piece in (*path, *block, *body) if isinstance(piece, int) and piece in slots.draws)
        middle = f" HTTP/1.1\r\n{host}{self._close}"
        op = RequestOp(
            index=len(self.requests),
            name_id=self._number(step, journey),
            method=spec.method,
            head=Layout([f"{spec.method} ", *path, middle, *block, length]),
            target=Layout(path),
            middle=middle,
            block=Layout(block),
            fields=Fields(spec.headers),
            body=Layout(body) if varies else None,
            data=FileBody(spec.body_file) if spec.body_file else b"" if varies else spec.body,
            has_cookie="cookie" in names,
            has_trace=TRACE in names,
            expect=checked(spec.expect) if spec.grpc is None else GrpcExpect(spec.expect.statuses),
            timeout_s=step.timeout_s,
            redirects=step.redirects,
            draws=tuple((slot, *slots.draws[slot]) for slot in found),
            origin=spec.origin,
            takes=tuple(
                (taker(extract), slots.writes_of(extract.variable), extract.secret) for extract in step.extracts
            ),
        )
        if spec.grpc is not None:
            op.encode = imported("loadgen.plan.grpc.messages", "messages_of")(spec.grpc).encode_json
            op.answers = imported("loadgen.workloads.grpc.calls", "reply_class")(spec.grpc)
        if spec.stream is not None:
            timeout_ns = self._timeout_ns if step.timeout_s is None else s_to_ns(step.timeout_s)
            rules = imported("loadgen.workloads.parts.reader", "PartsRules")(spec.stream)
            read = imported("loadgen.workloads.parts.reader", "read_in_parts")
            op.in_parts = partial(read, rules=rules, timeout_ns=timeout_ns, expect=op.expect)
        self.requests.append(op)
        return op


def _before(after: Op, op: Op) -> Op:
    op.after = after
    return op


def _texts(spec: RequestSpec) -> list[str]:
    body = spec.body.decode("utf-8", "surrogateescape") if b"${" in spec.body else ""
    messages = spec.websocket.messages if spec.websocket is not None else ()
    return [spec.path, *(value for _, value in spec.headers), body, *messages]
