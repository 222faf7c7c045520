"""Which journey is next, how many there may be, and how each of a worker's journeys went."""

import itertools
from bisect import bisect_right
from collections.abc import Callable, Sequence
from random import Random
from threading import Lock
from typing import Protocol

from loadgen.base.clock import Clock, s_to_ns
from loadgen.base.error_class import ErrorClass
from loadgen.measure.names import Kind, Names
from loadgen.measure.transactions import Transactions, TransactionSamples
from loadgen.plan.jobs.scenario import Journey
from loadgen.workloads.base import Pause
from loadgen.workloads.scenario.failures import example_of, failure
from loadgen.workloads.weights import weighted_cycle

UNLIMITED = 1 << 62
_STRIDE = 7919
"""A prime: users of neighbouring ranks begin far from each other in the cycle of journeys."""


class Traveller(Protocol):
    """A user that may be in the middle of a journey: `began_ns` is 0 where it is in none. `due_ns` as in `Journeys`."""

    journey: int
    passes: int
    began_ns: int
    due_ns: int


class Journeys:
    """Those of one worker; several threads may share it. `limit` is how many may begin in the measured window,
    `most_each` how many each user may begin. Once `over`, none begins any more. `rests` says for each whether its user
    does nothing for a while after it.

    A journey's `due_ns` is when it should have begun, 0 where that is not timed.
    """

    def __init__(
        self,
        journeys: Sequence[Journey],
        names: Names,
        transactions: Transactions,
        on_failure: Callable[[int], None],
        *,
        limit: int | None,
        warmup: bool,
        seed: int,
        by_user: bool,
        clock: Clock,
        most_each: int | None = None,
    ) -> None:
        self.journeys = journeys
        self.most_each = UNLIMITED if most_each is None else most_each
        self.rests = [journey.every_s is not None or journey.think_s != (0.0, 0.0) for journey in journeys]
        self.names = names
        self.transactions = transactions
        self.on_failure = on_failure
        self.clock = clock
        self._numbers = [names.number(Kind.JOURNEY, journey.name) for journey in journeys]
        self._limit = UNLIMITED if limit is None else limit
        self._end = UNLIMITED if warmup else self._limit
        self._taken = itertools.count()
        self.limited = limit is not None
        self.over = False
        users = [journey.users or 0 for journey in journeys]
        self._mixed = 0 < users.count(0) < len(users)
        weights = [0.0 if own and self._mixed else journey.weight for own, journey in zip(users, journeys, strict=True)]
        self._cycle: Sequence[int] = weighted_cycle(weights, Random(seed))
        self._by_user = by_user
        self._ranks = [*itertools.accumulate(users)] if any(users) else []
        self._travellers: list[Traveller] = []
        self._lock = Lock()
        self._ended = False
        self._unserved = 0

    @property
    def started(self) -> int:
        """How many have begun so far."""
        return sum(traveller.passes for traveller in self._travellers)

    @property
    def left(self) -> int:
        """How many have not begun of those that were to."""
        return max(0, self._end - self.started) if self._end < UNLIMITED else 0

    def join(self, traveller: Traveller) -> None:
        """One more user."""
        with self._lock:
            self._travellers.append(traveller)

    def take_turns(self) -> None:
        """From here on a user does them in their order, each as often as the others."""
        self._cycle = range(len(self.journeys))
        self._by_user = False
        self._ranks = []

    def samples(self) -> list[TransactionSamples]:
        """Where good journeys are written down, in the order of the job; for the calling thread alone."""
        return [self.transactions.samples(number) for number in self._numbers]

    def pick(self, rank: int, passes: int) -> int:
        """The journey of the user of this rank (from 0) that comes after so many: by weight, the same for a seed."""
        if self._ranks:
            if self._has_own(rank):
                return self._of_rank(rank)
            rank -= self._ranks[-1]
        cycle = self._cycle
        if len(cycle) == 1:
            return cycle[0]
        return cycle[rank % len(cycle) if self._by_user else (rank * _STRIDE + passes) % len(cycle)]

    def start_ns(self, rank: int) -> int:
        """How long after the others the user of this rank begins."""
        return s_to_ns(self.journeys[self._of_rank(rank)].start_s) if self._has_own(rank) else 0

    def _has_own(self, rank: int) -> bool:
        """Whether this user does one journey alone: beside those that come at a rate, the first users do."""
        return bool(self._ranks) and (not self._mixed or rank < self._ranks[-1])

    def _of_rank(self, rank: int) -> int:
        """The one journey of a user, where each has so many; users beyond them begin from the front again."""
        return bisect_right(self._ranks, rank % self._ranks[-1])

    def rest(self, traveller: Traveller, began_ns: int, draw: Callable[[], float]) -> Pause | None:
        """What a user does between a journey that began then and the next; `draw` gives it random numbers."""
        journey, now = self.journeys[traveller.journey], self.clock()
        if journey.every_s is not None:
            until_ns = began_ns + s_to_ns(journey.every_s)
        else:
            low_s, high_s = journey.think_s
            until_ns = now + s_to_ns(low_s if low_s == high_s else low_s + (high_s - low_s) * draw())
        return Pause(until_ns) if until_ns > now else None

    def begin(self) -> bool:
        """Whether one more journey may begin, where they are limited."""
        return next(self._taken) < self._end

    def end_warmup(self) -> None:
        """The limit counts from here on."""
        if self._limit < UNLIMITED:
            self._end = next(self._taken) + 1 + self._limit

    def fail(self, traveller: Traveller, error: ErrorClass, detail: str, example: str = "") -> None:
        """A journey is over, and went wrong."""
        now = self.clock()
        self.transactions.fail(
            self._numbers[traveller.journey], error, now - traveller.began_ns, lag_ns(traveller), detail, example
        )
        self.on_failure(now)

    def never_started(self, waited_ns: int) -> None:
        """An arrival was due and found nobody to begin its journey."""
        self._unserved += 1
        rank = self._ranks[-1] if self._mixed else 0
        self.transactions.never_started(self._numbers[self.pick(rank, self._unserved)], waited_ns)

    def unready(self, user: int, error: ErrorClass, because: str) -> None:
        """What a user does before its first journey raised, and it takes no part; or what it does after its last."""
        number = self.names.number(Kind.CALL, "per_user")
        self.transactions.fail(number, error, 0, 0, f"user {user}: {because}", "")

    def stray(self, error: BaseException) -> None:
        """Something that no journey awaits raised."""
        failed, detail = failure(error)
        number = self.names.number(Kind.CALL, "task")
        self.transactions.fail(number, failed, 0, 0, detail, example_of(error))

    def end(self) -> None:
        """The run is over: who is in the middle of a journey does not end it."""
        now = self.clock()
        for traveller in self._travellers:
            if traveller.began_ns and not self._ended:
                number = self._numbers[traveller.journey]
                self.transactions.unfinished(number, now - traveller.began_ns, lag_ns(traveller))
        self._ended = True


def lag_ns(traveller: Traveller) -> int:
    """How much later than due a journey began."""
    return max(0, traveller.began_ns - traveller.due_ns) if traveller.due_ns else 0


def withdraw(traveller: Traveller, since_ns: int) -> None:
    """What a user wanted since then is not done, as the run is over: a journey that began with it never began."""
    if traveller.began_ns >= since_ns:
        traveller.passes -= 1
        traveller.began_ns = 0
