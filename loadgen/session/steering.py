"""The rate of a run that is changed by hand while it lasts."""

from collections.abc import Callable
from dataclasses import replace

from loadgen.base.clock import NS_PER_S, SPEED_ONE, Clock, now_ns
from loadgen.plan.plan import Plan, Stage


class Steering:
    """Of one run, whose plan is `steered`. A rate may be set from any thread, and before the run has begun."""

    def __init__(self, clock: Clock = now_ns) -> None:
        self._clock = clock
        self._changes: list[tuple[int, float]] = []
        self._apply: Callable[[float], None] | None = None

    def bind(self, plan: Plan, set_speed: Callable[[int], None]) -> None:
        """The run is about to begin: `set_speed` takes millionths of the plan's own rate."""
        assert plan.arrivals is not None
        own_rps = plan.arrivals.stages[0].to_rps

        def apply(rate_rps: float) -> None:
            set_speed(max(1, round(SPEED_ONE * rate_rps / own_rps)))

        self._apply = apply
        for _, rate_rps in self._changes:
            apply(rate_rps)

    def set_rate(self, rate_rps: float) -> None:
        """From each worker's next arrival on."""
        self._changes.append((self._clock(), rate_rps))
        if self._apply is not None:
            self._apply(rate_rps)

    def as_done(self, plan: Plan, gate_ns: int) -> Plan:
        """The plan with the rates that there were, stage by stage."""
        arrivals = plan.arrivals
        if not self._changes or arrivals is None:
            return plan
        stages, rate_rps, since_s = list[Stage](), arrivals.stages[0].to_rps, 0.0
        for at_ns, changed_rps in self._changes:
            at_s = max(since_s, (at_ns - gate_ns) / NS_PER_S) if gate_ns else 0.0
            stages.append(Stage(at_s - since_s, rate_rps, rate_rps))
            rate_rps, since_s = changed_rps, at_s
        stages.append(Stage(max(0.0, (plan.planned_s or 0.0) - since_s), rate_rps, rate_rps))
        return replace(plan, arrivals=replace(arrivals, stages=tuple(stage for stage in stages if stage.duration_s)))
