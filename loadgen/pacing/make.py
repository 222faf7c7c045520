"""From a plan to the pacer of one of its shards."""

from loadgen.pacing.arrivals import SharedArrivals, Timetable
from loadgen.pacing.base import Pacer
from loadgen.pacing.closed import ALWAYS, ClosedLoop, ramp_span_ns, stage_spans_ns
from loadgen.pacing.mixed import MixedPacer
from loadgen.plan.plan import Plan, Shard


def make_pacer(plan: Plan, shard: Shard) -> Pacer:
    """What paces a shard's users; the shards of a plan together keep to it."""
    rank = shard.rank_of_user
    match plan.arrivals, plan.user_stages:
        case None, ():
            users, ramp_up_s = plan.users, plan.ramp_up_s
            return ClosedLoop(plan.think_s, shard.seed, lambda user: [ramp_span_ns(rank(user), users, ramp_up_s)])
        case None, user_stages:
            counts = [(stage.duration_s, stage.from_users, stage.to_users) for stage in user_stages]
            return ClosedLoop(plan.think_s, shard.seed, lambda user: stage_spans_ns(rank(user), counts), leaves=True)
        case arrivals, _:
            rates = [(stage.duration_s, stage.from_rps, stage.to_rps) for stage in arrivals.stages]
            timetable = Timetable(rates, poisson_seed=plan.seed if arrivals.kind == "poisson" else None)
            shared = SharedArrivals(timetable.offsets_ns(shard.index, shard.count))
            if not shard.closed_users:
                return shared
            return MixedPacer(ClosedLoop(plan.think_s, shard.seed, lambda _: [ALWAYS]), shared, shard.closed_users)
