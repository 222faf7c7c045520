"""Arrivals of the open model for users that send one request after another: whoever is free takes the next."""

from loadgen.base.clock import NEVER_NS, NS_PER_S
from loadgen.executors.base import UNLIMITED
from loadgen.executors.sequential_notes import SequentialSetup
from loadgen.executors.sequential_passes import PASSED, SequentialPasses


class SequentialArrivals(SequentialPasses):
    """The shard's first `closed_users` follow the closed model; without arrivals all do."""

    def __init__(self, setup: SequentialSetup) -> None:
        super().__init__(setup)
        shard, arrivals = setup.task.shard, setup.task.plan.arrivals
        self._arrive = arrivals is not None
        self._drops = arrivals is not None and arrivals.when_busy == "drop"
        self._unsent_waits_ns: list[int] = []  # of arrivals that were not sent, until they are drained
        self._unsent = 0
        self._closed = shard.closed_users if self._arrive else shard.users
        self._free = list(range(self._closed, shard.users))

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
            if request is not None and request is not PASSED:
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

    def _next_arrival_ns(self, user: int) -> int:
        """Users take arrivals ahead of time: one that is past already when it is taken found nobody free."""
        while (due_ns := self._pacer.next_due_ns(user, now := self._clock())) < now and self._drops:
            self._unsent_waits_ns.append(0)
        return due_ns

    def _end_arrivals(self, ended_ns: int) -> None:
        """What was due by the end and nobody took is unsent, unless there was nothing left to send."""
        while (due_ns := self._pacer.next_due_ns(self._closed, ended_ns)) < ended_ns and not self._tickets.sold_out:
            self._unsent_waits_ns.append(ended_ns - due_ns)
