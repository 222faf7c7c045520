"""From a plan to the pacer of one of its shards."""

from collections.abc import Callable
from math import inf

from loadgen.pacing.arrivals import SharedArrivals, SteeredArrivals, Timetable
from loadgen.pacing.base import Pacer
from loadgen.pacing.closed import ALWAYS, ClosedLoop, ramp_span_ns, stage_spans_ns
from loadgen.pacing.mixed import MixedPacer
from loadgen.plan.plan import Arrivals, Plan, Shard


def make_pacer(plan: Plan, shard: Shard, speed: Callable[[], int] | None = None) -> Pacer:
    """What paces a shard's users; the shards of a plan together keep to it. `speed` is that of a steered plan."""
    rank = shard.rank_of_user
    match plan.arrivals, plan.user_stages:
        case None, ():
            users, ramp_up_s = plan.users, plan.ramp_up_s
            return ClosedLoop(plan.think_s, shard.seed, lambda user: [ramp_span_ns(rank(user), users, ramp_up_s)])
        case None, user_stages:
            counts = [(stage.duration_s, stage.from_users, stage.to_users) for stage in user_stages]
            return ClosedLoop(plan.think_s, shard.seed, lambda user: stage_spans_ns(rank(user), counts), leaves=True)
        case arrivals, _:
            shared = _arrivals(plan, arrivals, shard, speed)
            if not shard.closed_users:
                return shared
            return MixedPacer(ClosedLoop(plan.think_s, shard.seed, lambda _: [ALWAYS]), shared, shard.closed_users)


def _arrivals(plan: Plan, arrivals: Arrivals, shard: Shard, speed: Callable[[], int] | None) -> SharedArrivals:
    """Those of a steered plan have no end but the run's."""
    seed = plan.seed if arrivals.kind == "poisson" else None
    if plan.steered and speed is not None:
        own_rps = arrivals.stages[0].to_rps
        endless = Timetable([(inf, own_rps, own_rps)], poisson_seed=seed)
        return SteeredArrivals(endless.offsets_ns(shard.index, shard.count), speed)
    rates = [(stage.duration_s, stage.from_rps, stage.to_rps) for stage in arrivals.stages]
    return SharedArrivals(Timetable(rates, poisson_seed=seed).offsets_ns(shard.index, shard.count))
