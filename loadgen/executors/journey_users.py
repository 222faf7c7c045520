"""Users on a reactor whose scripts are journeys: what a reply is to them, and when they end."""

from functools import partial
from typing import Any

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.base.reply import Reply
from loadgen.clients.base import Stream
from loadgen.executors.beside_users import BesideUsers
from loadgen.executors.reactor_passes import ReactorSetup
from loadgen.guard.shared_state import GO, STOP
from loadgen.measure.recording import Recording
from loadgen.workloads.base import Pause, Script, Step, Wait
from loadgen.workloads.scenario.base import JourneyWorkload, not_timed
from loadgen.workloads.scenario.journeys import withdraw
from loadgen.workloads.scenario.replies.answers import AnsweredGroup, answer_alike, answer_to
from loadgen.workloads.scenario.sending.user_request import UserRequest


class JourneyUsers(BesideUsers):
    """Users that follow journeys in a closed loop."""

    _workload: JourneyWorkload

    def __init__(self, setup: ReactorSetup) -> None:
        self._leaving: set[int] = set()
        super().__init__(setup)

    def _script(self, stream: Stream) -> Script:
        script = self._workload.script(stream.user)
        due = partial(_due_ns, stream) if self._paced else not_timed
        flows = self._eager and not self._staggered and not self._task.plan.job.finish
        script.attach(due, partial(self._woken, stream), self._recorder, flows=flows, signals=True)
        self._scripts.append(script)
        return script

    @property
    def journeys(self) -> int:
        """How many have begun."""
        return self._workload.journeys.started

    def _goes_on(self, connection: Stream) -> bool:
        if not self._task.plan.job.finish or self._cut or self._shared[STOP] != GO:
            return False
        return self._scripts[connection.user].began_ns != 0

    # After a user's last journey.

    def _park(self, connection: Stream, now: int) -> None:
        if self._held:
            self._held.pop(connection.user, None)
        for stream in [stream for stream in self._sending if stream.user == connection.user]:
            self._client.lost(stream, ErrorClass.CUT)
        if not self._leave(connection, now):
            super()._park(connection, now)

    def _leave(self, connection: Stream, now: int) -> bool:
        """Whether the user has something to do still, after its last journey; it begins."""
        user = connection.user
        if self._cut or not self._scripts[user].leave():
            return False
        self._leaving.add(user)
        self._midway.pop(user, None)
        self._send(connection, self._follow(connection, None, now), now)
        return True

    def _go_on(self, connection: Stream, step: Step | None, now: int) -> Request | None:
        if isinstance(step, Wait) and step.sends is None and self._ends(step):
            self._midway[connection.user] = None
            self._take(connection, step, now)
            return None
        if connection.user not in self._leaving:
            if step is not None and self._is_over(now):
                withdraw(self._scripts[connection.user], now)
            return super()._go_on(connection, step, now)
        if isinstance(step, Pause):  # nobody waits for it
            return self._follow(connection, None, now)
        if step is None or self._cut:
            self._leaving.discard(connection.user)
            super()._park(connection, now)
            return None
        if isinstance(step, Request):
            self._budget -= 1
            connection.due_ns = now
            return step
        self._take(connection, step, now)
        return None

    def _rest(self, connection: Stream, step: Step | None, now: int) -> None:
        if step is not None:
            self._midway[connection.user] = None
        super()._rest(connection, step, now)

    def _wake(self, connection: Stream, now: int) -> None:
        user = connection.user
        held = self._held.pop(user, None) if self._held else None
        if held is not None and (user in self._leaving or not self._is_over(now) or self._goes_on(connection)):
            self._start(connection, held, now)
        elif user in self._leaving:
            self._send(connection, self._follow(connection, None, now), now)
        else:
            super()._wake(connection, now)

    def cut(self) -> None:
        self._cut = True
        super().cut()
        self._end_awaits(self._clock())

    # The reactor's Handler.

    def on_repeat(self, connection: Stream, now: int) -> Request | None:
        """The bytes of last time: the answer is that of last time. The hot path, with `_told` in place."""
        group: AnsweredGroup = connection.request.group  # type: ignore[assignment, union-attr]
        group.add(now - connection.sent_ns)
        if self._paced or self._together:
            if self._paced:
                group.add_lag(connection.sent_ns - connection.due_ns)
            return self._told(connection, group.answer, now)
        connection.backoff_ns = 0
        step = self._resumes[connection.user](group.answer)
        if step.__class__ is UserRequest and now < self._end_ns and not self._shared[STOP]:
            self._budget -= 1
            return step
        return self._go_on(connection, step, now)

    def on_alike(self, connection: Stream, now: int) -> Request | None:
        """A reply of the same kind, with another body."""
        group: AnsweredGroup = connection.request.group  # type: ignore[assignment, union-attr]
        answer = answer_alike(group)
        if self._paced:
            group.add_lag(connection.sent_ns - connection.due_ns)
        group.add(now - connection.sent_ns)
        return self._told(connection, answer, now)

    def _told(self, connection: Stream, answer: Any, now: int) -> Request | None:
        """On with a journey: the hot path is the next request at once."""
        connection.backoff_ns = 0
        if self._together and connection in self._together:
            self._one_of(connection, answer, now)
            return None
        step = self._resumes[connection.user](answer)
        if step.__class__ is UserRequest and now < self._end_ns and not self._shared[STOP]:
            self._budget -= 1
            connection.due_ns = now
            return step
        return self._go_on(connection, step, now)

    def _outcome(
        self,
        connection: Stream,
        now: int,
        reply: Reply | None,
        error: ErrorClass | None,
        detail: str = "",
        head: bytes = b"",
    ) -> Any:
        assert connection.request is not None
        return answer_to(connection.request, reply, error, detail, head)

    def _answered(self, connection: Stream, outcome: Any, now: int) -> None:
        if self._sending and connection in self._sending:
            self.connections[connection.user].backoff_ns = connection.backoff_ns
            self._sending.pop(connection).told(outcome)
        elif self._together and connection in self._together:
            self._one_of(connection, outcome, now)
        else:
            super()._answered(connection, outcome, now)

    # Time and endings.

    def end_warmup(self, done: int) -> None:
        self._workload.journeys.end_warmup()

    def tick(self, now: int) -> None:
        """Users that await something of their own are through when the run is."""
        super().tick(now)
        if self._awaiting and self._end_ns and self._is_over(now):
            self._end_awaits(now)

    def _end_awaits(self, now: int) -> None:
        """Whoever awaits something of its own awaits it no longer; after the last journey only a cut ends that."""
        for user in [user for user in self._awaiting if self._cut or user not in self._leaving]:
            if self._goes_on(self.connections[user]) or self._ends(self._awaiting[user]):
                continue
            del self._awaiting[user]
            self._leaving.discard(user)
            self._park(self.connections[user], now)

    def take(self) -> Recording:
        if self.finished:
            self._workload.journeys.end()
        return super().take()

    async def close(self) -> None:
        try:
            for script in self._scripts:
                script.close()
            self._workload.close()
        finally:
            await super().close()


def _due_ns(stream: Stream) -> int:
    return stream.due_ns
