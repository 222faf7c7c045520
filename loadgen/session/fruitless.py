"""A run in which requests fail and not one is good: over as soon as it is known that none can be."""

from collections.abc import Callable
from dataclasses import field
from typing import Protocol

from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.executors.places.base import Control
from loadgen.guard.shared_state import Cause, Slot
from loadgen.measure.recording import Recording


@dataclass(slots=True)
class Failures:
    """What was seen of connects and requests while not one request was good."""

    opened: int = 0
    not_opened: int = 0
    requests: int = 0
    errors: set[ErrorClass] = field(default_factory=set)
    statuses: set[int] = field(default_factory=set)


class Searcher(Protocol):
    """Finds out why no request can succeed."""

    def look(self, seen: Failures) -> str:
        """To be asked now and then. Never waits; "" while it is not known."""

    async def last_look(self, seen: Failures) -> str:
        """The same at the end of a run, which waits for the answer."""
        ...


class FruitlessWatch:
    """Of one run. None: nobody asks."""

    def __init__(self, control: Control, make_reach: Callable[[], Searcher] | None) -> None:
        self._control = control
        self._make_reach = make_reach
        self._reach: Searcher | None = None
        self._seen = Failures()

    def add(self, recording: Recording) -> None:
        """What a worker saw, to be read only."""
        if self._make_reach is None:
            return
        total = recording.total()
        if total.ok or any(tally.ok for tally in recording.transactions.values()):
            self._make_reach = None
            return
        seen = self._seen
        seen.opened += recording.connections.opened
        seen.not_opened += recording.connections.failed
        seen.requests += total.failed
        seen.errors |= total.errors.keys()
        seen.statuses |= total.statuses.keys()

    def check(self) -> str:
        """To be asked now and then: why no request can succeed; "" where one may."""
        reach = self._asked()
        return reach.look(self._seen) if reach else ""

    async def check_end(self) -> str:
        """The same for a run that is over, if its plan ended it; waits for the answer."""
        reach = self._asked() if self._control.cause is Cause.COMPLETED else None
        return await reach.last_look(self._seen) if reach else ""

    def _asked(self) -> Searcher | None:
        """Who is to be asked, if anybody is."""
        if self._make_reach is None or not self._seen.requests or self._control.total(Slot.OK):
            return None
        self._reach = self._reach or self._make_reach()
        return self._reach
