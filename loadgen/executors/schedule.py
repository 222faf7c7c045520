"""The arrivals that the users of one shard share: whoever is free takes the next one and waits until it is due."""

from collections.abc import Iterator
from threading import Lock

from loadgen.base.clock import Clock
from loadgen.pacing.arrivals import Timetable
from loadgen.plan.plan import Arrivals


class Schedule:
    """Thread-safe. Instants are CLOCK_MONOTONIC nanoseconds.

    A user takes arrivals ahead of time; so one that is already due when it is taken found nobody free.
    """

    def __init__(self, offsets_ns: Iterator[int], clock: Clock, *, drops: bool) -> None:
        self._offsets_ns = offsets_ns
        self._clock = clock
        self._drops = drops
        self._lock = Lock()
        self._start_ns = 0
        self._end_ns = 0
        self._unsent: list[int] = []

    def begin(self, start_ns: int, end_ns: int) -> None:
        """The timetable runs from `start_ns`; arrivals due from `end_ns` on do not count."""
        self._start_ns, self._end_ns = start_ns, end_ns

    def take(self) -> int | None:
        """When the next arrival is due, for the caller to send; None after the last."""
        with self._lock:
            while (due_ns := self._next()) is not None:
                if not self._drops or due_ns >= self._clock():
                    return due_ns
                self._unsent.append(0)
            return None

    def give_back(self, due_ns: int) -> None:
        """An arrival that was taken, came due, and will not be sent."""
        self._unsent.append(max(0, self._clock() - due_ns))

    def end(self, now: int) -> None:
        """Nothing more is taken; what was due before `now` is unsent."""
        with self._lock:
            self._end_ns = min(self._end_ns, now)
            while (due_ns := self._next()) is not None:
                self._unsent.append(now - due_ns)

    def unsent_waits_ns(self) -> list[int]:
        """How long each arrival that was not sent had waited; each is told once. Dropped ones had not waited."""
        waits = self._unsent[:]
        del self._unsent[: len(waits)]
        return waits

    def _next(self) -> int | None:
        offset_ns = next(self._offsets_ns, None)
        if offset_ns is None or self._start_ns + offset_ns >= self._end_ns:
            self._offsets_ns = iter(())
            return None
        return self._start_ns + offset_ns


def make_timetable(arrivals: Arrivals, seed: int) -> Timetable:
    """The plan's arrivals, the same in every worker."""
    stages = [(stage.duration_s, stage.from_rps, stage.to_rps) for stage in arrivals.stages]
    return Timetable(stages, poisson_seed=seed if arrivals.kind == "poisson" else None)
