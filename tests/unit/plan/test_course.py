from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.pacing.arrivals import Timetable
from loadgen.plan.course import due_between, rate_at, users_at
from loadgen.plan.plan import Arrivals, Stage, UserStage
from tests.support.plans import one_url

STAGES = (Stage(10.0, 100.0, 100.0), Stage(10.0, 100.0, 300.0), Stage(5.0, 0.0, 0.0))


def test_the_rate_of_an_instant_is_that_of_its_stage() -> None:
    arrivals = Arrivals(STAGES)
    assert [rate_at(arrivals, at_s) for at_s in (0.0, 9.9, 15.0, 21.0, 99.0)] == [100.0, 100.0, 200.0, 0.0, 0.0]
    assert rate_at(Arrivals((Stage(inf, 50.0, 50.0),)), 1e6) == 50.0


def test_what_is_due_is_the_area_below_the_rate() -> None:
    arrivals = Arrivals(STAGES)
    assert due_between(arrivals, 0.0, 1.0) == 100.0
    assert due_between(arrivals, 9.5, 10.5) == pytest.approx(50 + 52.5)
    assert due_between(arrivals, 0.0, 100.0) == 1000.0 + 2000.0
    assert due_between(Arrivals((Stage(inf, 50.0, 50.0),)), 10.0, 12.0) == 100.0


@given(st.floats(0, 25), st.floats(0, 5))
def test_as_many_are_due_as_the_timetable_has(from_s: float, length_s: float) -> None:
    table = Timetable([(stage.duration_s, stage.from_rps, stage.to_rps) for stage in STAGES])
    offsets = [offset / 1e9 for offset in table.offsets_ns()]
    inside = sum(from_s <= offset < from_s + length_s for offset in offsets)
    assert inside == pytest.approx(due_between(Arrivals(STAGES), from_s, from_s + length_s), abs=1.01)


def test_users_take_part_by_ramp_or_stages() -> None:
    plan = replace(one_url(), users=10)
    assert users_at(plan, 0.0) == 10
    ramp = replace(plan, ramp_up_s=10.0)
    assert [users_at(ramp, at_s) for at_s in (0.0, 4.5, 9.99, 10.0, 50.0)] == [1, 5, 10, 10, 10]
    staged = replace(plan, user_stages=(UserStage(10.0, 0, 10), UserStage(10.0, 10, 4)))
    assert [users_at(staged, at_s) for at_s in (0.0, 5.0, 10.0, 15.0, 99.0)] == [0, 5, 10, 7, 4]
