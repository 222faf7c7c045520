"""How many requests a machine that was lost may have sent beside those that it had told: a bound, and no wide one."""

from collections.abc import Sequence
from math import ceil, inf, sqrt

from loadgen.base.clock import NS_PER_S
from loadgen.executors.base import TICK_S
from loadgen.executors.places.machines.member import Member
from loadgen.guard.shared_state import SharedState, Slot
from loadgen.plan.course import due_between, users_at
from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.plan import Arrivals, Plan

STOPS_WITHIN_S = 0.1
"""After its lease: two ticks of a worker."""

DEVIATIONS = 4
"""One count of random arrivals in 30,000 is more of its standard deviations above its mean; where users wait for
replies counts scatter less."""


def at_most_unaccounted(plan: Plan, member: Member, members: Sequence[Member], control: SharedState) -> int:
    """Those of a member that is lost now, sent until its lease was over; `control` has what it had told.

    Of one that was lost before it said how fast it is, the fastest of all `members` says it.
    """
    gate_ns, pace = control.gate_at_ns, member.pace
    if not gate_ns or not pace.at_ns:
        return 0
    told_ns = member.clock.here(pace.at_ns) - member.clock.bound_ns
    begin_s = (told_ns - gate_ns) / NS_PER_S - TICK_S  # so old may what it tells be
    end_s = (member.until_ns - gate_ns) / NS_PER_S + STOPS_WITHIN_S
    each_rps = max(other.pace.fastest_rps / len(other.shards) for other in members)
    journeys = control.sum_of(member.shards, Slot.JOURNEYS)
    end_s = min(end_s, inf if plan.planned_s is None else plan.planned_s)
    part = len(member.shards) / plan.shard_count
    at_most = most_sent(
        plan,
        (begin_s, end_s),
        part=part,
        fastest_rps=pace.fastest_rps or each_rps * len(member.shards),
        each=pace.sent / journeys if journeys else 1.0,
        users=control.sum_of(member.shards, Slot.STARTED),
    )
    if plan.arrivals is not None and isinstance(plan.job, HttpJob) and not plan.job.redirects:
        due = _due(plan.arrivals, 0.0, end_s, part)
        return min(at_most, max(0, ceil(due) + len(member.shards) - pace.sent))  # each arrival is one request
    return at_most


def most_sent(
    plan: Plan, between_s: tuple[float, float], *, part: float, fastest_rps: float, each: float = 1.0, users: int = 0
) -> int:
    """The most that a machine with this part of the plan sends in a stretch of time, in seconds after the gate.

    `fastest_rps` is how fast it was seen to be, `each` how many requests an arrival took, `users` how many had started.
    """
    from_s, to_s = max(0.0, between_s[0]), max(0.0, between_s[1])
    if to_s <= from_s:
        return 0
    seen = fastest_rps * (to_s - from_s)
    if plan.arrivals is None:
        at_end = users_at(plan, to_s)
        users = max(users, ceil(at_end * part))
        return ceil(_at_most(seen * max(1.0, at_end / max(1, users_at(plan, from_s))))) + users
    due = _due(plan.arrivals, from_s, to_s, part)
    return ceil(max(_at_most(seen), due * max(1.0, each))) + users


def _due(arrivals: Arrivals, from_s: float, to_s: float, part: float) -> float:
    """How many arrivals are at most a part's."""
    due = due_between(arrivals, max(0.0, from_s), max(0.0, to_s)) * part
    return _at_most(due) if arrivals.kind == "poisson" else due


def _at_most(count: float) -> float:
    """Of what scatters around so many."""
    return count + DEVIATIONS * sqrt(count)
