"""Names of what is measured, as numbers: a sample says its number, and a frame says each name once."""

import threading
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Literal

from loadgen.base.errors import UsageError
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Job

MOST_NAMES = 1000
"""Of one worker. A name costs some histograms in every process, and rows in every report."""


TOO_MANY = (
    f"more than {MOST_NAMES:,} names: give requests a name of their own (name=...), or write {{}} where a value stands "
    "in a path"
)


class Kind(StrEnum):
    """What a name is of. A group is several requests timed as one; `setup` are requests that are not measured, which a
    user sends before its first journey and after its last. A part is of a request's: those of one size, or to one host.
    """

    REQUEST = "request"
    SETUP = "setup"
    JOURNEY = "journey"
    GROUP = "group"
    CALL = "call"
    CHECK = "check"
    METRIC = "metric"
    PART = "part"

    @classmethod
    def from_plain(cls, value: str) -> "Kind":
        """As JSON has it."""
        return cls(value)


TRANSACTIONS: tuple[Literal["journey", "group", "call"], ...] = ("journey", "group", "call")
"""Kinds of what is timed as one, in the order in which reports have them."""

Name = tuple[Kind, str]


class TooManyNamesError(UsageError):
    """A worker was given more names than a report can hold."""

    def __init__(self, last: str) -> None:
        super().__init__(f"{TOO_MANY}; the last one was {last!r}")


class Names:
    """Every name of a worker, or of a run: `number` may be called by any thread. Those at first are known to all.

    `on_full` is called when there is no room for another.
    """

    def __init__(
        self, first: Iterable[Name] = (), most: int | None = MOST_NAMES, on_full: Callable[[], object] = object
    ) -> None:
        self._most = most
        self._on_full = on_full
        self._names = list(first)
        self._numbers = {name: number for number, name in enumerate(self._names)}
        self._told = len(self._names)
        self.setups: set[int] = set()
        """The numbers of requests that prepare."""
        self.wholes: dict[int, int] = {}
        """By the number of a part, that of the request that it is of."""
        self._adding = threading.Lock()

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, number: int) -> Name:
        return self._names[number]

    def of_its_own(self, number: int) -> str:
        """Its name among all transactions: where a journey, or a group, has the name of one, its kind stands behind."""
        kind, name = self._names[number]
        before = TRANSACTIONS[: TRANSACTIONS.index(kind.value)] if kind.value in TRANSACTIONS else ()
        return f"{name} ({kind})" if any((Kind(other), name) in self._numbers for other in before) else name

    def number(self, kind: Kind, name: str) -> int:
        """Its number, the same for good. Raises TooManyNamesError where there is no room for another."""
        number = self._numbers.get((kind, name))
        return self._add(kind, name) if number is None else number

    def _add(self, kind: Kind, name: str) -> int:
        with self._adding:
            number = self._numbers.get((kind, name))
            if number is None:
                number = len(self._names)
                if self._most is not None and number >= self._most:
                    self._on_full()
                    raise TooManyNamesError(name)
                if kind is Kind.SETUP:
                    self.setups.add(number)
                self._names.append((kind, name))
                self._numbers[kind, name] = number
            return number

    def of(self, kind: Kind) -> dict[str, int]:
        """The numbers of all names of a kind, in the order in which they came."""
        return {name: number for number, (of, name) in enumerate(self._names[:]) if of is kind}

    def new(self) -> list[Name]:
        """Those that came since the last call, in the order of their numbers."""
        new = self._names[self._told :]
        self._told += len(new)
        return new


def names_of(job: Job, most: int | None = MOST_NAMES, on_full: Callable[[], object] = object) -> Names:
    """The names that are known before a run; those of its requests come first."""
    whole = Kind.JOURNEY if isinstance(job, ScenarioJob) else Kind.GROUP
    first = [*((Kind.REQUEST, name) for name in job.request_names), *((whole, name) for name in job.transactions)]
    parts = [(Kind.PART, part.name) for part in job.parts]
    names = Names([*first, *parts], most, on_full)
    known = {name: number for number, name in enumerate(job.request_names)}
    wholes = enumerate((known.get(part.request) for part in job.parts), start=len(first))
    names.wholes = {number: whole for number, whole in wholes if whole is not None}
    return names
