"""What ends a run early: --abort-if over its last seconds, and thresholds with `abort` over all of it."""

from collections import deque
from dataclasses import dataclass

from loadgen.base.clock import NS_PER_S, s_to_ns
from loadgen.executors.places.base import Control
from loadgen.guard.shared_state import Slot
from loadgen.judge.foresight import ALPHA, Foresight
from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import Recording, Tally
from loadgen.plan.condition import Condition, parse_condition
from loadgen.plan.plan import Plan
from loadgen.results.summary import clocks_of


@dataclass(frozen=True, slots=True)
class Sample:
    """The control's sums at one instant."""

    at_ns: int
    sent: int
    failed: int


class AbortWatch:
    """Judges a plan's conditions. Plain error rates and counts come from the control, the rest from the last frames."""

    def __init__(self, plan: Plan, control: Control) -> None:
        names = plan.job.request_names
        self._names = names
        self._control = control
        self._conditions = [parse_condition(text, use="abort", names=names) for text in plan.stop.abort_if]
        longest_s = max((condition.window_s or 0.0 for condition in self._conditions), default=0.0)
        self._longest_ns = s_to_ns(longest_s)
        self._since_ns: int | None = None
        self._samples: deque[Sample] = deque([Sample(0, 0, 0)])
        self._frames: deque[tuple[int, Recording]] = deque()

    def add(self, recording: Recording, now: int) -> None:
        """Take what one frame holds."""
        if self._conditions:
            self._frames.append((now, recording))
            while self._frames[0][0] < now - self._longest_ns:
                self._frames.popleft()

    def check(self, now: int) -> str | None:
        """The first condition that holds, with what was observed; None while none does."""
        if not self._conditions:
            return None
        if self._since_ns is None:
            self._since_ns = now
        self._samples.append(Sample(now, self._control.total(Slot.SENT), self._control.total(Slot.FAILED_OF_SENT)))
        while len(self._samples) > 1 and self._samples[1].at_ns <= now - self._longest_ns:
            self._samples.popleft()
        for condition in self._conditions:
            observed = self._observe(condition, now)
            if observed is not None and condition.holds(observed):
                return f"{condition.text} (observed {_shown(condition, observed)})"
        return None

    def _observe(self, condition: Condition, now: int) -> float | None:
        """The value over the condition's window; None while there are too few requests in it.

        Sums only grow while the first window fills up: until then one that is too high is judged, not one too low.
        """
        since = now - s_to_ns(condition.window_s or 0.0)
        summed = condition.kind in ("rate", "count")
        if summed and condition.op not in (">", ">=") and since < (self._since_ns or 0):
            return None
        if condition.request_name is None and condition.metric in ("error_rate", "ok_rate", "sent", "failed", "rps"):
            first = next(sample for sample in reversed(self._samples) if sample.at_ns <= since or sample.at_ns == 0)
            last = self._samples[-1]
            return _from_sums(condition, last.sent - first.sent, last.failed - first.failed, condition.window_s or 1.0)
        tally = Tally()
        for at_ns, recording in self._frames:
            if at_ns >= since:
                tally.merge(self._part(recording, condition.request_name))
        if condition.kind != "latency":
            return _from_tally(condition, tally)
        counts = clocks_of(tally).get(condition.metric, Histogram())
        if counts.total < max(1, condition.min_count or 1):
            return None
        return _latency_ms(condition, counts)

    def _part(self, recording: Recording, name: str | None) -> Tally:
        return recording.total() if name is None else recording.tally(self._names.index(name))


class ThresholdWatch:
    """Looks once a second, from `check`'s first call on, at whether thresholds with `abort` can still be met."""

    def __init__(self, plan: Plan) -> None:
        names = plan.job.request_names
        conditions = [parse_condition(text, use="threshold", names=names) for text in plan.thresholds]
        watched = [condition for condition in conditions if condition.abort]
        self._names = names
        self._thresholds = [self._foresight(condition, plan, len(watched)) for condition in watched]
        self._next_ns: int | None = None

    @staticmethod
    def _foresight(condition: Condition, plan: Plan, of: int) -> Foresight:
        """The chance to stop a good run is shared by all."""
        return Foresight(condition, plan.requests_limit if condition.request_name is None else None, ALPHA / of)

    def check(self, measured: Recording, now: int) -> str | None:
        """The first threshold that is lost, with what was observed; None while there is none."""
        if not self._thresholds or (self._next_ns is not None and now < self._next_ns):
            return None
        self._next_ns = now + NS_PER_S
        for threshold in self._thresholds:
            name = threshold.condition.request_name
            tally = measured.total() if name is None else measured.tally(self._names.index(name))
            observed = threshold.look(tally)
            if observed is not None:
                return f"{threshold.condition.text} ({observed})"
        return None


def _from_sums(condition: Condition, sent: int, failed: int, window_s: float) -> float | None:
    if sent < max(1, condition.min_count or 1):
        return None
    match condition.metric:
        case "error_rate":
            return min(1.0, failed / sent)
        case "ok_rate":
            return max(0.0, 1 - failed / sent)
        case "sent":
            return float(sent)
        case "failed":
            return float(failed)
    return sent / window_s


def _from_tally(condition: Condition, tally: Tally) -> float | None:
    window_s = condition.window_s or 1.0
    if tally.sent < max(1, condition.min_count or 1):
        return None
    match condition.metric:
        case "ok":
            return float(tally.ok)
        case "unknown":
            return float(tally.unknown)
        case "ok_rps":
            return tally.ok / window_s
        case "bytes_sent_per_s":
            return tally.bytes_sent / window_s
        case "bytes_received_per_s":
            return tally.bytes_received / window_s
    return _from_sums(condition, tally.ok + tally.failed, tally.failed, window_s)


def _latency_ms(condition: Condition, counts: Histogram) -> float:
    if condition.quantile is not None:
        return counts.quantiles_us((condition.quantile,))[0] / 1000
    match condition.statistic:
        case "min":
            return min(counts.buckets) / 1000
        case "mean":
            return counts.mean_us() / 1000
    return max(counts.buckets) / 1000


def _shown(condition: Condition, observed: float) -> str:
    match condition.kind:
        case "latency":
            return f"{observed:.3g} ms"
        case "ratio":
            return f"{observed:.1%}"
    return f"{observed:.6g}"
