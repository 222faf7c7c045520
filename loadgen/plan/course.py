"""What a plan asks for at an instant, counted from the start gate: the rate that is due, and how many users."""

from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Arrivals, Plan, Stage


def request_arrivals(plan: Plan) -> Arrivals | None:
    """The arrivals of a plan, if they are requests: a journey that arrives sends as many as it likes."""
    return None if isinstance(plan.job, ScenarioJob) else plan.arrivals


def rate_at(arrivals: Arrivals, at_s: float) -> float:
    """The rate that is due at an instant; 0 behind the last stage."""
    for stage in arrivals.stages:
        if at_s < stage.duration_s:
            return _rate(stage, at_s)
        at_s -= stage.duration_s
    return 0.0


def due_between(arrivals: Arrivals, from_s: float, to_s: float) -> float:
    """How many arrivals are due in a stretch of time; of random ones, how many on average."""
    due, start_s = 0.0, 0.0
    for stage in arrivals.stages:
        begin_s, end_s = max(from_s, start_s) - start_s, min(to_s, start_s + stage.duration_s) - start_s
        if end_s > begin_s:
            due += (_rate(stage, begin_s) + _rate(stage, end_s)) / 2 * (end_s - begin_s)
        start_s += stage.duration_s
    return due


def users_at(plan: Plan, at_s: float) -> int:
    """How many users of the closed model take part; behind the last stage as many as at its end."""
    if not plan.user_stages:
        return plan.users if at_s >= plan.ramp_up_s else min(plan.users, int(plan.users * at_s / plan.ramp_up_s) + 1)
    for stage in plan.user_stages:
        if at_s < stage.duration_s:
            return round(stage.from_users + (stage.to_users - stage.from_users) * at_s / stage.duration_s)
        at_s -= stage.duration_s
    return plan.user_stages[-1].to_users


def _rate(stage: Stage, at_s: float) -> float:
    if stage.from_rps == stage.to_rps:  # its duration may be infinite
        return stage.from_rps
    return stage.from_rps + (stage.to_rps - stage.from_rps) * at_s / stage.duration_s
