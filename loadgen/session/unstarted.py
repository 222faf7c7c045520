"""The Result of a run that ended before its first request."""

from dataclasses import replace
from datetime import UTC, datetime

from loadgen.base.environment import describe_environment
from loadgen.judge.thresholds import judge_thresholds
from loadgen.plan.codec import describe_plan
from loadgen.plan.plan import Plan
from loadgen.results.result import Generator, Result, Users


def unstarted(plan: Plan, because: str, ended_by: str = "signal") -> Result:
    """Nobody began, and its thresholds have no data."""
    result = Result(
        plan=describe_plan(plan),
        environment=describe_environment(),
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        ended_by=ended_by,
        ended_because=because,
        users=Users(plan.users, 0, plan.users),
        generator=Generator(plan.mode, plan.client, plan.processes),
    )
    return replace(result, thresholds=judge_thresholds(result, plan.thresholds))
