"""What ends a run when it has become steady, and says how steady it was."""

from collections.abc import Sequence

from loadgen.base.units import format_duration_s
from loadgen.judge.steady import spread
from loadgen.plan.plan import Plan
from loadgen.plan.steady import STRETCHES, Steady
from loadgen.session.collector import SecondRow


class SteadyWatch:
    """Looks at each second as it closes: at its good replies, or where they are due by a rate, at their median."""

    def __init__(self, plan: Plan) -> None:
        self._steady = plan.until_steady
        self._of_median = plan.arrivals is not None
        self._looked = -1

    def check(self, seconds: Sequence[SecondRow]) -> str | None:
        """That the run is steady now, in words; None while it is not, or nobody asks."""
        if self._steady is None or not seconds or seconds[-1].t_s == self._looked:
            return None
        self._looked = seconds[-1].t_s
        found = self._spread(seconds, self._steady)
        if found is None or found > self._steady.share:
            return None
        return f"steady after {self._looked + 1} s: {self._words(found, self._steady)}"

    def failure(self, seconds: Sequence[SecondRow]) -> str:
        """Of a run that ended before it was, how far from steady it was; empty where nobody asks."""
        if self._steady is None:
            return ""
        found = self._spread(seconds, self._steady)
        if found is None:
            return f"not steady: there were no {format_duration_s(self._steady.over_s)} with good replies"
        return f"not steady: {self._words(found, self._steady)}, and {self._steady.text} was asked for"

    def _spread(self, seconds: Sequence[SecondRow], steady: Steady) -> float | None:
        last = seconds[-2 * steady.over_s :]
        if self._of_median:
            return spread({row.t_s: float(row.p50_us or 0) for row in last}, steady)
        return spread({row.t_s: float(row.ok) for row in last}, steady)

    def _words(self, found: float, steady: Steady) -> str:
        each_s, what = steady.over_s // STRETCHES, "medians" if self._of_median else "rates"
        return f"the {what} of the last {STRETCHES} stretches of {each_s} s lie within {found:.1%} of their mean"
