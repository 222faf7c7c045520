"""How a user that sends one request after another goes through its script, pass after pass, in its thread or task."""

import asyncio
from typing import Any

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Client, Fields, Outcome, Request
from loadgen.executors.aside import Aside
from loadgen.executors.sequential_notes import SequentialNotes, SequentialSetup
from loadgen.executors.tickets import Tickets
from loadgen.executors.waits import ThreadWaits
from loadgen.guard.shared_state import GO, STOP
from loadgen.pacing.base import LockedPacer
from loadgen.pacing.connecting import next_backoff_ns
from loadgen.workloads.base import Batch, Fresh, Pause, Sending, Step, Wait

PASSED = Request(0, "", "", Fields(()))
"""Stands for a pass that began and is over without a request."""


class SequentialPasses(SequentialNotes):
    """A client and a script for each user of the shard."""

    leads_on = True
    """Whether what comes of a user's request may be what another waits for; to tell all of it takes a lock."""

    def __init__(self, setup: SequentialSetup) -> None:
        super().__init__(setup)
        shard, waits = setup.task.shard, setup.waits
        users = shard.users
        self._pacer = LockedPacer(setup.pacer) if isinstance(waits, ThreadWaits) else setup.pacer
        self._tickets = Tickets(shard.requests_limit, warmup=setup.task.plan.warmup_s > 0)
        self._end_ns = 0
        self._make_client = setup.clients
        self._clients = [setup.clients() for _ in range(users)]
        self._workload = setup.workload
        self._scripts = [setup.workload.script(user) for user in range(users)]
        self._due_ns = [0] * users  # when the pass that a user begins was due
        self._extra: list[list[Client]] = [[] for _ in range(users)]  # for requests at the same time
        self._awaited: dict[int, asyncio.Future[Any]] = {}
        self._sent_aside: list[list[Aside]] = [[] for _ in range(users)]
        self._backoffs_ns = [0] * users  # after the last batch
        self._waits = waits
        self._cut = False

    async def _repeat(self, user: int, end_ns: int) -> int:
        """One pass after another, up to `end_ns` or the run's end; when the last request ended, 0 without any.

        The first half of the loop is the hot path.
        """
        client, buffer, script, pacer = self._clients[user], self._buffers[user], self._scripts[user], self._pacer
        shared, only, next_sent, sent_slot = self._shared, script.only, self._next_sent, self._sent_slot
        ticket = self._tickets.take if self._tickets.limited else None
        again, exchange, sent_bytes, received = client.again, client.exchange, buffer.sent_bytes, buffer.received
        eager = not (self._paced or self._phases or self._recorder.log or self._recorder.slowest)
        plain = only if only is not None and not (only.awaited or only.payload) else None
        now, done_ns, due_ns, backoff_ns = self._clock(), 0, 0, 0
        while now < end_ns and not shared[STOP]:
            request = only
            if request is None:
                request = await self._next(user, None)
                if request is PASSED:
                    due_ns = await self._until_due(user, pacer.next_due_ns(user, self._clock())) if self._paced else 0
                    now = self._clock()
                    continue
                if request is None:
                    break
            if ticket is not None and not ticket():
                break
            shared[sent_slot] = next_sent()  # others may read it while the request is out
            buffer.sent += 1
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

    def _goes_on(self, user: int) -> bool:
        """Whether the user may end what it is in the middle of, though the run's time is over."""
        return False

    def _is_out(self, user: int) -> bool:
        """Whether the user takes no part any more, as it could not get ready."""
        return False

    async def _exchange(self, user: int, request: Request, due_ns: int) -> Outcome:
        self._count(user, 1)
        return self._noted(user, request, await self._clients[user].exchange(request), due_ns)

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

        A pass that begins and is over without a request, but not without a step, gives `PASSED`: others may follow.
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
                if step.sends is not None:
                    if not (self._may_send(self._clock()) or self._goes_on(user)):
                        await self._end_asides(user)
                        return None
                    await self._send_aside(user, step.sends)
                self._awaited[user] = step.future
                await waits.future(step.future, finishes=step.finishes)
                del self._awaited[user]
            elif isinstance(step, Fresh):
                self._disconnect(user)
            elif isinstance(step, Pause) and step.until_ns is not None:
                await waits.until(step.until_ns if self._goes_on(user) else min(step.until_ns, self._end_ns))
            else:
                await waits.change(seen)
            finishes = isinstance(step, Wait) and step.finishes and (step.future.done() or not self._cut)
            if not (finishes or self._may_send(self._clock()) or self._goes_on(user)):
                await self._end_asides(user)
                return None
            seen = waits.changes
            following = self._resumed(user, answer)
            if isinstance(following, Request):
                return following
            if following is None:
                return PASSED if begins else None
            step = following

    def _disconnect(self, user: int) -> None:
        """Close all that the user has open."""
        for client in (self._clients[user], *self._extra[user]):
            client.drop()

    async def _together(self, user: int, requests: list[Request]) -> list[Outcome]:
        """Send requests at the same time, each by a client of its own; their outcomes."""
        clients = self._free_clients(user, len(requests))
        self._count(user, len(requests))
        now = self._clock()
        for place, request in enumerate(requests):
            if request.group is not None:  # two threads at once, or two tasks, have no group together
                request.group = request.group.twin(place)
        outcomes = await self._waits.together(
            [client.exchange(request) for client, request in zip(clients, requests, strict=True)]
        )
        for request, outcome in zip(requests, outcomes, strict=True):
            self._noted(user, request, outcome, now)
        backoff_ns = max(next_backoff_ns(self._backoffs_ns[user], outcome.error) for outcome in outcomes)
        self._backoffs_ns[user] = backoff_ns
        if backoff_ns:
            await self._waits.until(self._clock() + backoff_ns)
        return outcomes

    def _free_clients(self, user: int, count: int) -> list[Client]:
        """So many of a user that no request is out on, its own before others."""
        busy = [aside.client for aside in self._sent_aside[user]]
        free = [client for client in (self._clients[user], *self._extra[user]) if client not in busy]
        while len(free) < count:
            free.append(self._make_client())
            self._extra[user].append(free[-1])
        return free[:count]

    async def _send_aside(self, user: int, sending: Sending) -> None:
        """Send a request while its script goes on."""
        if backoff_ns := self._backoffs_ns[user]:
            await self._waits.until(self._clock() + backoff_ns)
        (client,) = self._free_clients(user, 1)
        self._count(user, 1)
        aside, due_ns = Aside(client, sending), self._clock()
        self._sent_aside[user].append(aside)

        def done(outcome: Outcome) -> None:
            self._sent_aside[user].remove(aside)
            noted = self._noted(user, sending.request, aside.ended(outcome), due_ns)
            self._backoffs_ns[user] = next_backoff_ns(self._backoffs_ns[user], noted.error)
            sending.told(noted)

        self._waits.aside(client.exchange(sending.request), done)

    async def _end_asides(self, user: int) -> None:
        """The script goes on no more: what is still out of its requests is cut."""
        while self._sent_aside[user]:
            aside = self._sent_aside[user][0]
            aside.end(ErrorClass.CUT)
            await self._waits.future(aside.sending.over, finishes=True)

    def _may_send(self, now: int) -> bool:
        return now < self._end_ns and self._shared[STOP] == GO and not self._tickets.sold_out
