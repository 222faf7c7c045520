"""A user's journeys as coroutines: each `send` goes on to the next thing that the journey wants."""

from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Callable, Coroutine
from types import coroutine
from typing import Any, ClassVar

from loadgen.base.clock import NS_PER_MS
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.workloads.base import Batch, Fresh, Pause, Step, Wait
from loadgen.workloads.scenario.base import InPlace, Notes, nobody, not_timed
from loadgen.workloads.scenario.data.feeds import FeedEndedError
from loadgen.workloads.scenario.failures import example_of, failure
from loadgen.workloads.scenario.journeys import UNLIMITED, Journeys
from loadgen.workloads.scenario.python.current_task import CurrentTask, current_task
from loadgen.workloads.scenario.python.greenlets import GreenletSteps, PlainFunction
from loadgen.workloads.scenario.python.hooks import Part
from loadgen.workloads.scenario.python.user import User
from loadgen.workloads.scenario.sending.requests import PER_USER
from loadgen.workloads.scenario.sending.user_request import UserRequest

BROKEN_PAUSE_NS = 50 * NS_PER_MS
"""After a journey whose code raised, or that sent nothing: one that does so at once would keep a core busy."""

_OVER = object()  # a journey is over
_OWN = (Pause, Wait, Batch, Fresh)


class CoroutineScript:
    """One user's. `functions` give a coroutine each, in the order of the job's journeys; `before` and `after` are what
    the user does before its first journey and after its last.
    """

    only: Request | None = None
    endless: ClassVar[list[Any]] = []
    """Coroutines that would not end: kept, as the interpreter would complain where nobody can hear it."""

    def __init__(
        self,
        user: User,
        functions: list[Callable[[Any], Coroutine[Any, Any, Any]]],
        journeys: Journeys,
        loop: Any,
        before: Part | None = None,
        after: Part | None = None,
    ) -> None:
        self.user = user
        self.journey = 0
        self.began_ns = 0
        self.due_ns = 0
        self.due: Callable[[], int] = not_timed
        self._functions = functions
        self._journeys = journeys
        self.loop = loop
        self._task = CurrentTask(loop, f"user {user.number}", nobody)
        self._before = before
        self._after = after
        self.passes = 0
        self._running: Any = None
        self.requested = False
        self.asked = self._stepped_once = False
        self.flows = False
        self._in_greenlet = False
        self._closed = False
        self._coroutine: Any = self._live()
        self._stepped: Any = self._coroutine
        self._send: Callable[[Any], Any] = self._begin
        self._ready = before is None
        self.out = False
        journeys.join(self)

    def attach(
        self, due: Callable[[], int], wake: Callable[[], None], notes: Notes, *, flows: bool, signals: bool = False
    ) -> None:
        del notes
        self.due = due
        self.flows = flows
        self._task.wake = wake
        self._task.signals = signals

    def _begin(self, outcome: Any) -> Any:
        """The first step, in the thread in which all others follow where its journeys do."""
        if self.flows and any(isinstance(function, PlainFunction) for function in self._functions):
            self._stepped = self._coroutine = GreenletSteps(self._coroutine)
            self._in_greenlet = True
        self._send = self._coroutine.send
        return self._send(outcome)

    def resume(self, outcome: Any) -> Step | None:
        loop, task = self.loop, self._task
        outer = current_task(loop)
        if outer is not None:
            _leave_task(loop, outer)
        _enter_task(loop, task)  # type: ignore[arg-type]
        try:
            step: Any = self._send(outcome) if task.cancelled_with is None else self._throw(task)
        finally:
            _leave_task(loop, task)  # type: ignore[arg-type]
            if outer is not None:
                _enter_task(loop, outer)
        if step.__class__ is UserRequest:
            self.requested = self.asked = True
            return step
        self.requested = False
        if step.__class__ is Wait:
            self._stepped_once = True
            return step
        if step is _OVER:
            return None
        if isinstance(step, _OWN):
            self.asked = self.asked or step.__class__ is Batch
            self._stepped_once = True
            return step
        self._stepped_once = True
        return self._foreign(step)

    @property
    def in_place(self) -> InPlace | None:
        """The user's."""
        return self.user.in_place

    @in_place.setter
    def in_place(self, in_place: InPlace | None) -> None:
        self.user.in_place = in_place

    @property
    def given_up(self) -> bool:
        """Whether something of its own has cancelled what it waits for."""
        return self._task.cancelled_with is not None

    def close(self) -> None:
        """The run is over, wherever the journey is."""
        self._closed = True
        for steps in (self._stepped, self._coroutine):
            try:
                steps.close()
            except (RuntimeError, ValueError):  # it swallows what should end it, or is in a thread that hangs
                self.endless.extend((steps, self._running))

    def _throw(self, task: CurrentTask) -> Any:
        error = task.take()
        assert error is not None
        return self._stepped.throw(error)

    def _foreign(self, step: Any) -> Step:
        """What a journey awaits that is not ours: nothing for a moment, or a future of asyncio's."""
        if step is None:
            return Pause(self._journeys.clock())
        step._asyncio_future_blocking = False
        return Wait(step)

    async def _live(self) -> None:
        """One journey after another, without an end. What can be known before the first is looked up only once."""
        user, journeys = self.user, self._journeys
        written = journeys.samples()
        good, lags = [samples.samples for samples in written], [samples.lags for samples in written]
        clock, kinds = journeys.clock, journeys.journeys
        plain = [self._in_greenlet and isinstance(function, PlainFunction) for function in self._functions]
        functions: list[Any] = [
            function.function if here else function  # type: ignore[attr-defined]
            for function, here in zip(self._functions, plain, strict=True)
        ]
        limited, most, rests = journeys.limited, journeys.most_each, journeys.rests
        several, fresh = len(kinds) > 1, any(kind.fresh for kind in kinds)
        bounded, timed, due = limited or most < UNLIMITED, self.due is not not_timed, self.due
        ready_ns = began_ns = journey = due_ns = 0
        if delay_ns := journeys.start_ns(user.number):
            await _step(Pause(clock() + delay_ns))
        if self._before is not None:
            ready_ns = await self._prepare(self._before)
        user.begin(kinds[0].name)
        while True:
            if journeys.over or (bounded and (self.passes >= most or (limited and not journeys.begin()))):
                began_ns = 0
                await over()
                continue
            if several:
                self.journey = journey = journeys.pick(user.number, self.passes)
                user.begin(kinds[journey].name)
            if fresh and kinds[journey].fresh and (self.passes or self._before is not None):
                user.cookies.clear()
                began_ns = 0
                await _step(Fresh())
            self.passes += 1
            user.failed, user.waited_ns = None, 0
            self.began_ns = began_ns = began_ns or clock()
            if timed:
                self.due_ns = due_ns = due()
                if ready_ns:  # the first one waits for what its user does before
                    self.due_ns, ready_ns = due_ns and max(due_ns, ready_ns), 0
            try:
                self._running = running = functions[journey](user)
                if not plain[journey]:
                    await running
            except GeneratorExit:
                raise
            except BaseException as error:  # whatever a script raises, sys.exit among it, is an outcome of its journey
                await self._ended(error)
                now = 0
            else:
                now = clock()
                if user.failed is None:
                    if due_ns:
                        lags[journey].append(max(0, began_ns - self.due_ns))
                    good[journey].append(now - began_ns - user.waited_ns)
                else:
                    journeys.fail(self, user.failed, user.failed_because)
            self.began_ns = 0
            if rests[journey] and (pause := journeys.rest(self, began_ns, user.random.random)):
                now = 0
                await _step(pause)
            if not (self.asked or (self._stepped_once and not self.flows)):
                now = 0
                await _step(Pause(clock()))  # let others have their turn, and the driver say whether it goes on
            self.asked = self._stepped_once = False
            if not self.flows:
                now = 0
                await over()
            began_ns = now

    async def _ended(self, error: BaseException) -> None:
        """A journey that was ended by an exception."""
        if self._closed:
            raise RuntimeError("the run is over") from error
        journeys = self._journeys
        if isinstance(error, FeedEndedError):
            journeys.over = True
            self.passes -= 1
            return
        failed, detail = self._judged(error)
        if failed is not ErrorClass.SCRIPT_ERROR:
            journeys.fail(self, failed, detail)
        else:
            journeys.fail(self, failed, detail, example_of(error))
            self.began_ns = 0
            await _step(Pause(journeys.clock() + BROKEN_PAUSE_NS))

    def _judged(self, error: BaseException) -> tuple[ErrorClass, str]:
        return failure(error)

    async def _prepare(self, before: Part) -> int:
        """What the user does before its first journey; when that was done. A user that fails in it takes no part."""
        if not await self._aside(before):
            self._after = None
            self.out = True
            while True:
                await over()
        self._ready = True
        return self._journeys.clock()

    async def _aside(self, part: Part) -> bool:
        """Something that is no journey; whether it went well."""
        user = self.user
        user.begin(PER_USER)
        try:
            await part()
        except GeneratorExit:
            raise
        except BaseException as error:
            failed, detail = failure(error)
            self._journeys.unready(user.number, failed, detail)
            return False
        return True

    def leave(self) -> bool:
        """Whether something is to be done after the last journey: `resume` does that from here on. True once."""
        if self._after is None or not self._ready:
            return False
        after, self._after = self._after, None
        self._stepped = leaving = self._goodbye(after)
        self._send = leaving.send
        return True

    async def _goodbye(self, after: Part) -> None:
        await self._aside(after)
        while True:
            await over()


@coroutine
def _step(step: Step) -> Any:
    return (yield step)


@coroutine
def over() -> Any:
    """To be awaited where a pass is over; comes back when the next may begin."""
    yield _OVER
