"""A run that is changed by hand while it lasts: its rate, or in the closed model how many users take part."""

from collections.abc import Callable
from dataclasses import replace

from loadgen.base.clock import NS_PER_S, SPEED_ONE, Clock, now_ns
from loadgen.guard.shared_state import SharedState
from loadgen.plan.plan import Plan, Stage, UserStage


class Steering:
    """Of one run, whose plan is `steered`. A change may come from any thread, and before the run has begun."""

    def __init__(self, clock: Clock = now_ns) -> None:
        self._clock = clock
        self._changes: list[tuple[int, float]] = []
        self._apply: Callable[[float], None] | None = None

    def bind(self, plan: Plan, control: SharedState) -> None:
        """The run is about to begin."""
        if plan.arrivals is None:
            self._apply = lambda users: control.want_users(round(users))
        else:
            own_rps = plan.arrivals.stages[0].to_rps
            self._apply = lambda rate_rps: control.set_speed(max(1, round(SPEED_ONE * rate_rps / own_rps)))
        for _, value in self._changes:
            self._apply(value)

    def change(self, value: float) -> None:
        """The rate, from each worker's next arrival on; or the users, who leave when they have done their pass."""
        self._changes.append((self._clock(), value))
        if self._apply is not None:
            self._apply(value)

    def as_done(self, plan: Plan, gate_ns: int) -> Plan:
        """The plan with what there was, stage by stage."""
        arrivals = plan.arrivals
        if arrivals is None:
            return self._users_as_done(plan, gate_ns)
        if not self._changes:
            return plan
        parts = self._parts(arrivals.stages[0].to_rps, plan, gate_ns)
        return replace(plan, arrivals=replace(arrivals, stages=tuple(Stage(length, rps, rps) for length, rps in parts)))

    def _users_as_done(self, plan: Plan, gate_ns: int) -> Plan:
        """Without those that were never wanted; of one stage it is an ordinary plan."""
        first = plan.user_stages[0].to_users
        if not self._changes:
            return replace(plan, users=first, user_stages=())
        parts = [(length, round(users)) for length, users in self._parts(first, plan, gate_ns)]
        stages = tuple(UserStage(length, users, users) for length, users in parts)
        return replace(plan, users=max(users for _, users in parts), user_stages=stages)

    def _parts(self, value: float, plan: Plan, gate_ns: int) -> list[tuple[float, float]]:
        """How long each value held, from the gate on."""
        parts, since_s = list[tuple[float, float]](), 0.0
        for at_ns, changed in self._changes:
            at_s = max(since_s, (at_ns - gate_ns) / NS_PER_S) if gate_ns else 0.0
            parts.append((at_s - since_s, value))
            value, since_s = changed, at_s
        parts.append((max(0.0, (plan.planned_s or 0.0) - since_s), value))
        return [part for part in parts if part[0]] or parts[-1:]
