"""Who is told of a run while it lasts, and of its end. Observers never change it, whatever they do."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from loadgen.base.dataclass import dataclass
from loadgen.base.redact import Redactor
from loadgen.measure.progress import RunSecond, Snapshot
from loadgen.plan.plan import Plan
from loadgen.results.result import Result

if TYPE_CHECKING:  # who looks on imports nothing that runs
    from loadgen.executors.places.base import Site
    from loadgen.session.steering import Steering


class Observer:
    """Told of one run after the other, on the loop that watches it: what takes long belongs elsewhere.

    Each overrides what it wants to be told.
    """

    def named(self, name: str) -> None:
        """The next run is one of several, and is called so."""

    def started(self, plan: Plan) -> None:
        """A run begins."""

    def progress(self, snapshot: Snapshot) -> None:
        """How far the run is, its preparation and clean-up included: ten times a second."""

    def second(self, second: RunSecond) -> None:
        """A second of the measured window has closed."""

    def requests(self, lines: str, lost: int) -> None:
        """Lines of the log of requests (measure/request_log.py), where the plan has one, and how many are missing."""

    def ended(self, result: Result) -> Sequence[str] | None:
        """The run is over, also where a second signal ends it at once. A run that could not begin has no end.

        What is returned is to be noted in the Result.
        """
        return None


class Observers:
    """All observers of a run. One that raises is told nothing more, and the Result says so."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = list(observers)
        self._redact = Redactor().text
        self._lost: list[str] = []

    @property
    def want_seconds(self) -> bool:
        """Whether any looks at what each second held: to carry that over a pipe costs something."""
        return any(type(observer).second is not Observer.second for observer in self._observers)

    def named(self, name: str) -> None:
        self._tell(lambda observer: observer.named(name))

    def started(self, plan: Plan) -> None:
        self._redact, self._lost = Redactor(plan.secrets).text, []
        self._tell(lambda observer: observer.started(plan))

    def progress(self, snapshot: Snapshot) -> None:
        self._tell(lambda observer: observer.progress(snapshot))

    def second(self, second: RunSecond) -> None:
        self._tell(lambda observer: observer.second(second))

    def requests(self, lines: str, lost: int) -> None:
        self._tell(lambda observer: observer.requests(lines, lost))

    def ended(self, result: Result) -> Result:
        """Tell of the end; the Result with a note for each observer that was lost in this run."""
        before = replace(result, notes=[*result.notes, *self._lost])
        noted: list[str] = []
        self._tell(lambda observer: noted.extend(observer.ended(before) or ()))
        return replace(result, notes=[*result.notes, *self._lost, *noted])

    def of_step(self, step: str) -> "Observers":
        """The same for a run that is a step of theirs: they see how far it is, and its name."""
        return Observers(_OfStep(self, step))

    def _tell(self, tell: Callable[[Observer], None]) -> None:
        for observer in list(self._observers):
            try:
                tell(observer)
            except Exception as error:
                self._observers.remove(observer)
                why = self._redact(f"{type(error).__name__}: {error}")
                self._lost.append(f"{type(observer).__name__} failed ({why}): it was told nothing more of this run")


class _OfStep(Observer):
    def __init__(self, observers: Observers, step: str) -> None:
        self._observers = observers
        self._step = step

    def progress(self, snapshot: Snapshot) -> None:
        self._observers.progress(replace(snapshot, step=self._step))


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a run hands to its caller, and takes of it. `observers` are told of it while it lasts.

    `emergency` takes the Result so far at the second signal, or from another thread where code of a scenario's own
    keeps the loop, and should not return. `crashed` takes an exception of
    ours; the run still ends with a Result. `site` is where it runs, if not here. `steering` changes the rate.
    """

    observers: Observers
    emergency: Callable[[Result], None]
    crashed: Callable[[BaseException], None]
    site: "Site | None" = None
    steering: "Steering | None" = None
