"""Virtual users that send one request after another through a Client, each in a thread or in a task of its own.

The user's code is one coroutine. In a thread it is driven by `send(None)` over a client that never suspends.
"""

import asyncio

from loadgen.base.clock import NS_PER_MS
from loadgen.base.exchange import Client
from loadgen.executors.sequential_arrivals import SequentialArrivals
from loadgen.executors.sequential_notes import SequentialSetup
from loadgen.executors.user_threads import UserThreads
from loadgen.executors.waits import LoopWaits
from loadgen.guard.shared_state import GO, STOP, Cause
from loadgen.measure.recording import Frame, Recording
from loadgen.pacing.connecting import opening_offset_ns

DRAIN_EVERY_NS = 250 * NS_PER_MS
"""Between looks through the users' buffers: to look through 2,000 takes 5 to 10 ms, 2 to 4 % of a core."""

MOST_PLACES = 3
"""That are told of where users hang."""

CUT_S = 1.0
"""Users who were cut, and are not gone after this, do not come back."""


class SequentialUsers(SequentialArrivals):
    """All users of one shard: each has a pool thread with `ThreadWaits`, a task on the loop with `LoopWaits`."""

    def __init__(self, setup: SequentialSetup) -> None:
        super().__init__(setup)
        users = setup.task.shard.users
        self._opened = [False] * users
        self._started = [False] * users
        self._ended_ns = [0] * users
        self._threads: UserThreads | None = None
        self._futures: list[asyncio.Future[None]] = []
        self._opening_since = 0
        self._next_drain_ns = 0

    # The worker's side.

    @property
    def opened(self) -> int:
        return sum(self._opened)

    @property
    def started(self) -> int:
        return sum(self._started)

    @property
    def sent(self) -> int:
        return sum(buffer.sent for buffer in self._buffers)

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
                if task.plan.job.connects:
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
