"""A user between two declared journeys: how the last one ends, and the next begins."""

from collections.abc import Callable
from typing import Any

from loadgen.base.clock import NS_PER_MS
from loadgen.base.error_class import ErrorClass
from loadgen.measure.transactions import TransactionSamples
from loadgen.workloads.base import Fresh, Pause, Step
from loadgen.workloads.scenario.base import Notes, not_timed
from loadgen.workloads.scenario.data.feeds import FeedEndedError
from loadgen.workloads.scenario.declared.program import Course, Op, Program
from loadgen.workloads.scenario.declared.step_requests import StepRequests
from loadgen.workloads.scenario.journeys import Journeys, lag_ns

BROKEN_PAUSE_NS = 50 * NS_PER_MS
"""After a journey that could not begin: users whose journeys all end so would keep a core busy."""

BEGIN, CHOSEN, OVER, OUT = Op(), Op(), Op(), Op()
"""Where a user is that is in no journey: the next is to begin, or is chosen; the last is over; it takes no part."""


class BetweenJourneys:
    """A Traveller. `row` gives its next row of a feed. Operations and Steps that are returned come next, None where
    there is nothing to do until the next journey is due.
    """

    def __init__(
        self, program: Program, requests: StepRequests, journeys: Journeys, rank: int, row: Callable[[str], Any]
    ) -> None:
        self.journey = 0
        self.passes = 0
        self.began_ns = 0
        self.due_ns = 0
        self._program = program
        self._requests = requests
        self._journeys = journeys
        self._clock = journeys.clock
        self._rank = rank
        self._row = row
        self._due: Callable[[], int] = not_timed
        self._flows = False
        self._op: Op = BEGIN
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
        return self._op is OUT

    def leave(self) -> bool:
        """Whether something is to be done after the last journey: `resume` does that from here on. True once."""
        end = self._program.end
        if end is None or not self._has_begun or self._in_setup or self._leaving or self._op is OUT:
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
            self._op = CHOSEN
            return Fresh()
        return self._started()

    def _started(self) -> Op | Step | None:
        """The same of the journey that was chosen."""
        course = self._program.courses[self.journey]
        self._op = BEGIN
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
            self._op = OUT
            return None
        if self._in_setup:
            self._in_setup, self._ready_ns, self._op = False, self._clock(), BEGIN
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
            self._op = OUT
            return None
        journeys.fail(self, error, detail)
        if error is ErrorClass.SCRIPT_ERROR:
            self.began_ns = 0
            self._op = OVER
            return Pause(now + BROKEN_PAUSE_NS)
        return self._over()

    def _over(self) -> Op | Step | None:
        """A journey is over: what there is to wait for before the next."""
        journeys, began_ns, self.began_ns = self._journeys, self.began_ns, 0
        if journeys.rests[self.journey] and (pause := journeys.rest(self, began_ns, self._requests.draw)):
            self._op = OVER
            return pause
        return self._next()

    def _next(self) -> Op | Step | None:
        """Between two journeys: who drives is asked when the next is due, unless it is at once."""
        self._op = BEGIN
        return self._begun() if self._flows else None
