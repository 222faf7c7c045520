from dataclasses import replace
from typing import Any

import pytest

from loadgen.base.errors import UsageError
from loadgen.plan.jobs.scenario import FeedSpec, Journey, ScenarioJob
from loadgen.plan.plan import Arrivals, Plan, Stage, UserStage
from loadgen.serve.limits import Field, Limits, changed, changes_of, chosen, fields, limits_of, steered
from tests.support.plans import one_url

NONE: dict[str, float | None] = {"rate": None, "users": None, "duration": None}
CLOSED = replace(one_url(), users=20, duration_s=30.0, requests_limit=None)
AT_A_RATE = replace(CLOSED, arrivals=Arrivals((Stage(30.0, 50.0, 50.0),)))
LIMITS = Limits(200.0, 100.0, 600.0)


def test_without_limits_the_plan_is_the_limit() -> None:
    assert limits_of(CLOSED, NONE) == Limits(None, 20.0, 30.0)
    assert limits_of(AT_A_RATE, NONE) == Limits(50.0, 20.0, 30.0)
    assert limits_of(AT_A_RATE, {"rate": 200.0, "users": 100.0, "duration": 600.0}) == LIMITS


@pytest.mark.parametrize(
    ("plan", "asked", "said"),
    [
        (CLOSED, {"rate": 5.0}, "--limit-rate: the plan has no constant rate"),
        (AT_A_RATE, {"rate": 5.0}, "--limit-rate: the plan itself asks for more (50)"),
        (replace(CLOSED, user_stages=(UserStage(1.0, 0, 5),)), {"users": 9.0}, "--limit-users: the plan says how many"),
        (replace(CLOSED, duration_s=None), {"duration": 9.0}, "--limit-duration: the plan has no duration"),
    ],
)
def test_a_limit_of_what_the_plan_does_not_have_is_refused(plan: Plan, asked: dict[str, float], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        limits_of(plan, NONE | asked)
    assert str(caught.value).startswith(said)


def test_the_page_is_filled_in_with_what_the_plan_has() -> None:
    assert fields(AT_A_RATE, LIMITS) == [
        Field("rate", "requests/s", "50", "200"),
        Field("users", "users", "20", "100"),
        Field("duration", "duration", "30s", "10m"),
    ]
    assert [field.name for field in fields(CLOSED, limits_of(CLOSED, NONE))] == ["users", "duration"]


def test_what_is_chosen_becomes_flags_as_it_was_typed() -> None:
    typed = {"rate": " 6k/m ", "users": "100", "duration": "10m"}
    assert chosen(typed, LIMITS) == {"rate": "6k/m", "connections": "100", "duration": "10m"}
    assert chosen({"rate": 5, "users": 4}, LIMITS) == {"rate": "5", "connections": "4"}
    assert chosen({}, LIMITS) == {}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"rate": "200.1"}, "rate: 200.1 is above the limit, 200"),
        ({"rate": "-1"}, "rate: expected"),
        ({"rate": "inf"}, "rate: expected"),
        ({"rate": True}, "rate: expected a text or a number"),
        ({"users": 101}, "users: 101 is above the limit, 100"),
        ({"users": "101"}, "users: 101 is above the limit, 100"),
        ({"users": "0"}, "users: expected a number of at least 1"),
        ({"users": "1e9"}, "users: expected a number"),
        ({"duration": "601s"}, "duration: 601s is above the limit, 10m"),
        ({"duration": "soon"}, "duration: expected"),
        ({"target": "http://other/"}, "'target' cannot be chosen here"),
        ({"headers": "A: b"}, "'headers' cannot be chosen here"),
    ],
)
def test_nothing_beyond_the_limits_and_nothing_else_can_be_chosen(values: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(values, LIMITS)
    assert said in str(caught.value)


def test_a_constant_rate_or_users_that_are_alike_can_be_changed_while_a_run_lasts() -> None:
    at_a_rate, closed = steered(AT_A_RATE, LIMITS), steered(CLOSED, LIMITS)
    assert (at_a_rate.steered, at_a_rate.users) == (True, 20)
    assert (closed.steered, closed.users, closed.user_stages) == (True, 100, (UserStage(30.0, 20, 20),))
    assert (changes_of(AT_A_RATE, LIMITS), changes_of(CLOSED, LIMITS)) == ("rate", "users")
    for other in (
        replace(CLOSED, mode="threads"),
        replace(CLOSED, client="httpx"),
        replace(CLOSED, requests_limit=5),
        replace(CLOSED, ramp_up_s=1.0),
        replace(CLOSED, job=ScenarioJob((Journey("a"),), feeds=(FeedSpec("f", "f.csv", "own"),))),
        replace(CLOSED, job=ScenarioJob((Journey("a"),), function="f.py:f")),
    ):
        assert (steered(other, LIMITS), changes_of(other, LIMITS)) == (other, "")


def test_while_a_run_lasts_nothing_else_can_be_changed() -> None:
    assert changed({"rate": "3k/m"}, LIMITS, "rate") == 50.0
    assert changed({"users": "7"}, LIMITS, "users") == 7.0
    for values in ({}, {"users": "5"}, {"rate": "5", "users": "5"}):
        with pytest.raises(UsageError, match="rate alone can be changed"):
            changed(values, LIMITS, "rate")
    with pytest.raises(UsageError, match="cannot be changed while it lasts"):
        changed({"rate": "5"}, LIMITS, "")
