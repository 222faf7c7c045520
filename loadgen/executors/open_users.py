"""The open model on a reactor: arrivals come by a timetable, whether or not the server keeps up."""

import asyncio
from heapq import heappush

from loadgen.base.clock import NEVER_NS
from loadgen.base.exchange import Request, RequestGroup
from loadgen.clients.base import Stream
from loadgen.executors.reactor_passes import ReactorSetup
from loadgen.executors.reactor_users import ReactorUsers
from loadgen.guard.shared_state import GO, STOP
from loadgen.plan.plan import share

LATELY = 4
"""Connections for each origin: further back there is hardly one of an origin that has none among them."""

SPIN_NS = 25_000
"""An arrival nearer than this is looked out for: a timer that is set and rings costs 10 us and may be 60 us late."""


class OpenUsers(ReactorUsers):
    """Connections that serve arrivals: the one that was last in use first, so that no more are opened than are needed.

    An arrival that finds all of them busy opens another, or waits, or is dropped.
    """

    def __init__(self, setup: ReactorSetup) -> None:
        super().__init__(setup)
        task, shard, arrivals = setup.task, setup.task.shard, setup.task.plan.arrivals
        assert arrivals is not None
        self._next_arrival_ns = setup.pacer.next_due_ns
        self._closed = shard.closed_users
        most = share(arrivals.max_connections * task.plan.streams, shard.count, shard.index)
        self._most = max(self._closed + most, shard.users)
        self._drops = arrivals.when_busy == "drop"
        self._precise = arrivals.precise
        self._idle: list[Stream] = []
        self._turn = 0
        self._pick = self._of_next_origin if setup.origins else self._last_used
        self._blocked = False  # an arrival is due and all connections are busy
        self._next_due_ns = NEVER_NS
        self._armed = False
        self._spinning: asyncio.Handle | None = None
        self._over = False
        self._serving = False
        self._unsent = 0

    @property
    def not_sent(self) -> int:
        """Arrivals that were due and not sent: dropped, or still waiting at the end."""
        return self._unsent

    @property
    def finished(self) -> bool:
        """Whether the last arrival has been answered."""
        return self._over and len(self._idle) + len(self._waiting) + self._parked == len(self.connections)

    def start(self, now: int, end_ns: int) -> None:
        """The timetable begins."""
        self._end_ns = end_ns
        self._pacer.begin(now, end_ns)
        self._idle = self.connections[self._closed :]
        self.started = len(self._idle)
        self._take_due(now)
        self._reactor.timetable = self._keep_to_it
        self._on_alarm()
        self._arm()  # nothing but an event makes the reactor look at the timetable again

    def _take_due(self, now: int) -> int:
        """The next arrival's due instant; the one after it is next."""
        due_ns, self._next_due_ns = self._next_due_ns, self._next_arrival_ns(self._closed, now)
        return due_ns

    def _on_alarm(self) -> None:
        self._alarm.clear()
        self._armed = False
        now = self._clock()
        if not self._end_ns:
            self._open_more(now)
        elif not self._keep_to_it(now):
            self._arm()

    def _keep_to_it(self, now: int) -> bool:
        """Send what is due by `now`; whether the next arrival is too near to be waited for in the kernel.

        A timer that is set and rings costs about 10 us: at 40,000/s that would be half of all the time.
        """
        if self._next_due_ns <= now:
            self._dispatch(now)
        if self._pausing:
            self._end_pauses(now)
            self._armed = False
            self._arm()
        if self._over or self._blocked:
            return False
        if self._precise or self._next_due_ns - now < SPIN_NS:
            return True
        if not self._armed:
            self._arm()
        return False

    def _arm(self) -> None:
        if self._armed:
            return
        due_ns = NEVER_NS if self._over or self._blocked else self._next_due_ns
        if self._pausing:
            due_ns = min(due_ns, self._pausing[0][0])
        if due_ns != NEVER_NS:
            self._armed = True
            self._alarm.set(due_ns)

    def _sleep(self, connection: Stream, until_ns: int) -> None:
        connection.due_ns = until_ns
        heappush(self._pausing, (until_ns, connection.user))
        self._armed = False
        self._arm()

    def on_batch(self) -> None:
        """Back to the loop, which the next arrival has to wake again."""
        super().on_batch()
        if not self._end_ns or self._over:
            return
        if not self._precise:
            self._arm()
        elif self._spinning is None:
            self._spinning = asyncio.get_running_loop().call_soon(self._spin)

    def _spin(self) -> None:
        """With `precise`: look at the clock and the sockets all the time, but for the loop's other callbacks."""
        self._spinning = None
        self._reactor.on_ready()

    async def close(self) -> None:
        if self._spinning is not None:
            self._spinning.cancel()
        await super().close()

    def _dispatch(self, now: int) -> None:
        """Serve every arrival that is due by `now`; later ones wait until the sockets had their turn."""
        if not self._blocked:  # so late did we wake up: the generator's own delay
            self._recorder.batches_ns.append(now - self._next_due_ns)
        while self._next_due_ns <= now:
            if self._over or self._shared[STOP] != GO or self._budget <= 0:
                self._finish(now)
                return
            if self._idle or len(self.connections) < self._most:
                self._fire(self._pick() if self._idle else self._another(), self._take_due(now))
            elif self._drops:
                self._take_due(now)
                self._lose_arrival(0)
            else:
                self._blocked = True
                return
        self._blocked = False

    def _last_used(self) -> Stream:
        """The idle connection that was in use last, so that no more are opened than are needed."""
        return self._idle.pop()

    def _of_next_origin(self) -> Stream:
        """The same of the next of several origins, among those used lately; of any where that has none there."""
        idle, count, place_of = self._idle, len(self._origins), self._task.shard.place_of_user
        lately = range(len(idle) - 1, max(-1, len(idle) - 1 - LATELY * count), -1)
        for turn in range(self._turn, self._turn + count):
            for place in lately:
                if place_of(idle[place].user, count) == turn % count:
                    self._turn = turn + 1
                    return idle.pop(place)
        return idle.pop()

    def _fire(self, connection: Stream, due_ns: int) -> None:
        connection.due_ns = due_ns
        step = self._only or self._resumes[connection.user](None)
        if step is None:
            self._none_left(connection)
        elif not isinstance(step, Request):
            self._take(connection, step, self._clock())
        else:
            self._budget -= 1
            self._client.send(connection, step, self._clock())

    def _none_left(self, connection: Stream) -> None:
        """There is nothing left to send: the timetable ends here."""
        self._next_due_ns = NEVER_NS
        self._idle.append(connection)
        self._finish(self._clock())

    def on_repeat(self, connection: Stream, now: int) -> Request | None:
        """The same reply as last time: the hot path."""
        group: RequestGroup = connection.request.group  # type: ignore[assignment, union-attr]
        group.add_lag(connection.sent_ns - connection.due_ns)
        group.add(now - connection.sent_ns)
        self.finished_ns = now
        due_ns = self._next_due_ns
        if due_ns > now:
            self._blocked = False
            self._idle.append(connection)
            return None
        request = self._only
        if request is None or self._over or self._shared[STOP] != GO or self._budget <= 0:
            return self._continue(connection, now)
        self._budget -= 1
        connection.due_ns = due_ns
        self._next_due_ns = self._next_arrival_ns(self._closed, now)
        return request

    def _continue(self, connection: Stream, now: int) -> Request | None:
        """A connection is free again: for the arrival that waits longest, or idle."""
        connection.backoff_ns = 0
        self._idle.append(connection)
        self._serve_waiting(now)
        return None

    def _serve_waiting(self, now: int) -> None:
        self.finished_ns = now
        if self._next_due_ns > now:
            self._blocked = False
        elif not self._serving:
            self._serving = True  # a send that fails at once comes back here
            self._dispatch(now)
            self._serving = False

    def _park(self, connection: Stream, now: int) -> None:
        self._continue(connection, now)

    def tick(self, now: int) -> None:
        """Deadlines; and the end of the timetable."""
        super().tick(now)
        if self._end_ns and (now >= self._end_ns or self._shared[STOP] != GO or self._budget <= 0):
            self._finish(now)
        elif self._end_ns and not self._precise:
            self._arm()  # a deadline may have freed a connection, outside of any batch

    def _finish(self, now: int) -> None:
        """Nothing new from here on; what was due by the end and still waits is never sent: it has waited as long."""
        if self._over:
            return
        self._over = True
        self.finished_ns = now
        end_ns = min(now, self._task.control.stopped_at_ns or now)
        left = self._budget
        while self._next_due_ns <= end_ns and left > 0:
            left -= 1
            self._lose_arrival(end_ns - self._take_due(now))

    def _lose_arrival(self, waited_ns: int) -> None:
        self._unsent += 1
        self._workload.never_sent(self._recorder, waited_ns)
