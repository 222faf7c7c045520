"""A user's declared journeys: no coroutine, but a place in a program for each user."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from loadgen.base.clock import s_to_ns
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.measure.names import Kind
from loadgen.workloads.base import Batch, Pause, Step, Wait
from loadgen.workloads.scenario.base import InPlace
from loadgen.workloads.scenario.declared.between_journeys import BEGIN, CHOSEN, OVER, BetweenJourneys
from loadgen.workloads.scenario.declared.program import (
    EndOp,
    GroupOp,
    Op,
    PauseOp,
    Program,
    RepeatOp,
    RequestOp,
    SocketOp,
    TogetherOp,
)
from loadgen.workloads.scenario.declared.step_requests import StepError, StepRequests
from loadgen.workloads.scenario.failures import JourneyEndedError
from loadgen.workloads.scenario.journeys import Journeys
from loadgen.workloads.scenario.replies.answers import answer_of
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.user_request import UserRequest


class StepsScript(BetweenJourneys):
    """A JourneyScript of one user."""

    only: Request | None = None
    loop: Any = None
    given_up = False
    in_place: InPlace | None = None
    asked = False

    def __init__(
        self, program: Program, requests: StepRequests, journeys: Journeys, rank: int, row: Callable[[str], Any]
    ) -> None:
        super().__init__(program, requests, journeys, rank, row)
        self.requested = False
        self._make = requests.make
        self._held: asyncio.Task[None] | None = None

    def close(self) -> None:
        held, own = self._held, hasattr(self.loop, "enter")
        if held is not None:
            held.cancel()
        if own and held is not None:  # the thread of the loop is gone: what it held ends in another
            closing = threading.Thread(target=self.loop.close)
            closing.start()
            closing.join()
        elif own:
            self.loop.close()

    def resume(self, answer: Any) -> Step | None:
        op: Op | Step | None = self._op
        if answer is not None:
            if op.__class__ is RequestOp:
                op = self._taken(op, answer) if op.takes or op.redirects or answer.special else op.after
            else:
                op = self._all_taken(op, answer)  # type: ignore[arg-type]
        elif self._paused_ns:
            self._waited_ns += self._clock() - self._paused_ns
            self._paused_ns = 0
        while True:
            while op.__class__ is not RequestOp:
                if not isinstance(op, Op):
                    self.requested = op.__class__ is UserRequest
                    return op
                op = self._done(op)
            self._op = op
            try:
                request = self._make(op)
            except StepError as failed:
                op = self._failed(failed.error, str(failed))
                continue
            in_place = self.in_place
            reply = None if in_place is None else in_place(request)
            if reply is None:
                self.requested = True
                return request
            op = self._taken(op, reply) if op.takes or op.redirects or reply.special else op.after

    def _taken(self, op: RequestOp, reply: Reply) -> Op | Step | None:
        """What follows the reply to a request: another that it redirects to, or its values are taken out."""
        try:
            if op.redirects and reply.status // 100 == 3 and (hop := self._requests.follow(op, reply)) is not None:
                return hop
            self._requests.take(op, reply)
        except StepError as failed:
            return self._failed(failed.error, str(failed))
        return op.after

    def _all_taken(self, op: TogetherOp, replies: list[Reply]) -> Op | Step | None:
        failed = None
        for request, reply in zip(op.requests, replies, strict=True):
            try:
                self._requests.take(request, reply)
            except StepError as error:
                failed = failed or error
        return op.after if failed is None else self._failed(failed.error, str(failed))

    def _done(self, op: Op) -> Op | Step | None:
        """Do what is no request: the operation that follows, or what to tell the driver, None at a journey's end."""
        match op:
            case EndOp():
                return self._ended()
            case GroupOp():
                return self._group(op)
            case RepeatOp():
                count = self._counts[op.index]
                self._counts[op.index] = count + 1 if count < op.times else 0
                return op.first if count < op.times else op.after
            case PauseOp():
                self._op = op.after
                self._paused_ns = now = self._clock()
                low_s, high_s = op.think_s
                drawn_s = low_s if low_s == high_s else low_s + (high_s - low_s) * self._requests.draw()
                return Pause(now + s_to_ns(drawn_s))
            case SocketOp():
                return self._hold(op) if self._held is None else self._released(op, self._held)
            case TogetherOp():
                self._op = op
                try:
                    return Batch([self._make(request) for request in op.requests])
                except StepError as failed:
                    return self._failed(failed.error, str(failed))
        if op is OVER:
            return self._next()
        if op is BEGIN:
            return self._begun()
        return self._started() if op is CHOSEN else None

    def _hold(self, op: SocketOp) -> Step:
        """Begin to hold a WebSocket: comes back here when that is over."""
        if hasattr(self.loop, "enter"):  # the driver asks for the thread's loop, and lets it turn
            self.loop.enter()
            self.loop.leave()
        self._op = op
        steps = self._requests.hold(op, partial(self._note, op.name), self._clock)
        self._held = self.loop.create_task(steps)
        return Wait(self._held)

    def _released(self, op: SocketOp, held: "asyncio.Task[None]") -> Op | Step | None:
        if not held.done():
            return Wait(held)
        self._held = None
        error = None if held.cancelled() else held.exception()
        if error is None:
            return op.after
        if not isinstance(error, JourneyEndedError):
            raise error
        return self._failed(error.error, error.detail)

    def _note(self, name: str, part: str, error: ErrorClass | None, took_ns: int, detail: str) -> None:
        """Write down a part of a WebSocket: its opening, or a message and its answer."""
        journeys = self._journeys
        number = journeys.names.number(Kind.CALL, f"{name} {part}")
        if error is None:
            journeys.transactions.samples(number).samples.append(took_ns)
        else:
            journeys.transactions.fail(number, error, took_ns, 0, detail)
            journeys.on_failure(self._clock())

    def _group(self, op: GroupOp) -> Op:
        now = self._clock()
        if op.ends:
            number, began_ns, waited_ns = self._within.pop()
            took_ns = now - began_ns - (self._waited_ns - waited_ns)
            self._journeys.transactions.samples(number).samples.append(took_ns)
        else:
            self._within.append((op.number, now, self._waited_ns))
        return op.after


class AwaitedSteps(StepsScript):
    """The same for drivers that give outcomes as clients do."""

    _step: Step | None = None

    def resume(self, outcome: Any) -> Step | None:
        step = self._step
        if outcome is not None and isinstance(step, Batch):
            outcome = [answer_of(*pair) for pair in zip(step.requests, outcome, strict=True)]
        elif outcome is not None and isinstance(step, UserRequest):
            outcome = answer_of(step, outcome)
        self._step = step = super().resume(outcome)
        return step
