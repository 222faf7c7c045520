"""Users whose scripts are journeys, each in a thread or in a task of its own."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome, Request
from loadgen.clients.origins import OriginClients
from loadgen.executors.sequential_notes import SequentialSetup
from loadgen.executors.sequential_users import SequentialUsers
from loadgen.executors.thread_loop import ThreadLoop
from loadgen.executors.waits import ThreadWaits, completed
from loadgen.guard.shared_state import GO, STOP
from loadgen.measure.recording import Recording
from loadgen.pacing.connecting import next_backoff_ns
from loadgen.workloads.base import Batch, Wait
from loadgen.workloads.scenario.base import InPlace, JourneyScript, JourneyWorkload, not_timed
from loadgen.workloads.scenario.journeys import withdraw
from loadgen.workloads.scenario.replies.answers import answer_of
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.user_request import UserRequest


@dataclass(slots=True)
class _SentInPlace:
    """What was sent in place since the last step: when it was done, 0 for nothing, and the backoff after it."""

    done_ns: int = 0
    backoff_ns: int = 0


class SequentialJourneyUsers(SequentialUsers):
    """Users that follow journeys, driven one step after another."""

    leads_on = False
    _workload: JourneyWorkload
    _scripts: list[JourneyScript]  # type: ignore[assignment]

    def __init__(self, setup: SequentialSetup) -> None:
        super().__init__(setup)
        self._sent_in_place = [_SentInPlace() for _ in self._scripts]
        self._in_places: list[InPlace | None] = [None] * len(self._scripts)
        plan = self._task.plan
        self._eager = not (self._paced or self._phases or self._recorder.log or self._recorder.slowest)
        flows = self._eager and not (self._arrive or plan.staggered or plan.job.finish)
        for user, script in enumerate(self._scripts):
            due = partial(self._due_ns.__getitem__, user) if self._paced else not_timed
            wake = getattr(script.loop, "interrupt", partial(self._cancel_awaited, user))
            script.attach(due, wake, self._buffers[user], flows=flows)

    @property
    def journeys(self) -> int:
        """How many have begun."""
        return self._workload.journeys.started

    def end_warmup(self, done: int) -> None:
        self._workload.journeys.end_warmup()

    def take(self) -> Recording:
        if self.finished:
            self._workload.journeys.end()
        return super().take()

    def _goes_on(self, user: int) -> bool:
        if not self._task.plan.job.finish or self._cut or self._shared[STOP] != GO:
            return False
        return self._scripts[user].began_ns != 0

    def _is_out(self, user: int) -> bool:
        return self._scripts[user].out

    async def _leave(self, user: int) -> None:
        if user >= self._closed:  # whoever has nothing to serve any more takes the user that served least lately
            if not self._free:
                return
            user = self._free.pop(0)
        script = self._scripts[user]
        if not self._cut and script.leave():
            await self._take_leave(user, script)
        if isinstance(script.loop, ThreadLoop):
            script.close()  # where it runs: no other thread can end a plain function

    async def _take_leave(self, user: int, script: JourneyScript) -> None:
        answer: Any = None
        while not self._cut and (step := script.resume(answer)) is not None:
            answer = None
            if isinstance(step, Request):
                answer = await self._exchange(user, step, self._clock())
            elif isinstance(step, Batch):
                answer = await self._together(user, step.requests)
            elif isinstance(step, Wait):
                if step.sends is not None:
                    await self._send_aside(user, step.sends)
                await self._waits.future(step.future, finishes=step.finishes)
                if not step.future.done():
                    break
        await self._end_asides(user)

    def _in_place(self, user: int) -> InPlace:
        """Sends a user's requests in its thread, where its script runs: the hot path. `_follow` has what came of it."""
        client, buffer, script, shared = self._clients[user], self._buffers[user], self._scripts[user], self._shared
        again, exchange, clock, eager, loop = client.again, client.exchange, self._clock, self._eager, script.loop
        home_again = client.home.again if isinstance(client, OriginClients) else again
        asked: Sequence[bool] = loop.asked if isinstance(loop, ThreadLoop) else ()
        next_sent, sent_slot, end_ns, placed = self._next_sent, self._sent_slot, self._end_ns, self._sent_in_place[user]
        sent_bytes, received = buffer.sent_bytes, buffer.received

        def in_place(request: UserRequest) -> Reply | None:
            now = clock()
            if shared[STOP] or now >= end_ns or placed.backoff_ns:
                return None
            if asked and (script.given_up or loop.left_ns() is not None):
                return None
            shared[sent_slot] = next_sent()
            buffer.sent += 1
            script.asked = True
            outcome = (again if request.origin else home_again)(request, now) or completed(exchange(request))
            sent_bytes[request.name_id] += outcome.bytes_sent
            received[request.name_id] += outcome.bytes_received
            placed.done_ns = outcome.done_ns
            reply, group = outcome.reply, request.group
            if eager and reply is not None and reply is buffer.last_reply and group is not None and group.recorded:
                buffer.last.samples.append(outcome.done_ns - outcome.sent_ns)
                outcome.error, answer = None, group.answer
                if answer is not None and answer.ok and group.answered is group.data:
                    return answer
            else:
                outcome.error = error = self._note(buffer, request, outcome, now)
                placed.backoff_ns = next_backoff_ns(0, error)
            return answer_of(request, outcome)

        return in_place

    async def _follow(self, user: int, outcome: Outcome, backoff_ns: int) -> tuple[int, int]:
        """From one request of a journey to the next: the hot path."""
        client, buffer, script, shared = self._clients[user], self._buffers[user], self._scripts[user], self._shared
        resume, again, exchange, clock, eager = script.resume, client.again, client.exchange, self._clock, self._eager
        next_sent, sent_slot, end_ns = self._next_sent, self._sent_slot, self._end_ns
        sent_bytes, received = buffer.sent_bytes, buffer.received
        placed, in_place, done_ns = self._sent_in_place[user], self._in_places[user], outcome.done_ns
        if in_place is None and isinstance(self._waits, ThreadWaits):
            in_place = self._in_places[user] = self._in_place(user)
        while True:
            script.in_place = None if backoff_ns else in_place
            step = resume(outcome)
            script.in_place = None
            if placed.done_ns:
                done_ns, backoff_ns, placed.done_ns, placed.backoff_ns = placed.done_ns, placed.backoff_ns, 0, 0
            if step.__class__ is UserRequest:
                request: Request = step
            elif step is None or (besides := await self._besides(user, step, 0, begins=False)) is None:
                break
            else:
                request = besides
            if backoff_ns:
                await self._waits.until(done_ns + backoff_ns)
                if script.given_up:  # while the request waited for its turn
                    outcome = Outcome(done_ns, clock(), None, ErrorClass.TIMEOUT)
                    continue
            now = clock()
            if (shared[STOP] or now >= end_ns) and not self._goes_on(user):
                withdraw(script, done_ns)
                break
            shared[sent_slot] = next_sent()
            buffer.sent += 1
            outcome = again(request, now) or await exchange(request)
            done_ns = outcome.done_ns
            sent_bytes[request.name_id] += outcome.bytes_sent
            received[request.name_id] += outcome.bytes_received
            reply, group = outcome.reply, request.group
            if eager and reply is not None and reply is buffer.last_reply and group is not None and group.recorded:
                buffer.last.samples.append(outcome.done_ns - outcome.sent_ns)
                outcome.error, backoff_ns = None, 0
            else:
                outcome.error = error = self._note(buffer, request, outcome, now)
                backoff_ns = next_backoff_ns(backoff_ns, error)
        return done_ns, backoff_ns

    def _cancel_awaited(self, user: int) -> None:
        """Something cancels the user: as a task would, it cancels what that awaits, on a loop a request as well."""
        if user in self._awaited:
            self._awaited[user].cancel()
            return
        for client in (self._clients[user], *self._extra[user]):
            if isinstance(client, OriginClients):
                client.give_up()

    async def close(self) -> None:
        try:
            await super().close()
        finally:
            for script in self._scripts:
                script.close()
            self._workload.close()
