"""Thresholds with `abort`: whether a run that goes on could still meet one. Pure; looked at once a second.

Counts that must not be exceeded, `min` and `max` are lost for good with the first request beyond. A percentile or a
share allows a part of all requests to lie beyond its limit; of a planned number of requests that part may be used up
for certain. Otherwise it is a sequential test, valid whenever one looks: the beta-binomial mixture of Robbins (1970)
with Ville's inequality stops a run that would meet the threshold with a probability of at most ALPHA. Requests of one
moment share their fate, so the counts are divided by the design effect (Kish 1965) that the spread between the looks
shows. What has come is taken for a sample of what will come: a warm-up keeps a cold start out of it.
"""

from math import lgamma, log

from loadgen.base.units import format_ms
from loadgen.judge.observe import observe, stretch_of
from loadgen.measure.histogram import Histogram, rank_of, top_of
from loadgen.measure.recording import Tally
from loadgen.plan.condition import Condition
from loadgen.results.summary import to_ms

ALPHA = 0.001
"""The chance to stop a run that would have met its threshold: a pipeline of 20 runs a day sees it once in 50 days."""
FEWEST_LOOKS = 5
"""Looks with requests in them before anything but a certainty counts: the design effect has three degrees of freedom
less. Of 3,000 simulated runs on the very edge (3,000 requests a look that share their fate, intraclass correlation
0.02 and 0.1) 5 looks stop 1.0 and 0.3 in a thousand, 4 looks 1.0 and 1.0. Without the design effect, of 1,000 runs with
300 requests a look, it is 128 and 422."""


class Foresight:
    """One threshold over the course of a run. `planned` is the number of requests that will be sent, where known."""

    def __init__(self, condition: Condition, planned: int | None = None, alpha: float = ALPHA) -> None:
        self.condition = condition
        self._planned = planned
        self._alpha = alpha
        self._looks: list[tuple[int, int]] = []
        self._seen = (0, 0)

    def look(self, tally: Tally) -> str | None:
        """What was observed, once the threshold is lost; None before. `tally` is everything measured so far."""
        condition, window = self.condition, stretch_of(tally)
        metric, sums = condition.metric, window.sums
        if metric.kind == "count":
            count = getattr(sums, metric.part)
            return f"{count:,} already" if _is_lost(condition, count) else None
        if metric.kind == "ratio":
            allowed = condition.value if condition.is_ceiling else 1 - condition.value
            return self._share(sums.failed, sums.judged, allowed, "requests failed")
        values, bounds = window.clock(metric.part)
        beyond = _beyond(condition, values) + (_beyond(condition, bounds) if condition.is_ceiling else 0)
        if metric.quantile is None:
            extreme = observe(metric, window)
            if not beyond or extreme is None:
                return None
            return f"{format_ms(extreme.low if condition.is_ceiling else extreme.high)} already"
        allowed = 1 - metric.quantile if condition.is_ceiling else metric.quantile
        return self._share(beyond, values.total + bounds.total, round(allowed, 9), f"replies took {_side(condition)}")

    def _share(self, bad: int, total: int, allowed: float, what: str) -> str | None:
        """For a condition that allows a part of all requests to be bad."""
        if total > self._seen[1]:
            self._looks.append((bad - self._seen[0], total - self._seen[1]))
            self._seen = (bad, total)
        if total < (self.condition.min_count or 0) or not bad:
            return None
        used_up = allowed == 0 or self._is_used_up(bad, allowed)
        if not used_up and not is_beyond_doubt(self._looks, allowed, self._alpha):
            return None
        return f"{bad:,} of {total:,} {what}: {bad / total:.2%}, where {allowed * 100:.4g}% may"

    def _is_used_up(self, bad: int, allowed: float) -> bool:
        """Whether more are bad than could be if all planned requests that are left came out well."""
        planned = self._planned
        return planned is not None and bad > planned - rank_of(1 - allowed, planned)


def is_beyond_doubt(looks: list[tuple[int, int]], allowed: float, alpha: float) -> bool:
    """Whether `looks`, each (bad, total), rule out that no more than the share `allowed` of all requests is bad.

    The chance that this is ever True where it is not so is at most `alpha`, however often one looks.
    """
    bad, total = sum(part for part, _ in looks), sum(part for _, part in looks)
    if len(looks) < FEWEST_LOOKS or bad <= allowed * total or allowed >= 1:
        return False
    effect = _design_effect(looks, bad / total)
    bad_of, good_of = bad / effect, (total - bad) / effect
    mixture = lgamma(bad_of + 1) + lgamma(good_of + 1) - lgamma(bad_of + good_of + 2)
    return mixture - bad_of * log(allowed) - good_of * log(1 - allowed) >= -log(alpha)


def _design_effect(looks: list[tuple[int, int]], share: float) -> float:
    """How much more the looks differ than independent requests would: the ratio estimator's variance over theirs.

    Few looks show too little of it more often than not, hence three degrees of freedom less.
    """
    total = sum(part for _, part in looks)
    independent = total * share * (1 - share)
    if not independent:
        return 1.0
    count = len(looks)
    spread = sum((bad - share * part) ** 2 for bad, part in looks) * count / (count - 3)
    return max(1.0, spread / independent)


def _is_lost(condition: Condition, count: int) -> bool:
    """Whether a count that can only grow is too high."""
    return count > condition.value or (condition.op == "<" and count == condition.value)


def _beyond(condition: Condition, histogram: Histogram) -> int:
    """How many values do not satisfy the comparison."""
    return sum(times for bucket, times in histogram.buckets.items() if not condition.holds(to_ms(top_of(bucket))))


def _side(condition: Condition) -> str:
    """Which latencies are beyond the limit, in words."""
    limit = format_ms(condition.value)
    return {"<": f"{limit} or more", "<=": f"more than {limit}", ">": f"{limit} or less"}.get(
        condition.op, f"less than {limit}"
    )
