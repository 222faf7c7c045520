"""A user of a locustfile as a script: its life runs in a greenlet, and what it asks of its Hub are the steps."""

from collections.abc import Callable
from json import JSONDecodeError
from random import Random
from typing import Any

from loadgen.base.clock import s_to_ns
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.base.user_code import describe
from loadgen.measure.names import Kind
from loadgen.workloads.base import Batch, Pause, Step
from loadgen.workloads.locust.exceptions import CatchResponseError, ResponseError
from loadgen.workloads.locust.hub import Call, UserEnds
from loadgen.workloads.locust.lives import Life
from loadgen.workloads.locust.requests import CallMaker
from loadgen.workloads.scenario.base import InPlace, Notes
from loadgen.workloads.scenario.failures import example_of, place
from loadgen.workloads.scenario.journeys import Journeys
from loadgen.workloads.scenario.replies.answers import answer_of
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.user_request import UserRequest

MOST_SWALLOWED = 1000
"""So often a user is told that the run is over; then it is left where it is."""


class LocustScript:
    """One user's; a Hub and a Traveller, too. `live` is its life, given itself as hub. `journey` is its class's number
    in the job. `awaits`: outcomes come as clients give them.
    """

    only: Request | None = None
    notes: Notes
    given_up = False
    in_place: InPlace | None = None
    asked = False

    def __init__(
        self,
        rank: int,
        journey: int,
        journeys: Journeys,
        maker: CallMaker,
        seed: int,
        live: Callable[["LocustScript"], None],
        life: Callable[[Callable[[], None]], Life],
        *,
        awaits: bool,
        once: bool = False,
    ) -> None:
        self.once = once
        self.random = Random(f"{seed}/{rank}")
        self.shared: dict[Any, Any] = maker.shared
        self.took_ns = 0
        self.journey = journey
        self.passes = 0
        self.began_ns = self.due_ns = 0
        self.loop: Any = None
        self.requested = False
        self._journeys = journeys
        self._maker = maker
        self._clock = journeys.clock
        self._awaits = awaits
        self._life = life(lambda: live(self))
        self._flows = False
        self._due: Callable[[], int] = int
        self._sent = False  # since it let others run
        self._asked = False  # anything in this pass
        self._waited_ns = 0
        self._failed: ErrorClass | None = None
        self._failed_because = ""
        self._good: Any = None
        self._step: Any = None
        self._leaves = self._left = self._closed = False
        self._swallowed = 0
        journeys.join(self)

    # For the driver.

    def attach(
        self, due: Callable[[], int], wake: Callable[[], None], notes: Notes, *, flows: bool, signals: bool = False
    ) -> None:
        del wake
        self.notes = notes
        self._due = due
        self._flows = flows

    def resume(self, outcome: Any) -> Step | None:
        if outcome.__class__ is list:
            (outcome,) = outcome
        if outcome is not None and self._awaits:
            outcome = answer_of(self._step, outcome)
        leaves, self._leaves = self._leaves, False
        step: Step | None = self._life.throw(UserEnds()) if leaves else self._life.switch(outcome)
        self._step = step
        if isinstance(step, UserRequest) and step.origin is not None:
            return Batch([step])  # on a connection of its own
        return step

    @property
    def out(self) -> bool:
        """Whether the user's life is over."""
        return not self._life.alive

    def leave(self) -> bool:
        """Whether the user has begun, and may have something to do at its end, which `resume` does. True once."""
        if self._left or not self._life.alive:
            return False
        self._left = self._leaves = True
        return True

    def close(self) -> None:
        """The run is over, wherever the user is."""
        self._closed = self._left = True
        self._life.end(UserEnds())

    # For the user, as its Hub.

    def begin(self) -> None:
        journeys = self._journeys
        self._check()
        while journeys.over or (journeys.limited and not journeys.begin()):
            self._over()
        if self._good is None:
            self._good = journeys.samples()[self.journey]
        self.passes += 1
        self._waited_ns = 0
        self._failed = None
        self.due_ns = self._due()
        self.began_ns = self._clock()

    def end(self, error: BaseException | None) -> None:
        if error is not None:
            self._fail(_class_of(error), f"{place(error)}{describe(error)}")
        journeys = self._journeys
        if self._failed is None:
            if self.due_ns:
                self._good.lags.append(max(0, self.began_ns - self.due_ns))
            self._good.samples.append(self._clock() - self.began_ns - self._waited_ns)
        else:
            broken = error is not None and self._failed is ErrorClass.SCRIPT_ERROR
            example = example_of(error) if broken and error is not None else ""
            journeys.fail(self, self._failed, self._failed_because, example)
        self.began_ns = 0
        if not self._flows and not self._left:
            if not self._asked:  # a pass without any step would look like the end of the user
                self._leave_with(Pause(self._clock()))
            self._over()
            self._asked = False

    def request(self, call: Call) -> Reply:
        self._check()
        made = call.made
        if made is None or self._maker.changes:
            made = call.made = self._maker.make(call)
        self._sent = True
        began_ns = self._clock()
        self._asked, in_place = True, self.in_place
        reply: Reply | None = None if in_place is None or made.origin is not None else in_place(made)
        if reply is None:
            reply = self._life.leave_with(made)
        self.took_ns = self._clock() - began_ns
        if reply.error is not None and call.settles:
            self._fail(reply.error, f"{call.name}: {reply.detail or f'status {reply.status}'}")
        return reply

    def settle(self, call: Call, reply: Reply, took_ns: int, verdict: bool | str) -> None:
        made: UserRequest = call.made or self._maker.make(call)
        number, notes = made.name_id, self.notes
        if reply.error is ErrorClass.CUT:
            return
        detail = verdict if isinstance(verdict, str) else f"status {reply.status}"
        if not reply.status:
            error = reply.error or ErrorClass.GENERATOR
            notes.lose(number, error, took_ns, 0, reply.detail, b"")
            self._lost(error, f"{call.name}: {reply.detail}")
            return
        error = ErrorClass.CHECK_FAILED if isinstance(verdict, str) else ErrorClass.UNEXPECTED_STATUS
        replies = notes.replies(number, reply.status, None if verdict is True else error)
        if verdict is not True:
            if not replies.samples:
                notes.note_example(number, error, detail, b"")
            self._lost(error, f"{call.name}: {detail}")
        if self._maker.paced:
            replies.lags.append(0)
        replies.samples.append(took_ns)

    def pause(self, seconds: float) -> None:
        self._check()
        if seconds <= 0 and self._sent:
            self._sent = False
            return
        self._sent = False
        began_ns = self._clock()
        self._leave_with(Pause(began_ns + s_to_ns(max(0.0, seconds))))
        self._waited_ns += self._clock() - began_ns

    def measured(self, name: str, took_ms: float, size: int, error: str | None) -> None:
        del size
        journeys, took_ns = self._journeys, round(max(0.0, took_ms) * 1e6)
        number = journeys.names.number(Kind.CALL, name)
        if error is None:
            journeys.transactions.samples(number).samples.append(took_ns)
        else:
            journeys.transactions.fail(number, ErrorClass.CALL_FAILED, took_ns, 0, error, "")
            self._lost(ErrorClass.CALL_FAILED, f"{name}: {error}")

    # Inside.

    def _leave_with(self, step: Step) -> Any:
        self._asked = True
        return self._life.leave_with(step)

    def _over(self) -> None:
        """A pass is over; come back when the next one may begin."""
        self._life.leave_with(None)
        self._check()

    def _check(self) -> None:
        """Raise UserEnds where nothing may be asked any more."""
        if not self._closed:
            return
        self._swallowed += 1
        if self._swallowed > MOST_SWALLOWED:
            self._life.stay()
        raise UserEnds

    def _fail(self, error: ErrorClass, because: str) -> None:
        """The task that is going on has failed, for the first such reason."""
        if self._failed is None:
            self._failed, self._failed_because = error, because

    def _lost(self, error: ErrorClass, because: str) -> None:
        self._fail(error, because)
        self._journeys.on_failure(self._clock())


_OF_TARGET = ("HTTPError", "ConnectionError", "ConnectionFailed", "Timeout")


def _class_of(error: BaseException) -> ErrorClass:
    """What a task raised because of the target's replies is no fault of its code."""
    if isinstance(error, AssertionError | JSONDecodeError | CatchResponseError | ResponseError):
        return ErrorClass.CHECK_FAILED
    return ErrorClass.CHECK_FAILED if type(error).__name__ in _OF_TARGET else ErrorClass.SCRIPT_ERROR
