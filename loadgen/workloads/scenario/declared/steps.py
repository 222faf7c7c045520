"""A user's declared journeys: no coroutine, but a place in a program for each user."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from loadgen.base.clock import NS_PER_MS, s_to_ns
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.measure.names import Kind
from loadgen.measure.transactions import TransactionSamples
from loadgen.workloads.base import Batch, Fresh, Pause, Step, Wait
from loadgen.workloads.scenario.base import InPlace, Notes, not_timed
from loadgen.workloads.scenario.data.feeds import FeedEndedError
from loadgen.workloads.scenario.declared.program import (
    Course,
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
from loadgen.workloads.scenario.journeys import Journeys, lag_ns
from loadgen.workloads.scenario.replies.answers import answer_of
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.user_request import UserRequest

BROKEN_PAUSE_NS = 50 * NS_PER_MS
"""After a journey that could not begin: users whose journeys all end so would keep a core busy."""

_BEGIN, _CHOSEN, _OVER, _OUT = Op(), Op(), Op(), Op()
"""Where a user is that is in no journey: the next is to begin, or is chosen; the last is over; it takes no part."""


class StepsScript:
    """One user's. `row` gives its next row of a feed."""

    only: Request | None = None
    loop: Any = None
    given_up = False
    in_place: InPlace | None = None
    asked = False

    def __init__(
        self, program: Program, requests: StepRequests, journeys: Journeys, rank: int, row: Callable[[str], Any]
    ) -> None:
        self.journey = 0
        self.passes = 0
        self.began_ns = 0
        self.due_ns = 0
        self.requested = False
        self._program = program
        self._requests = requests
        self._make = requests.make
        self._journeys = journeys
        self._clock = journeys.clock
        self._rank = rank
        self._row = row
        self._due: Callable[[], int] = not_timed
        self._flows = False
        self._op: Op = _BEGIN
        self._in_setup = program.start is not None
        self._delay_ns = journeys.start_ns(rank)
        self._has_begun = False
        self._leaving = False
        self._has_own = not program.own
        self._counts = [0] * program.repeats
        self._good: list[TransactionSamples] | None = None
        self._within: list[tuple[int, int, int]] = []  # groups: number, when it began, what was waited before
        self._paused_ns = 0
        self._waited_ns = 0
        self._ready_ns = 0
        self._held: asyncio.Task[None] | None = None
        journeys.join(self)

    def attach(
        self, due: Callable[[], int], wake: Callable[[], None], notes: Notes, *, flows: bool, signals: bool = False
    ) -> None:
        """Nothing but a reply or a pause is ever waited for, so nobody is woken."""
        del wake, notes
        self._due = due
        self._flows = flows

    @property
    def out(self) -> bool:
        """Whether the user takes no part any more."""
        return self._op is _OUT

    def leave(self) -> bool:
        """Whether something is to be done after the last journey: `resume` does that from here on. True once."""
        end = self._program.end
        if end is None or not self._has_begun or self._in_setup or self._leaving or self._op is _OUT:
            return False
        try:
            self._filled(end)
        except FeedEndedError:
            return False
        self._leaving = True
        self._requests.forget()
        self._paused_ns = 0
        self._within.clear()
        self._counts = [0] * self._program.repeats
        self._op = end.first
        return True

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

    # In a journey.

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
        if op is _OVER:
            return self._next()
        if op is _BEGIN:
            return self._begun()
        return self._started() if op is _CHOSEN else None

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

    # Between journeys.

    def _begun(self) -> Op | Step | None:
        """The first operation of the next journey; None where none may begin any more."""
        journeys, start = self._journeys, self._program.start
        if self._delay_ns:
            until_ns, self._delay_ns = self._clock() + self._delay_ns, 0
            return Pause(until_ns)
        self._has_begun = True
        if self._in_setup:
            assert start is not None
            problem = self._filled(start)
            return start.first if problem is None else self._failed(ErrorClass.SCRIPT_ERROR, problem)
        if journeys.over or self.passes >= journeys.most_each or (journeys.limited and not journeys.begin()):
            return None
        self.journey = journeys.pick(self._rank, self.passes)
        if self._program.courses[self.journey].fresh and (self.passes or start is not None):
            self._requests.jar = None
            self._op = _CHOSEN
            return Fresh()
        return self._started()

    def _started(self) -> Op | Step | None:
        """The same of the journey that was chosen."""
        course = self._program.courses[self.journey]
        self._op = _BEGIN
        try:
            problem = self._filled(course)
        except FeedEndedError:
            self._journeys.over = True
            return None
        self.passes += 1
        due_ns = self._due()
        self.due_ns, self._ready_ns = due_ns and max(due_ns, self._ready_ns), 0
        self.began_ns = self._clock()
        self._waited_ns = 0
        return course.first if problem is None else self._failed(ErrorClass.SCRIPT_ERROR, problem)

    def _filled(self, course: Course) -> str | None:
        """Take a row of each feed that a journey uses; what is wrong with one."""
        feeds = course.feeds if self._has_own else (*self._program.own, *course.feeds)
        for feed in feeds:
            row = self._row(feed)
            try:
                for column, slot, write in self._program.columns[feed]:
                    self._requests.values[slot] = write(row[column])
            except KeyError as error:
                return f"feed {feed}: a row has no column {error}"
            except ValueError as error:
                return f"feed {feed}: {error}"
        self._has_own = True
        return None

    def _ended(self) -> Op | Step | None:
        """A journey went well."""
        if self._leaving:
            self._op = _OUT
            return None
        if self._in_setup:
            self._in_setup, self._ready_ns, self._op = False, self._clock(), _BEGIN
            return self._begun()
        if self._good is None:
            self._good = self._journeys.samples()
        samples = self._good[self.journey]
        if self.due_ns:
            samples.lags.append(lag_ns(self))
        samples.samples.append(self._clock() - self.began_ns - self._waited_ns)
        return self._over()

    def _failed(self, error: ErrorClass, detail: str) -> Op | Step | None:
        """A step failed, and its journey with it."""
        journeys, now = self._journeys, self._clock()
        for number, began_ns, waited_ns in reversed(self._within):
            journeys.transactions.fail(number, error, now - began_ns - (self._waited_ns - waited_ns), 0, detail)
        self._within.clear()
        self._counts = [0] * self._program.repeats
        if self._in_setup or self._leaving:
            journeys.unready(self._rank, error, detail)
            self._op = _OUT
            return None
        journeys.fail(self, error, detail)
        if error is ErrorClass.SCRIPT_ERROR:
            self.began_ns = 0
            self._op = _OVER
            return Pause(now + BROKEN_PAUSE_NS)
        return self._over()

    def _over(self) -> Op | Step | None:
        """A journey is over: what there is to wait for before the next."""
        journeys, began_ns, self.began_ns = self._journeys, self.began_ns, 0
        if journeys.rests[self.journey] and (pause := journeys.rest(self, began_ns, self._requests.draw)):
            self._op = _OVER
            return pause
        return self._next()

    def _next(self) -> Op | Step | None:
        """Between two journeys: who drives is asked when the next is due, unless it is at once."""
        self._op = _BEGIN
        return self._begun() if self._flows else None


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
