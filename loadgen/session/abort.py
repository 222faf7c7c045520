"""What ends a run early: --abort-if over its last seconds, and thresholds with `abort` over all of it."""

from collections import deque

from loadgen.base.clock import NS_PER_S, s_to_ns
from loadgen.executors.places.base import Control
from loadgen.guard.shared_state import Slot
from loadgen.judge.foresight import ALPHA, Foresight
from loadgen.judge.observe import Observed, Stretch, Sums, observe
from loadgen.measure.names import Names
from loadgen.measure.recording import Recording
from loadgen.plan.condition import Condition
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.metrics import BY_THE_SECOND, Metric
from loadgen.plan.plan import Plan
from loadgen.session.recorded import Recorded


class AbortWatch:
    """Judges a plan's conditions: sums by the counters that the workers share, all else by the frames of the window."""

    def __init__(self, plan: Plan, control: Control, names: Names) -> None:
        self._conditions = plan.stop.abort_if
        self._recorded = Recorded(names)
        self._control = control
        self._longest_ns = s_to_ns(max((condition.window_s or 0.0 for condition in self._conditions), default=0.0))
        self._since_ns: int | None = None
        self._counts: deque[tuple[int, Sums]] = deque([(0, Sums())])
        self._frames: deque[tuple[int, Recording]] = deque()

    def add(self, recording: Recording, now: int) -> None:
        """Take what one frame holds."""
        if self._conditions:
            self._frames.append((now, recording))
            while self._frames[0][0] < now - self._longest_ns:
                self._frames.popleft()

    def check(self, now: int) -> str | None:
        """The first condition that holds for certain, with what was observed; None while none does."""
        if not self._conditions:
            return None
        if self._since_ns is None:
            self._since_ns = now
        ok, failed, sent = map(self._control.total, (Slot.OK, Slot.FAILED_WITH_OK, Slot.SENT))
        self._counts.append((now, Sums(ok, failed, sent=sent)))
        while len(self._counts) > 1 and self._counts[1][0] <= now - self._longest_ns:
            self._counts.popleft()
        for condition in self._conditions:
            observed = self._observe(condition, now)
            if observed is not None and condition.holds(observed.low) and condition.holds(observed.high):
                return f"{condition.text} (observed {_describe(condition.metric, observed)})"
        return None

    def _observe(self, condition: Condition, now: int) -> Observed | None:
        """The metric over the condition's window; None while there are too few requests in it.

        Sums only grow while the first window fills up: until then one that is too high is judged, not one too low.
        """
        metric, window_s = condition.metric, condition.window_s or 1.0
        since = now - s_to_ns(window_s)
        if metric.kind in ("rate", "count") and condition.op not in (">", ">=") and since < (self._since_ns or 0):
            return None
        is_counted = metric.kind not in ("latency", "value") and metric.of is None and metric.part in BY_THE_SECOND
        window = self._counted(since, window_s) if is_counted else self._framed(metric, since, window_s)
        observed = observe(metric, window)
        return observed if observed is not None and observed.samples >= max(1, condition.min_count or 0) else None

    def _counted(self, since: int, window_s: float) -> Stretch:
        first = next(sums for at_ns, sums in reversed(self._counts) if at_ns <= since or at_ns == 0)
        last = self._counts[-1][1]
        return Stretch(Sums(last.ok - first.ok, last.failed - first.failed, sent=last.sent - first.sent), window_s)

    def _framed(self, metric: Metric, since: int, window_s: float) -> Stretch:
        return self._recorded.stretch([one for at_ns, one in self._frames if at_ns >= since], metric, window_s)


class ThresholdWatch:
    """Looks once a second, from `check`'s first call on, at whether thresholds with `abort` can still be met."""

    def __init__(self, plan: Plan, names: Names) -> None:
        watched = [condition for condition in plan.thresholds if condition.abort]
        self._recorded = Recorded(names)
        self._thresholds = [self._foresight(condition, plan, len(watched)) for condition in watched]
        self._next_ns: int | None = None

    @staticmethod
    def _foresight(condition: Condition, plan: Plan, of: int) -> Foresight:
        """The chance to stop a good run is shared by all."""
        is_of_all = condition.metric.of is None and not isinstance(plan.job, ScenarioJob)
        planned = plan.requests_limit if is_of_all else None
        return Foresight(condition, planned, ALPHA / of)

    def check(self, measured: Recording, now: int) -> str | None:
        """The first threshold that is lost, with what was observed; None while there is none."""
        if not self._thresholds or (self._next_ns is not None and now < self._next_ns):
            return None
        self._next_ns = now + NS_PER_S
        for threshold in self._thresholds:
            observed = threshold.look(self._recorded.tally(measured, threshold.condition.metric))
            if observed is not None:
                return f"{threshold.condition.text} ({observed})"
        return None


def _describe(metric: Metric, observed: Observed) -> str:
    least = "" if observed.is_exact else "at least "
    match metric.unit:
        case "ms":
            return f"{least}{observed.low:.3g} ms"
        case "share":
            return f"{least}{observed.low:.1%}"
    return f"{least}{observed.low:.6g}"
