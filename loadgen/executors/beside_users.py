"""Users on a reactor whose scripts want more than one request after another: several at once, or to await something."""

import asyncio
from functools import partial
from heapq import heapify
from itertools import chain
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.clients.base import Stream
from loadgen.executors.judging import GIVEN_UP
from loadgen.executors.reactor_passes import ReactorSetup
from loadgen.executors.reactor_users import ReactorUsers
from loadgen.guard.shared_state import GO, STOP
from loadgen.workloads.base import Batch, Fresh, Sending, Signal, Step, Wait
from loadgen.workloads.scenario.base import JourneyScript


@dataclass(slots=True)
class _Together:
    """A batch that is out: the replies so far, how many are missing, and the longest backoff of its streams."""

    owner: Stream
    replies: list[Any]
    missing: int
    backoff_ns: int = 0


class BesideUsers(ReactorUsers):
    """What is known of each user's: `_awaiting` what, which streams are out for `_together` or `_sending`."""

    def __init__(self, setup: ReactorSetup) -> None:
        self._scripts: list[JourneyScript] = []
        self._awaiting: dict[int, Wait] = {}
        self._cut = False
        self._extra: dict[int, dict[Origin | None, list[Stream]]] = {}  # by user: streams beside its own
        self._together: dict[Stream, tuple[_Together, int]] = {}
        self._sending: dict[Stream, Sending] = {}
        self._held: dict[int, Batch | Wait] = {}  # by user: to be sent when its backoff is over
        super().__init__(setup)

    def _take(self, connection: Stream, step: Step, now: int) -> None:
        if isinstance(step, Batch | Wait):
            if connection.backoff_ns and (isinstance(step, Batch) or step.sends is not None):
                self._held[connection.user] = step
                self._sleep(connection, now + connection.backoff_ns)
            else:
                self._start(connection, step, now)
        elif isinstance(step, Fresh):
            self._disconnect(connection)
            self._sleep(connection, now)
        else:
            super()._take(connection, step, now)

    def _start(self, connection: Stream, step: Batch | Wait, now: int) -> None:
        if isinstance(step, Batch):
            self._send_together(connection, step, now)
            return
        self._awaiting[connection.user] = step
        future: asyncio.Future[Any] | Signal = step.future
        if isinstance(future, Signal):
            future.tell = partial(self._signalled, connection, step)
            return
        future.add_done_callback(partial(self._done, connection))
        if step.sends is not None:
            self._send_aside(connection, step.sends, now)

    def _send_aside(self, connection: Stream, sending: Sending, now: int) -> None:
        """A request whose script goes on meanwhile."""
        (stream,) = self._streams_for(connection, [sending.request])
        self._sending[stream] = sending
        sending.end = partial(self._end_sending, stream)
        self._budget -= 1
        stream.due_ns = now
        self._client.send(stream, sending.request, now)

    def _end_sending(self, stream: Stream, error: ErrorClass | None) -> None:
        if stream not in self._sending:
            return
        if error is None:
            self._client.stop(stream)
        else:
            self._client.lost(stream, error, GIVEN_UP if error is ErrorClass.TIMEOUT else "")

    def _ends(self, wait: Wait) -> bool:
        """Whether it is awaited when nothing new may begin any more."""
        return wait.finishes and not self._cut

    def _disconnect(self, connection: Stream) -> None:
        for stream in (connection, *chain(*self._extra.get(connection.user, {}).values())):
            self._client.drop(stream)

    def _done(self, connection: Stream, future: "asyncio.Future[Any]") -> None:
        wait = self._awaiting.get(connection.user)
        if wait is not None and wait.future is future:
            self._woken(connection)

    def _signalled(self, connection: Stream, wait: Wait, now: int) -> None:
        """Go on with a script at once. Most await the same again: then nothing else is to be done."""
        user = connection.user
        if self._awaiting.get(user) is not wait:
            return
        if self._shared[STOP] or now >= self._end_ns or self._budget <= 0:
            self._woken(connection)
            return
        step = self._resumes[user](None)
        if step is wait:
            return
        del self._awaiting[user]
        self._midway.pop(user, None)
        self._send(connection, self._go_on(connection, step, now), now)

    def _woken(self, connection: Stream) -> None:
        """Go on with a script: what it awaited is done, or something cancels it."""
        user, now = connection.user, self._clock()
        wait = self._awaiting.pop(user, None)
        if wait is not None and self._ends(wait):
            self._midway.pop(user, None)
            self._send(connection, self._follow(connection, None, now), now)
            return
        if wait is not None:
            self._wake(connection, now)
            return
        sleeping = next((entry for entry in self._pausing if entry[1] == user), None)
        if sleeping is not None:
            self._pausing.remove(sleeping)
            heapify(self._pausing)
            self._held.pop(user, None)
            self._wake(connection, now)
        elif self._shared[STOP] == GO:
            out = [stream for stream, (together, _) in self._together.items() if together.owner is connection]
            for stream in out or [connection] * self._scripts[user].requested:
                self._client.lost(stream, ErrorClass.TIMEOUT, GIVEN_UP)

    def _send_together(self, connection: Stream, batch: Batch, now: int) -> None:
        together = _Together(connection, [None] * len(batch.requests), len(batch.requests))
        sends = list(zip(self._streams_for(connection, batch.requests), batch.requests, strict=True))
        for place, (stream, _) in enumerate(sends):
            self._together[stream] = together, place
        self._budget -= len(sends)
        for stream, request in sends:
            stream.due_ns = now
            self._client.send(stream, request, now)

    def _streams_for(self, connection: Stream, requests: list[Request]) -> list[Stream]:
        """A stream of the user's for each: its own for one to the plan's origin, and extra ones, which it keeps."""
        free: dict[Origin | None, list[Stream]] = {}
        for origin, streams in self._extra.setdefault(connection.user, {}).items():
            free[origin] = [stream for stream in streams if stream not in self._sending]
        if connection not in self._sending:
            free.setdefault(None, []).append(connection)
        chosen = []
        for request in requests:
            if not free.get(request.origin):
                stream = self._client.stream(connection.user, request.origin)
                self._extra[connection.user].setdefault(request.origin, []).append(stream)
                free[request.origin] = [stream]
            chosen.append(free[request.origin].pop())
        return chosen

    def _one_of(self, stream: Stream, reply: Any, now: int) -> None:
        """A reply to one request of a batch: with the last one its script goes on."""
        together, place = self._together.pop(stream)
        together.replies[place] = reply
        together.missing -= 1
        together.backoff_ns = max(together.backoff_ns, stream.backoff_ns)
        if not together.missing:
            owner = together.owner
            owner.backoff_ns = together.backoff_ns
            self._midway.pop(owner.user, None)
            self._send(owner, self._follow(owner, together.replies, now), now)
