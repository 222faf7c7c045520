"""Virtual users on a reactor: what follows a reply. Record it, ask the pacing, send the next request."""

import asyncio
from typing import Any

from loadgen.base.clock import NS_PER_MS, s_to_ns
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome, Request, RequestGroup
from loadgen.base.reply import Reply
from loadgen.clients.base import Stream
from loadgen.executors.judging import class_of, judge
from loadgen.executors.reactor_passes import ReactorPasses, ReactorSetup
from loadgen.guard.shared_state import GO, STOP
from loadgen.measure.names import MOST_NAMES, names_of
from loadgen.measure.recording import Recording
from loadgen.pacing.connecting import next_backoff_ns

FOLD_EVERY = 250
"""Samples. To fold so many takes 70 us, while no reply is looked at. In portions of 50 a sample costs twice as much, in
portions of 1,000 a tenth less, for a pause of 270 us."""

MOST_BETWEEN_SWEEPS_NS = 500 * NS_PER_MS
"""A timeout is seen a twentieth of itself late at most, and never later than this."""


class ReactorUsers(ReactorPasses):
    """All users of one shard, and the Handler of their reactor. All calls come from the loop's thread."""

    def __init__(self, setup: ReactorSetup) -> None:
        super().__init__(setup)
        plan = setup.task.plan
        self._next_fold = self._budget - FOLD_EVERY
        self._swept_ns = 0
        self._had_errors = False
        self._sweep_every_ns = min(s_to_ns(min(plan.timeout_s, plan.connect_timeout_s)) // 20, MOST_BETWEEN_SWEEPS_NS)
        names = len(names_of(plan.job)) if plan.job.request_names else MOST_NAMES
        self._client = setup.client(setup.reactor, self, names)
        for _ in range(setup.task.shard.users):
            self._another()
        setup.reactor.watch(setup.alarm.fileno(), self._on_alarm)

    @property
    def opened(self) -> int:
        return self._opening.done

    @property
    def sent(self) -> int:
        return self._limit - self._budget

    @property
    def journeys(self) -> int:
        return 0

    @property
    def judged(self) -> tuple[int, int]:
        return self._recorder.judged

    @property
    def not_sent(self) -> int:
        """A closed loop has no arrivals that could be missed, but its workload may have an end."""
        return self._workload.left

    @property
    def finished(self) -> bool:
        """Whether nothing runs and nothing will: those who wait for an outcome wait for nobody."""
        return self._parked + len(self._waiting) == len(self.connections)

    # The reactor's Handler.

    def on_open(self, connection: Stream) -> None:
        """A user is connected."""
        self._opening_done(connection)

    def on_repeat(self, connection: Stream, now: int) -> Request | None:
        """The same reply as last time: the hot path."""
        group: RequestGroup = connection.request.group  # type: ignore[assignment, union-attr]
        add = group.add
        add(now - connection.sent_ns)
        connection.backoff_ns = 0
        if self._eager:
            budget = self._budget
            if budget > 0 and now < self._end_ns and not self._shared[STOP]:
                request = self._only
                if request is None:
                    step = self._resumes[connection.user](None)
                    if not isinstance(step, Request):
                        self._rest(connection, step, now)
                        return None
                    request = step
                self._budget = budget - 1
                return request
            self._park(connection, now)
            return None
        if self._paced:
            group.add_lag(connection.sent_ns - connection.due_ns)
        return self._continue(connection, now)

    def on_repeats(self, streams: list[Any], took_ns: list[int], now: int) -> bool:
        """Many at once of what `on_repeat` does for the users of one request."""
        budget, request = self._budget - len(streams), self._only
        if (
            request is None
            or request.group is None
            or not self._eager
            or budget < 0
            or now >= self._end_ns
            or self._shared[STOP]
        ):
            return False
        request.group.add_all(took_ns)
        if self._had_errors:  # else no stream needs to be touched, of thousands
            for stream in streams:
                stream.backoff_ns = 0
        self._budget = budget
        return True

    def on_alike(self, connection: Stream, now: int) -> Request | None:
        """A reply that says the same as last time."""
        request: Request = connection.request  # type: ignore[assignment]
        if not request.awaited:
            return self.on_repeat(connection, now)
        group: RequestGroup = request.group  # type: ignore[assignment]
        if self._paced:
            group.add_lag(connection.sent_ns - connection.due_ns)
        group.add(now - connection.sent_ns)
        connection.backoff_ns = 0
        return self._follow(connection, Outcome(connection.sent_ns, now, group.reply), now)

    def on_reply(self, connection: Stream, now: int, reply: Reply) -> bool:
        """A complete reply: judge it, and let equal ones take the hot path."""
        request = connection.request
        assert request is not None
        if request.group is not None and not request.group.recorded:
            request.group.reply = reply
            connection.backoff_ns = 0
            self._recorder.note_received_bytes(request.name_id, reply.wire_length)
            self._answered(connection, self._outcome(connection, now, reply, None), now)
            return True
        replies = judge(request, reply, self._recorder, self._breaker, now, now - connection.sent_ns)
        error = replies.error
        replies.add(now - connection.sent_ns, reply.wire_length, request.payload)
        if self._paced:
            replies.lags.append(connection.sent_ns - connection.due_ns)
        if self._phases:
            replies.first_bytes[len(replies.samples) - 1] = (connection.first_byte_ns or now) - connection.sent_ns
        group = request.group
        if group is not None:
            group.reply, group.add, group.add_all = reply, replies.samples.append, replies.samples.extend
            group.add_lag, group.resize = replies.lags.append, replies.resize
        connection.backoff_ns = 0
        outcome = self._outcome(connection, now, reply, error) if request.awaited else None
        self._answered(connection, outcome, now)
        return error is None

    def on_error(self, connection: Stream, now: int, error: ErrorClass, detail: str, head: bytes) -> None:
        """A request failed, or an opening ahead of one."""
        self._had_errors = True
        connection.backoff_ns = next_backoff_ns(connection.backoff_ns, error)
        request = connection.request
        if request is None:
            self._opening_done(connection)
            return
        if request.sink is not None:
            error = class_of(error, request, detail)
        if request.group is None or request.group.recorded or error is ErrorClass.CUT:
            lag = connection.sent_ns - connection.due_ns if self._paced else 0
            self._recorder.lose(request.name_id, error, now - connection.sent_ns, lag, detail, head)
            if error.fault == "target":
                self._breaker.failed(now)
        outcome = self._outcome(connection, now, None, error, detail, head) if request.awaited else None
        self._answered(connection, outcome, now)

    def _outcome(
        self,
        connection: Stream,
        now: int,
        reply: Reply | None,
        error: ErrorClass | None,
        detail: str = "",
        head: bytes = b"",
    ) -> Any:
        """What the script is given of its request."""
        return Outcome(connection.sent_ns, now, reply, error, detail, head)

    def _answered(self, connection: Stream, outcome: Any, now: int) -> None:
        """On with the pass, where its script awaits an outcome; else it is over."""
        request = self._continue(connection, now) if outcome is None else self._follow(connection, outcome, now)
        self._send(connection, request, now)

    def on_batch(self) -> None:
        """Show how much was sent to the others, and fold the samples when there are enough."""
        budget = self._budget
        self._shared[self._sent_slot] = self._limit - budget
        if budget <= self._next_fold:
            self._next_fold = budget - FOLD_EVERY
            self._recorder.fold()

    # Time and endings.

    def end_warmup(self, done: int) -> None:
        """What is left of the budget is what those that are out leave of it."""
        limit = self._task.shard.requests_limit
        if limit is not None:
            sent = self.sent
            self._budget = max(0, limit - (sent - done))
            self._limit = self._budget + sent
            self._next_fold = self._budget - FOLD_EVERY

    def tick(self, now: int) -> None:
        """Deadlines; and pauses that end because the run does."""
        if now - self._swept_ns >= min(self._sweep_every_ns, self._reactor.shortest_timeout_ns // 20):
            self._swept_ns = now
            self._reactor.sweep(now)
        over = self._shared[STOP] != GO or now >= self._end_ns
        if self._pausing and self._end_ns and (over or self._budget <= 0):
            through = [entry for entry in self._pausing if not self._goes_on(self.connections[entry[1]])]
            self._pausing = sorted(set(self._pausing).difference(through))
            finished_ns = now if over else self.finished_ns
            for _, user in through:
                self._park(self.connections[user], now)
            self.finished_ns = finished_ns

    def cut(self) -> None:
        self._reactor.cut()

    def take(self) -> Recording:
        client, recorder = self._client, self._recorder
        counted = (client.bytes_sent, recorder.note_sent_bytes), (client.bytes_lost, recorder.note_received_bytes)
        for counts, note in counted:
            for name_id, count in enumerate(counts):
                if count:
                    note(name_id, count)
                    counts[name_id] = 0
        return recorder.take(last=self.finished)

    async def close(self) -> None:
        self._reactor.detach(asyncio.get_running_loop())
        self._reactor.close()
        self._alarm.close()
