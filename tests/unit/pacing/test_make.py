"""Every pacer that a plan can have: what all of them together do is the plan."""

from itertools import pairwise, takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.clock import NEVER_NS, NS_PER_S
from loadgen.pacing.make import make_pacer
from loadgen.plan.plan import Arrivals, Stage, UserStage, make_shards
from tests.support.fakes import make_plan

BEGAN = 5_000 * NS_PER_S

rates = st.builds(Stage, st.floats(0.1, 3.0), st.integers(0, 90).map(float), st.integers(0, 90).map(float))
user_stages = st.builds(UserStage, st.integers(1, 9), st.integers(0, 12), st.integers(0, 12))
few = {"min_size": 1, "max_size": 4}


def pacers(plan, end_ns=NEVER_NS):
    """One of each shard, after the gate."""
    begun = []
    for shard in make_shards(plan):
        begun.append((shard, make_pacer(plan, shard)))
        begun[-1][1].begin(BEGAN, end_ns)
    return begun


def arrivals(pacer):
    """All, as a driver with nothing else to do asks for them."""
    return list(takewhile(lambda due_ns: due_ns != NEVER_NS, iter(lambda: pacer.next_due_ns(0, BEGAN), None)))


def test_users_of_the_closed_model_beside_arrivals_take_none():
    plan = make_plan(3, arrivals=Arrivals((Stage(1.0, 10.0, 10.0),)), closed_users=2)
    [(shard, pacer)] = pacers(plan)
    assert shard.closed_users == 2
    assert [pacer.next_due_ns(user, BEGAN + 7) for user in (0, 1)] == [BEGAN + 7] * 2
    assert [pacer.next_due_ns(2, BEGAN) - BEGAN for _ in range(2)] == [0, NS_PER_S // 10]


@pytest.mark.parametrize("kind", ["constant", "poisson"])
@settings(max_examples=20, deadline=None)
@given(stages=st.lists(rates, **few), workers=st.integers(1, 4), end_s=st.floats(0.0, 9.0))
def test_the_shards_arrivals_together_are_the_whole_schedule_up_to_the_end(kind, stages, workers, end_s):
    end_ns = BEGAN + round(end_s * NS_PER_S)
    alone, dealt = (
        [
            due_ns
            for _, pacer in pacers(
                make_plan(workers=count, arrivals=Arrivals(tuple(stages), kind, max_connections=8), users=8), end_ns
            )
            for due_ns in arrivals(pacer)
        ]
        for count in (1, workers)
    )
    assert sorted(dealt) == alone
    assert all(BEGAN <= due_ns < end_ns for due_ns in alone)
    assert all(earlier <= later for earlier, later in pairwise(alone))


def test_after_the_last_arrival_there_is_never_another():
    plan = make_plan(arrivals=Arrivals((Stage(1.0, 4.0, 4.0),), max_connections=2))
    [(_, pacer)] = pacers(plan)
    offsets_ns = [pacer.next_due_ns(0, BEGAN) - BEGAN for _ in range(4)]
    assert offsets_ns == [0, 250_000_000, 500_000_000, 750_000_000]
    assert [pacer.next_due_ns(1, BEGAN) for _ in range(3)] == [NEVER_NS] * 3


@settings(max_examples=40, deadline=None)
@given(st.lists(user_stages, **few), st.integers(1, 4), st.floats(0, 1))
def test_at_every_instant_the_users_of_all_shards_are_as_many_as_the_stages_say(stages, workers, where):
    plan = make_plan(users=12, workers=workers, user_stages=tuple(stages))
    at_s = where * sum(stage.duration_s for stage in stages)
    active = sum(
        begin_ns - BEGAN <= at_s * NS_PER_S < end_ns - BEGAN
        for shard, pacer in pacers(plan)
        for user in range(shard.users)
        for begin_ns, end_ns in pacer.spans_ns(user)
    )
    start_s = 0.0
    for stage in stages:
        if start_s <= at_s < start_s + stage.duration_s:
            share = (at_s - start_s) / stage.duration_s
            assert abs(active - stage.from_users - (stage.to_users - stage.from_users) * share) <= 1 + 1e-9  # rounding
        start_s += stage.duration_s


@given(st.integers(1, 60), st.integers(1, 5), st.floats(0, 100))
def test_a_ramp_starts_the_users_of_all_shards_evenly(users, workers, ramp_up_s):
    plan = make_plan(users=users, workers=workers, ramp_up_s=ramp_up_s)
    spans = [span for shard, pacer in pacers(plan) for user in range(shard.users) for span in pacer.spans_ns(user)]
    begins_ns = sorted(begin_ns - BEGAN for begin_ns, _ in spans)
    assert begins_ns == pytest.approx([rank * ramp_up_s * NS_PER_S / users for rank in range(users)], abs=2)
    assert all(end_ns >= NEVER_NS for _, end_ns in spans)


@pytest.mark.parametrize("changes", [{}, {"ramp_up_s": 2.0}, {"user_stages": (UserStage(5.0, 0, 2),)}])
@given(low_s=st.floats(0, 5), more_s=st.floats(0, 5), now=st.integers(BEGAN, BEGAN * 2))
def test_in_the_closed_loop_nothing_is_due_before_its_user_is_free_and_has_thought(changes, low_s, more_s, now):
    plan = make_plan(think_s=(low_s, low_s + more_s), **changes)
    [(_, pacer)] = pacers(plan)
    due_ns = pacer.next_due_ns(1, now)
    assert now + round(low_s * NS_PER_S) <= due_ns <= now + round((low_s + more_s) * NS_PER_S) + 1
    assert not pacer.eager or due_ns == now
