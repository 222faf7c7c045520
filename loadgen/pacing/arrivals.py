"""The open model: a timetable of arrivals that does not wait for the server.

Arrival n is due when the integral of the rate reaches n; with Poisson arrivals, when it reaches the sum of n unit
exponential gaps (time change of a Poisson process). Constant rates, ramps and Poisson are one type.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, islice, repeat
from math import inf, log, sqrt
from random import Random

from loadgen.base.clock import NEVER_NS, NS_PER_S, SPEED_ONE
from loadgen.pacing.base import Span


class SharedArrivals:
    """Arrivals that the users of one shard share: whoever asks gets the next one. `offsets_ns` count from the gate."""

    eager = False

    def __init__(self, offsets_ns: Iterator[int]) -> None:
        self._offsets_ns = offsets_ns
        self._due_ns: Iterator[int] = repeat(NEVER_NS)

    def begin(self, start_ns: int, end_ns: int) -> None:
        self._due_ns = self._instants_ns(start_ns, end_ns)

    def spans_ns(self, user: int) -> list[Span]:
        return [(0, NEVER_NS)]

    def next_due_ns(self, user: int, now: int) -> int:
        return next(self._due_ns)

    def _instants_ns(self, start_ns: int, end_ns: int) -> Iterator[int]:
        for offset_ns in self._offsets_ns:
            due_ns = start_ns + offset_ns
            if due_ns >= end_ns:
                break
            yield due_ns
        yield from repeat(NEVER_NS)


class SteeredArrivals(SharedArrivals):
    """The same at a speed that changes while they come: `speed` says it, in millionths of the timetable's own. What it
    says holds from the next arrival on.
    """

    def __init__(self, offsets_ns: Iterator[int], speed: Callable[[], int]) -> None:
        super().__init__(offsets_ns)
        self._speed = speed

    def _instants_ns(self, start_ns: int, end_ns: int) -> Iterator[int]:
        speed = self._speed()
        since_ns = due_ns = start_ns
        passed_ns = last_ns = 0
        for offset_ns in self._offsets_ns:
            if (now := self._speed()) != speed:
                speed, since_ns, passed_ns = now, due_ns, last_ns
            last_ns = offset_ns
            due_ns = since_ns + (offset_ns - passed_ns) * SPEED_ONE // speed
            if due_ns >= end_ns:
                break
            yield due_ns
        yield from repeat(NEVER_NS)


class Timetable:
    """Stages of linearly changing rate, one after another.

    `stages` are (duration_s, from_rps, to_rps); a duration may be infinite where the rate is constant.
    """

    def __init__(self, stages: Sequence[tuple[float, float, float]], *, poisson_seed: int | None = None) -> None:
        self._stages = tuple(stages)
        self._seed = poisson_seed
        self._starts_s = (0.0, *accumulate(duration for duration, _, _ in stages))
        self._sums = (0.0, *accumulate(_arrivals_in(stage) for stage in stages))

    def offsets_ns(self, worker: int = 0, workers: int = 1) -> Iterator[int]:
        """When the arrivals of one worker are due, from the start: every `workers`-th of all, in order."""
        return self._even(worker, workers) if self._seed is None else self._random(worker, workers)

    def _even(self, number: int, workers: int) -> Iterator[int]:
        """Arrival `number` and every `workers`-th after it; the way of a constant rate is the shortest there is."""
        for start_s, first, end, stage in zip(self._starts_s, self._sums, self._sums[1:], self._stages, strict=False):
            _, low, high = stage
            if low == high and low:
                gap_ns = NS_PER_S / low
                from_ns = start_s * NS_PER_S - first * gap_ns + 0.5
                while number < end:
                    yield int(from_ns + number * gap_ns)
                    number += workers
            while number < end:
                yield round((start_s + _inverse(number - first, stage)) * NS_PER_S)
                number += workers

    def _random(self, worker: int, workers: int) -> Iterator[int]:
        positions = _unit_poisson(Random(self._seed))
        stage = 0
        last = len(self._stages) - 1
        for position in islice(positions, worker, None, workers):
            while position >= self._sums[stage + 1]:
                if stage == last:
                    return
                stage += 1
            inside_s = _inverse(position - self._sums[stage], self._stages[stage])
            yield round((self._starts_s[stage] + inside_s) * NS_PER_S)


def _arrivals_in(stage: tuple[float, float, float]) -> float:
    duration_s, low, high = stage
    return inf if duration_s == inf else duration_s * (low + high) / 2


def _inverse(arrivals: float, stage: tuple[float, float, float]) -> float:
    """Seconds into the stage at which its integral reaches `arrivals`: the root of low t + slope t^2 / 2."""
    duration_s, low, high = stage
    if duration_s == inf or low == high:
        return arrivals / low if low else duration_s
    slope = (high - low) / duration_s
    root = sqrt(max(low * low + 2 * slope * arrivals, 0.0))
    return 2 * arrivals / (low + root) if low + root else 0.0


def _unit_poisson(random: Random) -> Iterator[float]:
    """Instants of a Poisson process of rate one."""
    draw, at = random.random, 0.0
    while True:
        at -= log(1.0 - draw())
        yield at
