"""Virtual users that send one request after another through a Client, each in a thread or in a task of its own.

The user's code is one coroutine. In a thread it is driven by `send(None)` over a client that never suspends.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from loadgen.base.clock import NEVER_NS, NS_PER_MS, NS_PER_S
from loadgen.base.exchange import Client, ErrorClass, Fields, Outcome, Request
from loadgen.executors.base import UNLIMITED, Assignment
from loadgen.executors.judging import class_of, judge
from loadgen.executors.tickets import Tickets
from loadgen.executors.user_threads import UserThreads
from loadgen.executors.waits import LoopWaits, ThreadWaits
from loadgen.guard.breaker import Breaker
from loadgen.guard.shared_state import GO, STOP, Cause, Slot
from loadgen.measure.recorder import Recorder
from loadgen.measure.recording import Frame, Recording
from loadgen.measure.sample_buffer import SampleBuffer
from loadgen.pacing.base import LockedPacer, Pacer
from loadgen.pacing.connecting import next_backoff_ns, opening_offset_ns
from loadgen.workloads.base import Batch, Fresh, Pause, Step, Wait, Workload

_PASSED = Request(0, "", "", Fields(()))
DRAIN_EVERY_NS = 250 * NS_PER_MS
"""Between looks through the users' buffers: to look through 2,000 takes 5 to 10 ms, 2 to 4 % of a core."""

MOST_PLACES = 3
"""That are told of where users hang."""

CUT_S = 1.0
"""Users who were cut, and are not gone after this, do not come back."""


class SequentialUsers:
    """All users of one shard. `clients` makes one client for each; scripts that depend on each other lock.

    With `ThreadWaits` each has a pool thread, with `LoopWaits` a task on the running loop.
    """

    leads_on = True
    """Whether what comes of a user's request may be what another waits for; to tell all of it takes a lock."""

    def __init__(
        self,
        task: Assignment,
        clients: Callable[[], Client],
        pacer: Pacer,
        workload: Workload,
        recorder: Recorder,
        breaker: Breaker,
        *,
        waits: ThreadWaits | LoopWaits,
    ) -> None:
        plan, shard = task.plan, task.shard
        self._task = task
        self._recorder = recorder
        self._breaker = breaker
        self._shared = task.control.values
        self._sent_slot = task.control.index(shard.index, Slot.SENT)
        self._sent = 0
        self._counting = threading.Lock()
        self._clock = task.clock
        self._paced = plan.paced
        self._phases = plan.phases
        self._pacer = LockedPacer(pacer) if isinstance(waits, ThreadWaits) else pacer
        self._arrive = plan.arrivals is not None
        self._drops = plan.arrivals is not None and plan.arrivals.when_busy == "drop"
        self._unsent_waits_ns: list[int] = []  # of arrivals that were not sent, until they are drained
        self._unsent = 0
        self._tickets = Tickets(shard.requests_limit, warmup=plan.warmup_s > 0)
        self._end_ns = 0
        self._clients = [clients() for _ in range(shard.users)]
        self._workload = workload
        self._scripts = [workload.script(user) for user in range(shard.users)]
        self._due_ns = [0] * shard.users  # when the pass that a user begins was due
        self._extra: list[list[Client]] = [[] for _ in range(shard.users)]  # for requests at the same time
        self._awaited: dict[int, asyncio.Future[Any]] = {}
        self._make_client = clients
        self._closed = shard.closed_users if self._arrive else shard.users
        self._free = list(range(self._closed, shard.users))
        self._buffers = [SampleBuffer() for _ in range(shard.users)]
        self._backoffs_ns = [0] * shard.users  # after the last batch
        self._opened = [False] * shard.users
        self._started = [False] * shard.users
        self._ended_ns = [0] * shard.users
        self._waits = waits
        self._threads: UserThreads | None = None
        self._futures: list[asyncio.Future[None]] = []
        self._opening_since = 0
        self._next_drain_ns = 0
        self._cut = False

    # The worker's side.

    @property
    def opened(self) -> int:
        return sum(self._opened)

    @property
    def started(self) -> int:
        return sum(self._started)

    @property
    def sent(self) -> int:
        return self._sent

    @property
    def journeys(self) -> int:
        return 0

    @property
    def judged(self) -> tuple[int, int]:
        return self._recorder.judged

    @property
    def not_sent(self) -> int:
        """Arrivals that were due and not sent; in a closed loop, what its workload had left."""
        return self._unsent if self._arrive else self._workload.left

    @property
    def finished_ns(self) -> int:
        return max(self._ended_ns, default=0)

    @property
    def finished(self) -> bool:
        """Whether every user has returned, and with arrivals, their time is over: later ones might have come."""
        if self._arrive and self._end_ns and self._may_send(self._clock()):
            return False
        return all(future.done() for future in self._futures)

    def open(self, now: int) -> None:
        """Start every user's thread or task; each connects at its turn and waits for the gate."""
        self._opening_since = now
        if isinstance(self._waits, LoopWaits):
            self._futures = [asyncio.ensure_future(self._user(user)) for user in range(self._task.shard.users)]
            return
        self._waits.before_start()
        own = getattr(self._task.plan.job, "function", None) is None
        self._threads = UserThreads(self._task.shard.users, own=own)
        self._futures = self._threads.start(self._user)

    def start(self, now: int, end_ns: int) -> None:
        """Open the gate."""
        self._opening_since = now
        self._end_ns = end_ns
        self._pacer.begin(now, end_ns)
        self._waits.open_gate()

    def end_warmup(self, done: int) -> None:
        """Tickets are sold up to the limit; the one that is drawn here, to see how many were, is sold to nobody."""
        self._tickets.end_warmup(done)

    def tick(self, now: int) -> None:
        """Wake the sleepers when nothing new may be sent; fold what the users wrote."""
        if self._shared[STOP] != GO or (self._end_ns and not self._may_send(now)):
            if not any(map(self._goes_on, range(len(self._scripts)))):
                self._waits.wake()
            if self._threads is not None:
                self._threads.share()
            if self._arrive and self._end_ns:
                self._end_arrivals(min(self._task.control.stopped_at_ns or now, self._end_ns))
        if self._waits.waiting and self._waits.waiting == sum(not future.done() for future in self._futures):
            self._tickets.sold_out = True  # each waits for what another's request leads to, and none is out
            self._waits.wake()
        if now >= self._next_drain_ns:
            self._next_drain_ns = now + DRAIN_EVERY_NS
            self._drain()

    def cut(self) -> None:
        if not self._cut:
            self._cut = True
            for client in self._all_clients():
                client.cut()

    def take(self) -> Recording:
        self._drain()
        for client in self._all_clients():
            self._recorder.connections.move_from(client.counts)
        return self._recorder.take(last=self.finished)

    async def close(self) -> None:
        self._waits.wake()
        hung = set(self._futures)
        try:
            if self._futures:
                done, hung = await asyncio.wait(self._futures, timeout=CUT_S if self._cut else None)
                for future in done:
                    future.result()
        finally:
            for future in hung:
                future.cancel()
            if self._threads is not None:
                if hung and (places := self._threads.whereabouts()):
                    shard = self._task.shard.index
                    self._task.deliver(Frame(shard, 0, 0, Recording(), hung=", ".join(places[:MOST_PLACES])))
                self._threads.close(wait=not hung)
            if not hung:  # who hangs may be using one
                for client in self._all_clients():
                    await client.close()
            self._waits.close()

    def _all_clients(self) -> list[Client]:
        return self._clients + [client for clients in self._extra for client in clients]

    def _drain(self) -> None:
        for buffer in self._buffers:
            buffer.drain(self._recorder)
        waits_ns = self._unsent_waits_ns[:]
        del self._unsent_waits_ns[: len(waits_ns)]
        for waited_ns in waits_ns:
            self._unsent += 1
            self._workload.never_sent(self._recorder, waited_ns)
        self._recorder.fold()

    # A user's side.

    async def _user(self, user: int) -> None:
        try:
            await self._live(user)
            await self._leave(user)
        except BaseException:
            self._task.control.trip(Cause.ERROR, self._clock())
            raise

    async def _leave(self, user: int) -> None:
        """What a user does when nothing new is sent any more."""

    async def _live(self, user: int) -> None:
        task, waits = self._task, self._waits
        client = self._clients[user]
        if task.plan.staggered:
            await waits.gate()
            for begin_ns, end_ns in self._pacer.spans_ns(user):
                await waits.until(begin_ns)
                if not self._may_send(self._clock()):
                    return
                await client.connect()
                self._started[user] = self._shared[STOP] == GO
                self._ended_ns[user] = await self._repeat(user, min(end_ns, self._end_ns))
                self._disconnect(user)
            return
        if user < task.plan.users_ahead(task.shard):
            await waits.until(self._opening_since + opening_offset_ns(user, task.shard.count))
            if self._shared[STOP] == GO:
                await client.connect()
        self._opened[user] = True
        await waits.gate()
        self._started[user] = self._shared[STOP] == GO
        serve = self._repeat(user, self._end_ns) if user < self._closed else self._serve(user)
        self._ended_ns[user] = await serve

    async def _repeat(self, user: int, end_ns: int) -> int:
        """One pass after another, up to `end_ns` or the run's end; when the last request ended, 0 without any.

        The first half of the loop is the hot path.
        """
        client, buffer, script, pacer = self._clients[user], self._buffers[user], self._scripts[user], self._pacer
        shared, only, counting, sent_slot = self._shared, script.only, self._counting, self._sent_slot
        ticket = self._tickets.take if self._tickets.limited else None
        again, exchange, sent_bytes, received = client.again, client.exchange, buffer.sent_bytes, buffer.received
        eager = not (self._paced or self._phases or self._recorder.log or self._recorder.slowest)
        plain = only if only is not None and not (only.awaited or only.payload) else None
        now, done_ns, due_ns, backoff_ns = self._clock(), 0, 0, 0
        while now < end_ns and not shared[STOP]:
            request = only
            if request is None:
                request = await self._next(user, None)
                if request is _PASSED:
                    due_ns = await self._until_due(user, pacer.next_due_ns(user, self._clock())) if self._paced else 0
                    now = self._clock()
                    continue
                if request is None:
                    break
            if ticket is not None and not ticket():
                break
            with counting:  # others may read it in the slot while the request is out
                shared[sent_slot] = self._sent = self._sent + 1
            outcome = again(request, now) or await exchange(request)
            now = done_ns = outcome.done_ns
            sent_bytes[request.name_id] += outcome.bytes_sent
            received[request.name_id] += outcome.bytes_received
            reply = outcome.reply
            if (
                eager
                and reply is not None
                and reply is buffer.last_reply
                and (request is plain or not (request.awaited or request.payload))
            ):
                buffer.last.samples.append(now - outcome.sent_ns)
                continue
            error = self._note(buffer, request, outcome, due_ns)
            backoff_ns = next_backoff_ns(backoff_ns, error)
            if request.awaited:
                outcome.error = error
                done_ns, backoff_ns = await self._follow(user, outcome, backoff_ns)
                now = self._clock()
                if not self._may_send(now):
                    break
            if self._paced or backoff_ns:
                due_ns = now + backoff_ns if backoff_ns else pacer.next_due_ns(user, now)
                await self._until_due(user, due_ns)
                now = self._clock()
        return done_ns

    async def _until_due(self, user: int, due_ns: int) -> int:
        self._due_ns[user] = due_ns
        await self._waits.until(min(due_ns, self._end_ns))
        return due_ns

    async def _serve(self, waiter: int) -> int:
        """One arrival after another: take the next of all, wait until it is due, send it; when the last one ended.

        Whoever waits sends as the user who was last free again, so that no more connect than are needed.
        """
        free, done_ns = self._free, 0
        while not self._tickets.sold_out and (due_ns := self._next_arrival_ns(waiter)) != NEVER_NS:
            await self._waits.until(due_ns)
            now = self._clock()
            if now < due_ns:
                break
            if not self._may_send(now) or not self._tickets.take():
                if not self._tickets.sold_out:
                    self._unsent_waits_ns.append(now - due_ns)
                break
            user = free.pop()
            self._due_ns[user] = due_ns
            request = self._scripts[user].only or await self._next(user, None)
            if request is None and not self._is_out(user):  # nothing is left to send: the timetable ends here
                self._tickets.sold_out = True
                break
            if request is not None and request is not _PASSED:
                outcome = await self._exchange(user, request, due_ns)
                done_ns = outcome.done_ns
                if request.awaited:
                    done_ns, _ = await self._follow(user, outcome, 0)
            if self._is_out(user):
                await self._go_without(due_ns)
                break
            free.append(user)
        return done_ns

    async def _go_without(self, due_ns: int) -> None:
        """A user cannot take part: the arrival that it was to serve is lost, and the next ones are others'."""
        self._unsent_waits_ns.append(max(0, self._clock() - due_ns))
        if self._end_ns >= UNLIMITED and all(map(self._is_out, range(len(self._scripts)))):
            self._tickets.sold_out = True
        while self._may_send(now := self._clock()):
            await self._waits.until(min(self._end_ns, now + NS_PER_S))

    def _goes_on(self, user: int) -> bool:
        """Whether the user may end what it is in the middle of, though the run's time is over."""
        return False

    def _is_out(self, user: int) -> bool:
        """Whether the user takes no part any more, as it could not get ready."""
        return False

    def _next_arrival_ns(self, user: int) -> int:
        """Users take arrivals ahead of time: one that is past already when it is taken found nobody free."""
        while (due_ns := self._pacer.next_due_ns(user, now := self._clock())) < now and self._drops:
            self._unsent_waits_ns.append(0)
        return due_ns

    def _end_arrivals(self, ended_ns: int) -> None:
        """What was due by the end and nobody took is unsent, unless there was nothing left to send."""
        while (due_ns := self._pacer.next_due_ns(self._closed, ended_ns)) < ended_ns and not self._tickets.sold_out:
            self._unsent_waits_ns.append(ended_ns - due_ns)

    async def _exchange(self, user: int, request: Request, due_ns: int) -> Outcome:
        self._count(1)
        return self._noted(user, request, await self._clients[user].exchange(request), due_ns)

    def _count(self, requests: int) -> None:
        """So many more are sent; others may read it in the slot while they are out."""
        with self._counting:
            self._shared[self._sent_slot] = self._sent = self._sent + requests

    def _noted(self, user: int, request: Request, outcome: Outcome, due_ns: int) -> Outcome:
        buffer = self._buffers[user]
        buffer.sent_bytes[request.name_id] += outcome.bytes_sent
        buffer.received[request.name_id] += outcome.bytes_received
        outcome.error = self._note(buffer, request, outcome, due_ns)
        return outcome

    async def _follow(self, user: int, outcome: Outcome, backoff_ns: int) -> tuple[int, int]:
        """The rest of a pass after an outcome that the script awaits: when its last request ended, and the backoff."""
        while (request := await self._next(user, outcome)) is not None:
            if backoff_ns:
                await self._waits.until(outcome.done_ns + backoff_ns)
            now = self._clock()
            if not (self._may_send(now) or self._goes_on(user)) or not self._tickets.take():
                break
            outcome = await self._exchange(user, request, now)
            backoff_ns = next_backoff_ns(backoff_ns, outcome.error)
            if not request.awaited:
                break
        return outcome.done_ns, backoff_ns

    async def _next(self, user: int, outcome: Outcome | None) -> Request | None:
        """What a script sends next, after what else it asks for; None where its pass is over, or the run.

        A pass that begins and is over without a request, but not without a step, gives `_PASSED`: others may follow.
        """
        seen = self._waits.changes
        step = self._resumed(user, outcome)
        if step is None or isinstance(step, Request):
            return step
        return await self._besides(user, step, seen, begins=outcome is None)

    def _resumed(self, user: int, outcome: Any) -> Step | None:
        """A script's next step; with an outcome, others are told that it is known."""
        step = self._scripts[user].resume(outcome)
        if outcome is not None and self.leads_on:
            self._waits.changed()
        return step

    async def _besides(self, user: int, step: Step, seen: int, *, begins: bool) -> Request | None:
        """The same from a step on that is no request; `seen` are the changes before it."""
        waits = self._waits
        while True:
            answer: Any = None
            if isinstance(step, Batch):
                answer = await self._together(user, step.requests)
            elif isinstance(step, Wait):
                self._awaited[user] = step.future
                await waits.future(step.future, finishes=step.finishes)
                del self._awaited[user]
            elif isinstance(step, Fresh):
                self._disconnect(user)
            elif isinstance(step, Pause) and step.until_ns is not None:
                await waits.until(step.until_ns if self._goes_on(user) else min(step.until_ns, self._end_ns))
            else:
                await waits.change(seen)
            told = isinstance(step, Wait) and step.finishes and step.future.done()  # it is, whatever the time
            if not (told or self._may_send(self._clock()) or self._goes_on(user)):
                return None
            seen = waits.changes
            following = self._resumed(user, answer)
            if isinstance(following, Request):
                return following
            if following is None:
                return _PASSED if begins else None
            step = following

    def _disconnect(self, user: int) -> None:
        """Close all that the user has open."""
        for client in (self._clients[user], *self._extra[user]):
            client.drop()

    async def _together(self, user: int, requests: list[Request]) -> list[Outcome]:
        """Send requests at the same time, each by a client of its own; their outcomes."""
        extra = self._extra[user]
        while len(extra) + 1 < len(requests):
            extra.append(self._make_client())
        self._count(len(requests))
        now = self._clock()
        for place, request in enumerate(requests):
            if request.group is not None:  # two threads at once, or two tasks, have no group together
                request.group = request.group.twin(place)
        clients = [self._clients[user], *extra]
        outcomes = await self._waits.together(
            [client.exchange(request) for client, request in zip(clients, requests, strict=False)]
        )
        for request, outcome in zip(requests, outcomes, strict=True):
            self._noted(user, request, outcome, now)
        backoff_ns = max(next_backoff_ns(self._backoffs_ns[user], outcome.error) for outcome in outcomes)
        self._backoffs_ns[user] = backoff_ns
        if backoff_ns:
            await self._waits.until(self._clock() + backoff_ns)
        return outcomes

    def _may_send(self, now: int) -> bool:
        return now < self._end_ns and self._shared[STOP] == GO and not self._tickets.sold_out

    def _note(self, buffer: SampleBuffer, request: Request, outcome: Outcome, due_ns: int) -> ErrorClass | None:
        """Write down what came; the class of a failure, or None."""
        error = self._noted_error(buffer, request, outcome, due_ns)
        if self._recorder.log or self._recorder.slowest:
            self._watch(buffer, request, outcome, due_ns, error)
        return error

    def _watch(
        self, buffer: SampleBuffer, request: Request, outcome: Outcome, due_ns: int, error: ErrorClass | None
    ) -> None:
        """Write the request down, or keep it as one of the slowest, where that is asked for."""
        log, slowest = self._recorder.log, self._recorder.slowest
        instants_ns = due_ns if due_ns and self._paced else outcome.sent_ns, outcome.sent_ns, outcome.done_ns
        reply, user = outcome.reply, self._task.shard.first_user + self._buffers.index(buffer)
        status, head = (0, b"") if reply is None else (reply.status, reply.head)
        if log is not None and log.wants():
            log.add(request.name_id, user, instants_ns, status, outcome.bytes_received, error)
        if slowest is not None and slowest.wants(request.name_id, instants_ns[2] - instants_ns[0]):
            slowest.add(request, user, instants_ns, status, outcome.bytes_received, error, head, reused=outcome.reused)

    def _noted_error(self, buffer: SampleBuffer, request: Request, outcome: Outcome, due_ns: int) -> ErrorClass | None:
        name_id = request.name_id
        service_ns = outcome.done_ns - outcome.sent_ns
        lag_ns = max(0, outcome.sent_ns - due_ns) if due_ns and self._paced else 0
        reply, group = outcome.reply, request.group
        if group is not None and not group.recorded and outcome.error is not ErrorClass.CUT:
            return outcome.error
        if reply is None:
            error = class_of(outcome.error or ErrorClass.GENERATOR, request)
            buffer.lose(name_id, error, service_ns, lag_ns, outcome.detail, outcome.head)
            if error.fault == "target":
                self._breaker.failed(outcome.done_ns)
            return error
        if reply is buffer.last_reply:
            replies = buffer.last
        else:
            replies = judge(request, reply, buffer, self._breaker, outcome.done_ns, service_ns)
            buffer.last_reply, buffer.last = (reply, replies) if replies.error is None else (None, buffer.last)
        if self._paced:
            replies.lags.append(lag_ns)
        if self._phases:
            replies.first_bytes.append((outcome.first_ns or outcome.done_ns) - outcome.sent_ns)
        replies.samples.append(service_ns)
        if request.payload and replies.error is None:
            buffer.payload[name_id] += request.payload
        return replies.error
