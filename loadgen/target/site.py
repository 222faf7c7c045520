"""What all connections of one server share: rules, counts, waiting lines, the shop, and replies known by heart."""

import asyncio
import random
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from loadgen.base.alarm import make_alarm
from loadgen.base.clock import Clock, now_ns, s_to_ns
from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.timers import Timers
from loadgen.target.answers import Answer, Control, answer_to, error
from loadgen.target.lines import Capacity, Lines, Stalls
from loadgen.target.options import TargetOptions
from loadgen.target.reader import Received
from loadgen.target.shop import Shop, ShopCounts
from loadgen.target.stats import Stats

_MAX_REMEMBERED = 256
_OF_SHOP = (Control.SHOP_COUNTS, Control.SHOP_RESET)
_QUEUE_SPIN_NS = 200_000
"""Whoever logs departures wants them on time, and pays with up to so much of a core before each."""


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """An Answer with its place in time: it leaves at `due_ns`, or at once when that is 0.

    `counted` is False for requests about the server itself. With `repeatable`, every equal request gets the same.
    """

    answer: Answer
    due_ns: int = 0
    arrived_ns: int = 0
    counted: bool = True
    repeatable: bool = False


class Site:
    """Belongs to the running loop. `remembered` maps whole requests, byte for byte, to (reply, status).

    Raises UsageError when the queue log cannot be written.
    """

    def __init__(self, options: TargetOptions, clock: Clock = now_ns) -> None:
        self.stats = Stats()
        self._shop = Shop()
        self.remembered: dict[bytes, tuple[bytes, int]] = {}
        self.clock = clock
        self._capacity = None if options.capacity_rps is None else Capacity(options.capacity_rps)
        self._fail_after = options.fail_after
        every_s = options.stall_every_s
        self._stalls = None if every_s is None else Stalls(s_to_ns(every_s), s_to_ns(options.stall_s))
        self._unlimited = options.capacity_rps is None and options.fail_after is None and every_s is None
        self._lines = Lines()
        self._random = random.Random(options.seed)
        self._resources = ExitStack()
        self._transports: set[asyncio.Transport] = set()
        self._queue_log = None
        if options.queue_log is not None:
            self._queue_log = self._resources.enter_context(_open_log(options.queue_log))
        self._loop = asyncio.get_running_loop()
        self.timers = Timers(make_alarm(), clock, _QUEUE_SPIN_NS if options.queue_log is not None else 0)
        self._resources.callback(self.timers.close)

    def answer(self, received: Received, now: int) -> TimedAnswer:
        """Count a request that has come whole by `now`: what it gets and when."""
        answer = answer_to(received.method, received.target, received.body_length)
        if isinstance(answer, Control):
            return TimedAnswer(Answer(body=self._control(answer), json=True), counted=False)
        self.stats.requests += 1
        request = self._shop.request(received)
        if request is None and self._unlimited and answer.constant:
            return TimedAnswer(answer, repeatable=True)
        admitted_ns = now if self._capacity is None else self._capacity.admit_ns(now)
        if admitted_ns is None:
            return TimedAnswer(error(503))
        if self._stalls is not None:
            admitted_ns = self._stalls.admit_ns(admitted_ns)
        if self._fails(answer):
            answer = error(500)
        elif request is not None:
            answer = self._shop.answer(request)
        if answer.service_ns is not None:
            return TimedAnswer(answer, self._lines.departure_ns(admitted_ns, answer.service_ns), now)
        return TimedAnswer(answer, admitted_ns + answer.delay_ns, now)

    def _control(self, control: Control) -> bytes:
        match control:
            case Control.RESET:
                self.stats.reset()
                self._shop = Shop()
            case Control.SHOP_RESET:
                self._shop.counts = ShopCounts()
            case Control.SHOP_COUNTS | Control.STATS:
                pass
        return (self._shop.counts if control in _OF_SHOP else self.stats).to_json()

    def remember(self, request: bytes, reply: bytes, status: int) -> None:
        """Remember the reply to a request whose answer is repeatable."""
        if len(self.remembered) >= _MAX_REMEMBERED:
            self.remembered.clear()
        self.remembered[request] = (reply, status)

    def refuse(self, status: int) -> TimedAnswer:
        """Count a request that cannot be read."""
        self.stats.requests += 1
        return TimedAnswer(error(status))

    def departs(self, timed: TimedAnswer) -> None:
        """Count a reply that is being written now, and log it if it was queued."""
        if timed.counted:
            self.stats.by_status[timed.answer.status] += 1
        if self._queue_log is not None and timed.answer.service_ns is not None:
            self._loop.call_soon(self._log_departure, timed.arrived_ns)  # the loop sends the reply before

    def _log_departure(self, arrived_ns: int) -> None:
        assert self._queue_log is not None
        self._queue_log.write(f"{arrived_ns} {self.clock()}\n")

    def connected(self, transport: asyncio.Transport) -> None:
        self._transports.add(transport)
        self.stats.connections_open += 1
        self.stats.connections_total += 1

    def disconnected(self, transport: asyncio.Transport) -> None:
        self._transports.discard(transport)
        self.stats.connections_open -= 1

    def disconnect(self) -> None:
        """Drop all connections."""
        for transport in tuple(self._transports):
            transport.abort()

    def close(self) -> None:
        """Free the timer and the log, when all connections are closed."""
        self._resources.close()

    def _fails(self, answer: Answer) -> bool:
        if self._fail_after is not None and self.stats.requests > self._fail_after:
            return True
        return answer.error_share > 0 and self._random.random() < answer.error_share


def _open_log(path: str) -> TextIO:
    try:
        return Path(path).open("a", buffering=1, encoding="ascii")
    except OSError as failure:
        raise UsageError(f"cannot write the queue log {path}: {failure.strerror}") from None
