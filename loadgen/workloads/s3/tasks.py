"""Requests that lead to others: each task reads from top to bottom, and whoever is free sends what comes next of any.

A task is a generator. What it yields is a function that makes its next request (called when that is sent, so that a
signature is never old), whose outcome it is given; or a Pause; or a Fork.
"""

import re
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import field
from heapq import heappop, heappush
from time import time
from typing import Any

from loadgen.base.clock import NS_PER_MS, NS_PER_S, Clock, now_ns
from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome, Request
from loadgen.base.http_date import date_s
from loadgen.measure.recorder import Recorder
from loadgen.workloads.base import Pause, Script, Step, Workload
from loadgen.workloads.s3.protocol.documents import find_code

FIRST_PAUSE_NS = 100 * NS_PER_MS
"""Several round trips to any store, and little beside the shortest run."""
LONGEST_PAUSE_NS = 5 * NS_PER_S
"""A try every few seconds is no load of its own, and soon enough to see in a run that the store can again."""
LONGEST_RETRY_AFTER_NS = 300 * NS_PER_S
"""A store that wants more of a pause than that is not to be had: to try once more costs nothing."""
MOST_PAUSING = 64
"""Tasks that wait for another try of theirs hold what they have made: with so many, no others are begun."""
BUSY = (408, 429, 500, 502, 503, 504)
"""Statuses after which a request is sent again: S3's SlowDown and InternalError, and a proxy's."""
_BUSY_CODES = ("InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout")
"""The same of an error with another status: 400, or 200 where that was said before the end was known."""
_LOST = (
    ErrorClass.CONNECTION_REFUSED,
    ErrorClass.CONNECTION_RESET,
    ErrorClass.UNREACHABLE,
    ErrorClass.CONNECT_TIMEOUT,
    ErrorClass.TIMEOUT,
    ErrorClass.EARLY_CLOSE,
    ErrorClass.STALE_CONNECTION,
)
_RETRY_AFTER = re.compile(rb"\r\nretry-after:[ \t]*([^\r\n]+?)[ \t]*\r\n", re.IGNORECASE)

Make = Callable[[], Request]


def nobody_asks(_now: int) -> None:
    """Whoever drives the tasks counts the failures of their requests."""


class Fork:
    """Tasks for whoever is free; the one that yields them goes on when they are begun and ended, all of them."""

    __slots__ = ("parent", "tasks", "under_way")

    def __init__(self, tasks: "Iterator[Task]") -> None:
        self.tasks = tasks
        self.parent: _Running | None = None
        self.under_way = 1  # itself, until all are begun

    def one_ended(self) -> "_Running | None":
        """Who goes on when one more of them has ended."""
        self.under_way -= 1
        return None if self.under_way else self.parent


Task = Generator[Make | Pause | Fork, Outcome | None, Any]


@dataclass(slots=True)
class _Running:
    """A task that was begun, and the Fork that it is of."""

    task: Task
    fork: Fork | None


@dataclass(frozen=True, slots=True)
class Send:
    """`outcome = yield from send(make)`: how a request ended, the last time that it was sent.

    With `retries`, one that finds the store busy, or is lost with its connection, is made anew and sent again after a
    pause that doubles, or is as long as the store asks for, up to so many times; it then has another name, `names`
    further on (of one of `parts`: than that of the request that it is of). `on_failed`
    is told of each that has failed for good, with the instant.
    """

    retries: int = 0
    names: int = 0
    clock: Clock = now_ns
    on_failed: Callable[[int], None] = nobody_asks
    parts: Mapping[int, int] = field(default_factory=dict)

    def __call__(self, make: Make) -> Generator[Make | Pause | Fork, Outcome | None, Outcome]:
        outcome = yield make
        for attempt in range(self.retries):
            assert outcome is not None
            if not may_pass(outcome):
                break
            pause_ns = min(FIRST_PAUSE_NS << attempt, LONGEST_PAUSE_NS)
            yield Pause(self.clock() + max(pause_ns, asked_pause_ns(outcome, time())))
            outcome = yield lambda: self._again(make)
        assert outcome is not None
        if outcome.error is not None and outcome.error.fault == "target":
            self.on_failed(self.clock())
        return outcome

    def _again(self, make: Make) -> Request:
        request = make()
        request.name_id = self.parts.get(request.name_id, request.name_id) + self.names
        request.group = None  # whose replies are counted by the first name
        return request


def may_pass(outcome: Outcome) -> bool:
    """Whether a request has failed for a reason that may be gone the next time."""
    if outcome.error is None:
        return False
    if outcome.reply is None:
        return outcome.error in _LOST
    return outcome.reply.status in BUSY or find_code(outcome.reply.kept) in _BUSY_CODES


def asked_pause_ns(outcome: Outcome, now_s: float) -> int:
    """How long the store asks to wait (Retry-After, RFC 9110 10.2.3), 0 where it does not; `now_s` since the epoch."""
    match = _RETRY_AFTER.search(outcome.reply.head) if outcome.reply is not None else None
    if match is None:
        return 0
    text = match[1].decode("latin-1")
    try:
        seconds = int(text) if text.isdecimal() else date_s(text) - now_s
    except ValueError:
        return 0
    return min(max(0, int(seconds * NS_PER_S)), LONGEST_RETRY_AFTER_NS)


class Tasks:
    """One shard's tasks. What goes on is sent before what a Fork holds, and that before another task is begun.

    `begin` makes another task, None while there is none. `left` is how many requests are to come of tasks that are not
    begun, or of what a Fork holds; `skip` gives the name id of a request that was due and will not be sent. While
    `most_pausing` of them pause, no others are begun.
    """

    def __init__(
        self,
        begin: Callable[[], Task | None],
        left: Callable[[], int] = lambda: 0,
        skip: Callable[[], int] = lambda: 0,
        clock: Clock = now_ns,
        most_pausing: int = sys.maxsize,
    ) -> None:
        self._skip = skip
        self._most_pausing = most_pausing
        self._begin = begin
        self._left = left
        self._clock = clock
        self._ready: deque[tuple[Make, _Running]] = deque()
        self._forks: deque[Fork] = deque()
        self._pausing: list[tuple[int, int, _Running]] = []
        self._pauses = 0
        self._out = 0

    @property
    def left(self) -> int:
        return len(self._ready) + self._left()

    def script(self, _user: int) -> "TaskScript":
        return TaskScript(self)

    def never_sent(self, recorder: Recorder, waited_ns: int) -> None:
        recorder.never_sent(self._skip(), waited_ns)

    def take(self) -> tuple[Request | None, _Running | None]:
        """A request, and whose it is; none while there is nothing to send."""
        while True:
            if self._pausing and self._pausing[0][0] <= self._clock():
                self._go_on(heappop(self._pausing)[2], None)
            if self._ready:
                make, running = self._ready.popleft()
                request = make()
                request.awaited = True
                self._out += 1
                return request, running
            if len(self._pausing) >= self._most_pausing or not self._begin_another():
                return None, None

    def put_back(self, running: _Running, outcome: Outcome) -> None:
        self._out -= 1
        self._go_on(running, outcome)

    def pause(self) -> Pause | None:
        """Until when there is nothing to send, where that is not for good."""
        if self._out:
            return Pause()
        return Pause(self._pausing[0][0]) if self._pausing else None

    def _begin_another(self) -> bool:
        if not self._forks:
            task = self._begin()
            if task is not None:
                self._go_on(_Running(task, None), None)
            return task is not None
        fork = self._forks[0]
        task = next(fork.tasks, None)
        if task is None:
            self._forks.popleft()
            self._go_on(fork.one_ended(), None)
        else:
            fork.under_way += 1
            self._go_on(_Running(task, fork), None)
        return True

    def _go_on(self, running: _Running | None, outcome: Outcome | None) -> None:
        """Let a task take its next step; where that was its last, those for whom it was the last to end."""
        while running is not None:
            try:
                step = running.task.send(outcome)
            except StopIteration:
                running, outcome = None if running.fork is None else running.fork.one_ended(), None
                continue
            if isinstance(step, Pause):
                self._pauses += 1
                heappush(self._pausing, (step.until_ns or 0, self._pauses, running))
            elif isinstance(step, Fork):
                step.parent = running
                self._forks.append(step)
            else:
                self._ready.append((step, running))
            return


class TaskScript:
    """Passes of one request each, of whichever task."""

    only: Request | None = None

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._running: _Running | None = None

    def resume(self, outcome: Outcome | None) -> Step | None:
        if outcome is not None:
            assert self._running is not None
            self._tasks.put_back(self._running, outcome)
            return None
        request, self._running = self._tasks.take()
        return request if request is not None else self._tasks.pause()


@dataclass(frozen=True, slots=True)
class Locked:
    """A workload whose users have threads of their own: one at a time asks for a step or says what came of one."""

    workload: Workload
    lock: AbstractContextManager[object]

    @property
    def left(self) -> int:
        with self.lock:
            return self.workload.left

    def script(self, user: int) -> "LockedScript":
        with self.lock:
            return LockedScript(self.workload.script(user), self.lock)

    def never_sent(self, recorder: Recorder, waited_ns: int) -> None:
        with self.lock:
            self.workload.never_sent(recorder, waited_ns)


class LockedScript:
    """A script that is resumed under a lock."""

    only: Request | None = None

    def __init__(self, script: Script, lock: AbstractContextManager[object]) -> None:
        self._script = script
        self._lock = lock

    def resume(self, outcome: Outcome | None) -> Step | None:
        with self._lock:
            return self._script.resume(outcome)
