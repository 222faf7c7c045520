"""Which rate to try next: a search for the highest one that is met, when a single answer may be wrong. Pure.

    growing:   the rate doubles while it is met
    shrinking: a quarter of it, where not even the first one was
    halving:   between the highest rate met and the lowest missed, until they are within RESOLUTION

A miss counts when two of at most three runs agree, and so does a rate that was met once the search comes to rest on it;
where it turns out to be missed, the search goes on below it. At last there is a run above where the highest rate of
all was met now and then.
"""

from math import sqrt

from loadgen.judge.exit_code import ENDED, ExitCode
from loadgen.results.find_max import MaxRate

GROWTH = 2.0
"""From 100/s ten runs reach 100,000/s, and no run is at more than twice what the target was seen to bear."""
SHRINKAGE = 4.0
"""Faster down than up: a run far above the edge leaves queues behind, and says no more than one nearer would."""
RESOLUTION = 0.05
"""Four halvings of a factor of 2 (2 ** (1/16) is 1.044); each further one costs a run or more."""
ABOVE = 1.1
"""The run above a best rate that was never missed: beyond RESOLUTION, so that its answer is another one."""
AGREEING = 2
"""Of three answers two agree: where one in ten is wrong, 3 % of the votes are (3 * 0.1**2 - 2 * 0.1**3)."""
LOWEST_RPS = 0.5
"""Five requests in a run of ten seconds: below it there is nothing to take a percentile of."""
MOST_RUNS = 60
"""A bound, not a budget: of 2,000 simulated searches half took 15 runs and the longest 23, and with every fifth answer
near the edge wrong 17 and 43."""


class RateSearch:
    """Ask `next_rps`, run at that rate, give the answer to `take`; until there is no next one."""

    def __init__(self, start_rps: float, *, resolution: float = RESOLUTION, most_runs: int = MOST_RUNS) -> None:
        self._start_rps = rounded(start_rps)
        self._resolution = resolution
        self._runs_left = most_runs
        self._met: dict[float, int] = {}
        self._missed: dict[float, int] = {}

    def take(self, rate_rps: float, *, met: bool) -> None:
        votes = self._met if met else self._missed
        votes[rate_rps] = votes.get(rate_rps, 0) + 1
        self._runs_left -= 1

    def next_rps(self) -> float | None:
        """The rate to run at; None when the search is over."""
        if self._runs_left <= 0:
            return None
        if not self._tried:
            return self._start_rps
        open_miss = next((rate for rate in sorted(self._missed) if self._is_open(rate)), None)
        if open_miss is not None:
            return open_miss
        low, high = self.best_rps, self._ceiling
        if high is None:
            return rounded(max(self._tried) * GROWTH)
        if low is None:
            return max(LOWEST_RPS, rounded(high / SHRINKAGE)) if high > LOWEST_RPS else None
        middle = rounded(sqrt(low * high))
        if high > low * (1 + self._resolution) and low < middle < high:
            return middle
        if self._met[low] < AGREEING:
            return low
        return rounded(max(self._tried) * ABOVE) if self.range_rps[1] is None else None

    @property
    def best_rps(self) -> float | None:
        """The highest rate that was met below all that were missed; None while there is none."""
        ceiling = self._ceiling
        met = [rate for rate in self._met if not self._is_miss(rate) and (ceiling is None or rate < ceiling)]
        return max(met, default=None)

    @property
    def range_rps(self) -> tuple[float | None, float | None]:
        """The edge lies between these: no run at the first or below was missed, none at the second or above met."""
        lowest_missed, highest_met = min(self._missed, default=None), max(self._met, default=None)
        sure = [rate for rate in self._met if lowest_missed is None or rate < lowest_missed]
        hopeless = [rate for rate in self._missed if highest_met is None or rate > highest_met]
        return max(sure, default=None), min(hopeless, default=None)

    @property
    def _tried(self) -> set[float]:
        return {*self._met, *self._missed}

    @property
    def _ceiling(self) -> float | None:
        """The lowest rate that counts as missed."""
        return min((rate for rate in self._missed if self._is_miss(rate)), default=None)

    def _is_miss(self, rate_rps: float) -> bool:
        return self._missed.get(rate_rps, 0) >= AGREEING

    def _is_open(self, rate_rps: float) -> bool:
        """Whether runs at a rate disagree, or only one has missed it; what lies above a miss no longer matters."""
        ceiling = self._ceiling
        if ceiling is not None and rate_rps > ceiling:
            return False
        return self._missed.get(rate_rps, 0) < AGREEING and self._met.get(rate_rps, 0) < AGREEING


def rounded(rate_rps: float) -> float:
    """Three significant digits, as a person would write a rate."""
    return float(f"{rate_rps:.3g}")


def search_code(found: MaxRate) -> ExitCode:
    """The code of a search for the highest rate."""
    if found.ended_by in ENDED:
        return ENDED[found.ended_by]
    if found.ended_by == "no_replies":
        return ExitCode.THRESHOLD
    if found.plan.get("strict") and found.limit:
        return ExitCode.NOT_TRUSTED
    return ExitCode.OK if found.best_rps is not None else ExitCode.THRESHOLD
