"""How users on a reactor go through their scripts, pass after pass: when they begin, pause, wait and end.

States of a user: opening -> ready -> running <-> pausing or waiting -> parked. A parked user starts nothing any more;
one that waits goes on after the outcome of another user's request, if there is one.
"""

import asyncio
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

from loadgen.base.alarm import Alarm
from loadgen.base.dataclass import dataclass
from loadgen.base.endpoint import Origin
from loadgen.base.exchange import Request
from loadgen.clients.base import Handler, Stream, StreamClient
from loadgen.clients.http1.client import Http1Client
from loadgen.clients.reactor import Reactor
from loadgen.executors.base import UNLIMITED, Assignment
from loadgen.executors.opening import Opening
from loadgen.guard.breaker import Breaker
from loadgen.guard.shared_state import GO, STOP, Slot
from loadgen.measure.recorder import Recorder
from loadgen.pacing.base import Pacer, Span
from loadgen.workloads.base import Pause, Script, Step, Workload


@dataclass(frozen=True, slots=True)
class ReactorSetup:
    """What the users of one shard are given, open or closed. They have one of the `origins` each, where there are
    several.
    """

    task: Assignment
    reactor: Reactor
    pacer: Pacer
    workload: Workload
    recorder: Recorder
    breaker: Breaker
    alarm: Alarm
    client: Callable[[Reactor, Handler, int], StreamClient] = Http1Client
    origins: Sequence[Origin] = ()


class ReactorPasses:
    """A stream and a script for each user of the shard; whoever hears of replies (reactor_users.py) has the `_client`.

    Where they share one script, its requests take the short ways: all of them the same (`only`), or none awaited.
    """

    _client: StreamClient

    def __init__(self, setup: ReactorSetup) -> None:
        task, pacer = setup.task, setup.pacer
        plan, shard = task.plan, task.shard
        self._origins = setup.origins
        self.started = 0
        self.finished_ns = 0
        self._parked = 0
        self._task = task
        self._workload = setup.workload
        self._only: Request | None = None
        self._resumes: list[Callable[[Any], Step | None]] = []
        self._recorder = setup.recorder
        self._breaker = setup.breaker
        self._shared = task.control.values
        self._sent_slot = task.control.index(shard.index, Slot.SENT)
        self._clock = task.clock
        self._limit = UNLIMITED if plan.warmup_s or shard.requests_limit is None else shard.requests_limit
        self._budget = self._limit
        self._end_ns = 0
        self._pacer = pacer
        self._eager = pacer.eager
        self._paced = plan.paced
        self._staggered = plan.staggered
        self._spans_left: list[list[Span]] = []
        self._until_ns: list[int] = []
        self._phases = plan.phases
        self._pausing: list[tuple[int, int]] = []
        self._midway: dict[int, Request | None] = {}  # users that pause within a pass, and what they send then
        self._waiting: list[Stream] = []
        self._opening = Opening(plan.users_ahead(shard), shard.count, self._open)
        self._alarm = setup.alarm
        self._reactor = setup.reactor
        self.connections: list[Stream] = []

    def _another(self) -> Stream:
        """One more user, with a stream and a script of its own."""
        user, origins = len(self.connections), self._origins
        origin = origins[self._task.shard.place_of_user(user, len(origins))] if origins else None
        stream = self._client.stream(user, origin)
        self.connections.append(stream)
        script = self._script(stream)
        self._only = script.only
        self._resumes.append(script.resume)
        return stream

    def _script(self, stream: Stream) -> Script:
        return self._workload.script(stream.user)

    def _is_over(self, now: int) -> bool:
        return self._shared[STOP] != GO or now >= self._end_ns or self._budget <= 0

    def _goes_on(self, connection: Stream) -> bool:
        """Whether the user may end what it is in the middle of, though the run's time is over."""
        del connection
        return False

    # Opening: all users connect before the gate, paced.

    def open(self, now: int) -> None:
        """Serve the reactor on the running loop, and begin to connect."""
        self._reactor.attach(asyncio.get_running_loop())
        self._opening.begin(now)
        self._open_more(now)

    def _open(self, user: int) -> None:
        self._client.open(self.connections[user])

    def _open_more(self, now: int) -> None:
        again_ns = self._opening.go_on(now)
        if again_ns is not None:
            self._alarm.set(again_ns)

    def _opening_done(self, connection: Stream) -> None:
        self._opening.done += 1
        if self._end_ns:
            self._start_user(connection)

    # Running.

    def start(self, now: int, end_ns: int) -> None:
        """Open the gate: every user begins its first pass, or when its first span begins."""
        self._end_ns = end_ns
        self._pacer.begin(now, end_ns)
        if not self._staggered:
            for connection in self.connections:
                self._start_user(connection)
            return
        for connection in self.connections:
            self._spans_left.append(self._pacer.spans_ns(connection.user)[::-1])
            self._until_ns.append(0)
            self._await_span(connection, now)
        self._on_alarm()

    def _await_span(self, connection: Stream, now: int) -> None:
        """Take part again from the beginning of the user's next span, if it has one."""
        spans = self._spans_left[connection.user]
        if not spans:
            self._park(connection, now)
            return
        begin_ns, self._until_ns[connection.user] = spans.pop()
        self._sleep(connection, begin_ns)
        connection.due_ns = 0

    def _start_user(self, connection: Stream) -> None:
        if not connection.sent_ns:
            self.started += 1
        now = connection.due_ns = self._clock()
        self._send(connection, self._begin(connection, now), now)

    def _send(self, connection: Stream, request: Request | None, now: int) -> None:
        if request is not None:
            self._client.send(connection, request, now)

    def _begin(self, connection: Stream, now: int) -> Request | None:
        """Begin a pass: the request to send now; None where the user does something else, or nothing any more."""
        if self._staggered and self._until_ns[connection.user] <= now < self._end_ns and self._shared[STOP] == GO:
            self._disconnect(connection)
            self._await_span(connection, now)
            return None
        if self._is_over(now):
            self._park(connection, now)
            return None
        request = self._only
        if request is None:
            step = self._resumes[connection.user](None)
            if not isinstance(step, Request):
                self._rest(connection, step, now)
                return None
            request = step
        self._budget -= 1
        return request

    def _disconnect(self, connection: Stream) -> None:
        """Close all that the user has open."""
        self._client.drop(connection)

    def _rest(self, connection: Stream, step: Step | None, now: int) -> None:
        """A pass does not begin with a request; without a step, none will."""
        if step is None:
            self._park(connection, now)
        else:
            self._take(connection, step, now)

    def _follow(self, connection: Stream, outcome: Any, now: int) -> Request | None:
        """Go on with a pass: tell the script what came of its request, or (None) that its pause is over."""
        step = self._resumes[connection.user](outcome)
        if outcome is not None and self._waiting:
            waiting, self._waiting = self._waiting, []
            for other in waiting:
                self._wake(other, now)
        return self._go_on(connection, step, now)

    def _go_on(self, connection: Stream, step: Step | None, now: int) -> Request | None:
        """What a script wants in the middle of a pass, or the end of that."""
        if step is None:
            return self._continue(connection, now)
        if self._is_over(now) and not self._goes_on(connection):
            self._park(connection, now)
            return None
        if not isinstance(step, Request):
            self._midway[connection.user] = None
            self._take(connection, step, now)
            return None
        if connection.backoff_ns:
            self._midway[connection.user] = step
            self._sleep(connection, now + connection.backoff_ns)
            return None
        connection.due_ns = now
        self._budget -= 1
        return step

    def _wake(self, connection: Stream, now: int) -> None:
        """A user's pause is over."""
        user = connection.user
        if user not in self._midway:
            request = self._begin(connection, now)
        elif self._is_over(now) and not self._goes_on(connection):
            request = None
            self._park(connection, now)
        else:
            request = self._midway.pop(user)
            if request is None:
                request = self._follow(connection, None, now)
            else:
                self._budget -= 1
        self._send(connection, request, now)

    def _park(self, connection: Stream, now: int) -> None:
        """The user is through."""
        del connection
        self._parked += 1
        self.finished_ns = now

    def _continue(self, connection: Stream, now: int) -> Request | None:
        """A pass is over: the first request of the next, where that is due at once."""
        backoff_ns = connection.backoff_ns
        due_ns = now + backoff_ns if backoff_ns else self._pacer.next_due_ns(connection.user, now)
        if self._budget <= 0 or not (due_ns > now or self._paced):
            return self._begin(connection, now)
        self._sleep(connection, due_ns)
        return None

    def _take(self, connection: Stream, step: Step, now: int) -> None:
        """A step that is no request."""
        assert isinstance(step, Pause)
        if step.until_ns is None:
            self._waiting.append(connection)
            self.finished_ns = now
        else:
            self._sleep(connection, step.until_ns)

    def _sleep(self, connection: Stream, until_ns: int) -> None:
        """Go on at that instant, when the next request is due."""
        connection.due_ns = until_ns
        heappush(self._pausing, (until_ns, connection.user))
        if self._pausing[0][1] == connection.user:
            self._alarm.set(until_ns)

    def _on_alarm(self) -> None:
        self._alarm.clear()
        now = self._clock()
        if not self._end_ns:
            self._open_more(now)
            return
        self._end_pauses(now)
        if self._pausing:
            self._alarm.set(self._pausing[0][0])

    def _end_pauses(self, now: int) -> None:
        pausing = self._pausing
        while pausing and pausing[0][0] <= now:
            connection = self.connections[heappop(pausing)[1]]
            if (self._shared[STOP] != GO or now >= self._end_ns) and not self._goes_on(connection):
                self._park(connection, now)
            elif not connection.due_ns:  # its span begins
                connection.due_ns = now
                if self._task.plan.job.connects:
                    self._client.open(connection)
                else:
                    self._opening_done(connection)
            else:
                self._wake(connection, self._clock())
