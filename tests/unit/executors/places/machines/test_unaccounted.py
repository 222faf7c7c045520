"""The bound of what a lost machine may have sent: never below the truth, and not far above it."""

from bisect import bisect_right
from itertools import accumulate
from math import inf
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.clock import NS_PER_S
from loadgen.executors.places.machines.clock import RemoteClock
from loadgen.executors.places.machines.description import Description
from loadgen.executors.places.machines.member import Member
from loadgen.executors.places.machines.mirror import Mirror
from loadgen.executors.places.machines.unaccounted import STOPS_WITHIN_S, at_most_unaccounted, most_sent
from loadgen.guard.shared_state import Slot
from loadgen.pacing.arrivals import Timetable
from loadgen.plan.plan import Arrivals, Stage
from tests.support.fakes import make_plan

GATE_S, LEASE_S, RENEW_S, END_S = 1.0, 2.0, 0.25, 9.0
TICK_S, TELL_S, SHORTEST_S = 0.05, 0.1, 0.005


def steady(dice, rps):
    """Never exactly at its time."""
    return [GATE_S + (number + dice.random()) / rps for number in range(int(rps * END_S))]


def by_fits(dice, rps):
    """In the first half of each quarter of a second."""
    return [instant for instant in steady(dice, rps) if instant % 0.25 < 0.125]


def of_users(dice, rps):
    """Five, each of which waits for its reply."""
    users = (accumulate(dice.uniform(0.5, 1.5) * 5 / rps for _ in range(int(rps * END_S / 4))) for _ in range(5))
    return sorted(GATE_S + instant for user in users for instant in user)


def lose(dice, sent_s, lost_s, plan, *, journeys=0):
    """What at most is unaccounted for, and what is, of a machine that is last heard of at `lost_s`.

    It shows what it has sent in each tick, and tells that at most a tenth of a second later.
    """
    control = Mirror.create(1)
    member = Member("machine", None, Description(), RemoteClock(), range(1))
    told_s, sent = dice.random() * TELL_S, 0
    while told_s <= lost_s:
        sent = bisect_right(sent_s, told_s - told_s % TICK_S)
        member.pace.saw(sent, round(told_s * NS_PER_S))
        told_s += dice.choice((SHORTEST_S, TELL_S, dice.uniform(SHORTEST_S, TELL_S)))
    control.open_gate(round(GATE_S * NS_PER_S))
    control.put(0, Slot.STARTED, 5)
    until_s = lost_s - lost_s % RENEW_S + LEASE_S
    member.until_ns = round(until_s * NS_PER_S)
    try:
        at_most = at_most_unaccounted(plan, member, [member], control)
    finally:
        control.close()
    return at_most, bisect_right(sent_s, until_s + STOPS_WITHIN_S) - sent


DICE = st.builds(Random, st.integers(0, 1 << 30))
SENDS = st.sampled_from([steady, by_fits, of_users])


@given(DICE, SENDS, st.floats(20, 500), st.floats(GATE_S + 1.0, END_S - 4))
def test_what_a_lost_machine_may_have_sent_is_no_less_than_it_had(dice, sends, rps, lost_s):
    plan = make_plan(users=5, duration_s=None, requests_limit=10**9)
    at_most, sent = lose(dice, sends(dice, rps), lost_s, plan)
    assert sent <= at_most


@given(DICE, st.floats(GATE_S, 12.0))
def test_a_rate_that_rises_is_in_it(dice, lost_s):
    stages = (Stage(5.0, 10.0, 400.0), Stage(5.0, 900.0, 900.0), Stage(5.0, 0.0, 1500.0))
    offsets_ns = Timetable([(stage.duration_s, stage.from_rps, stage.to_rps) for stage in stages]).offsets_ns()
    sent_s = [GATE_S + offset_ns / NS_PER_S for offset_ns in offsets_ns]
    plan = make_plan(users=5, duration_s=15.0, arrivals=Arrivals(stages, max_connections=5))
    at_most, sent = lose(dice, sent_s, lost_s, plan)
    assert sent <= at_most <= sent + 2  # each arrival is one request


def test_two_reports_near_to_each_other_do_not_make_it_a_wide_one():
    class Hasty(Random):
        def choice(self, _):
            return SHORTEST_S

    at_most, sent = lose(Hasty(1), [GATE_S + number / 300 for number in range(6000)], 8.0, make_plan(duration_s=60.0))
    assert sent <= at_most <= 1.5 * sent


def test_after_the_end_nothing_is_sent():
    plan = make_plan(duration_s=4.0)
    assert most_sent(plan, (3.5, 3.5), part=1.0, fastest_rps=100.0) == 0
    at_most, _ = lose(Random(1), [GATE_S + number / 300 for number in range(1200)], GATE_S + 3.9, plan)
    assert at_most < 150


@pytest.mark.parametrize(("kind", "at_most"), [("constant", 200), ("poisson", 257)])
def test_of_random_arrivals_more_may_be_due_than_on_average(kind, at_most):
    arrivals = Arrivals((Stage(inf, 200.0, 200.0),), kind)
    assert most_sent(make_plan(arrivals=arrivals), (1.0, 3.0), part=0.5, fastest_rps=0.0) == at_most


def test_an_arrival_may_take_several_requests_and_users_that_ramp_up_become_faster():
    arrivals = Arrivals((Stage(inf, 50.0, 50.0),))
    assert most_sent(make_plan(arrivals=arrivals), (0.0, 2.0), part=1.0, fastest_rps=50.0, each=3.0, users=2) == 302
    ramp = make_plan(users=10, ramp_up_s=10.0)
    assert most_sent(ramp, (4.0, 8.0), part=1.0, fastest_rps=50.0, users=5) == 360 + 76 + 9
