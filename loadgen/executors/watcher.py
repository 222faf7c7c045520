"""What one user does, told one by one as it happens instead of being added up."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from loadgen.base.clock import Clock
from loadgen.base.encode import Encoder
from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome, Request
from loadgen.executors.way import Way
from loadgen.measure.metric_sums import Form, MetricValues
from loadgen.measure.names import Kind, Names
from loadgen.measure.recorder import Recorder
from loadgen.measure.transactions import Transactions, TransactionSamples
from loadgen.plan.jobs.grpc_call import GrpcError
from loadgen.results.trial import Checked, Ended, Event, Exchanged, Measured, Timed
from loadgen.workloads.scenario.replies.absent import AbsentError
from loadgen.workloads.scenario.replies.answers import answer_of
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.requests import SETUPS

MOST_BODY = 2000
"""Bytes of a request's and a reply's body that are told."""


class Watcher:
    """Stands where a worker would write down what happened. `tell` is given each event, in the thread that drives.

    `journeys` are their names. `where` says in which part the user is, where its script knows it.
    """

    def __init__(self, tell: Callable[[Event], None], journeys: Iterable[str], origin: Origin, clock: Clock) -> None:
        self.tell = tell
        self.where: Callable[[], str] | None = None
        self.replies: list[tuple[Exchanged, Reply]] = []
        self.recorder = Recorder(bytes.decode, paced=False, names=Names(), clock=clock)
        self.recorder.transactions = _Told(self, clock)
        self.way = Way(clock)
        self._parts = sorted((*SETUPS, *journeys), key=len, reverse=True)
        self._encoder = Encoder(origin, keep_alive=True)
        self._last = ""

    def split(self, number: int) -> tuple[str, str]:
        """The part and the name in it, of a number."""
        _, name = self.recorder.names[number]
        for part in self._parts:
            if name.startswith(f"{part}/"):
                self._last = part
                return part, name[len(part) + 1 :]
        return self.part, name

    @property
    def part(self) -> str:
        """Where the user is."""
        return (self.where() if self.where is not None else "") or self._last

    def on_exchange(self, request: Request, outcome: Outcome) -> None:
        """One request is over, and judged."""
        part, name = self.split(request.name_id)
        answer = answer_of(request, outcome)
        sent, body = _contents(request, outcome, answer)
        (method, target), fields = self._shown(request)
        told = Exchanged(
            part, name, method, target, answer.status, answer.error,
            answer.detail if answer.error is not None else "", outcome.done_ns - outcome.sent_ns,
            outcome.bytes_received, fields, outcome.reply.head if outcome.reply else outcome.head, body, sent,
            self.way.take(), max(0, outcome.first_ns - outcome.sent_ns), bool(outcome.reused),
        )  # fmt: skip
        self.replies.append((told, answer))
        self.tell(told)

    def _shown(self, request: Request) -> tuple[list[str], tuple[tuple[str, str], ...]]:
        """Method and target, and the fields, as they were sent."""
        head = request.wire or self._encoder.head(request)
        first, *lines = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return first.split(" ")[:2], tuple((name, value.strip()) for name, _, value in pairs)


def _contents(request: Request, outcome: Outcome, answer: Reply) -> tuple[bytes, bytes]:
    """What was sent and what came, as far as it is told; of a call its messages in JSON."""
    sent = request.body if isinstance(request.body, bytes) else b""
    body = b"" if outcome.reply is None else _body_of(answer) or outcome.reply.kept
    messages = getattr(answer, "messages", None)
    if messages is not None:
        with suppress(GrpcError):  # they are none
            sent, body = _as_json(messages.asked(sent)), _as_json(messages.decode(body))
    return sent[:MOST_BODY], body[:MOST_BODY]


def _as_json(messages: Iterable[Any]) -> bytes:
    return "\n".join(json.dumps(message, ensure_ascii=False) for message in messages).encode()


def _body_of(reply: Reply) -> bytes:
    try:
        return reply.body
    except AbsentError:  # its encoding is broken
        return b""


class _Samples(list[int]):
    """Takes times of one name, and keeps none."""

    def __init__(self, take: Callable[[int], None]) -> None:
        self._take = take

    def append(self, took_ns: int) -> None:
        self._take(took_ns)


class _Values(MetricValues):
    """Takes values of one metric, and tells of each."""

    __slots__ = ("take",)

    take: Callable[[float], None]

    def add(self, value: float) -> None:
        super().add(value)
        self.take(self.values.pop())


class _Told(Transactions):
    """Tells of each as it ends."""

    def __init__(self, watcher: Watcher, clock: Clock) -> None:
        super().__init__(clock, names=watcher.recorder.names)
        self._watcher = watcher

    def samples(self, number: int) -> TransactionSamples:
        samples = TransactionSamples(number)
        samples.samples = _Samples(lambda took_ns: self._over(number, took_ns))
        return samples

    def fail(
        self, number: int, error: ErrorClass, took_ns: int, lag_ns: int = 0, detail: str = "", example: str = ""
    ) -> None:
        self._over(number, took_ns, error, detail, example)

    def unfinished(self, number: int, so_far_ns: int, lag_ns: int = 0) -> None:
        self._over(number, so_far_ns, ErrorClass.CUT)

    def check(self, number: int, good: bool) -> None:
        self._watcher.tell(Checked(self._watcher.part, self._watcher.recorder.names[number][1], good))

    def metric(self, number: int, form: Form = "trend", unit: str = "") -> MetricValues:
        values, watcher = _Values(number, form, unit), self._watcher
        name = watcher.recorder.names[number][1]
        values.take = lambda value: watcher.tell(Measured(watcher.part, name, value, unit))
        return values

    def _over(
        self, number: int, took_ns: int, error: ErrorClass | None = None, detail: str = "", example: str = ""
    ) -> None:
        kind, name = self._watcher.recorder.names[number]
        if kind is Kind.JOURNEY or name in SETUPS:
            self._watcher.tell(Ended(name, took_ns, error, detail, example))
            return
        part, rest = self._watcher.split(number)
        self._watcher.tell(Timed(part, "group" if kind is Kind.GROUP else "call", rest, took_ns, error, detail))
