"""Which plans can be compared."""

from dataclasses import replace
from typing import Any

import pytest

from loadgen.plan.codec import describe_plan
from loadgen.plan.condition import parse_condition
from loadgen.plan.identity import plan_differences, workload_differences
from loadgen.plan.jobs.http import HttpJob, RequestSpec, Variable
from loadgen.plan.plan import Arrivals, Origin, Plan, Stage

GET = RequestSpec("GET /", "GET", "/")
PLAN = Plan("http://h:80", Origin("http", "h", 80), HttpJob((GET,)), users=10)
FOR_10_S = Arrivals((Stage(10.0, 100.0, 100.0),), max_connections=10)


def said(plan: Plan, other: Plan) -> list[str]:
    return plan_differences(describe_plan(plan), describe_plan(other))


@pytest.mark.parametrize(
    "change",
    [
        {"origin": Origin("http", "other", 8080), "name": "http://other:8080"},
        {"mode": "threads", "workers": 10},
        {"client": "httpx"},
        {"processes": 2, "workers": 2},
        {"seed": 2},
        {"thresholds": (parse_condition("p99 < 1s", use="threshold"),), "strict": True},
    ],
)
def test_where_the_load_goes_and_how_it_is_made_may_differ(change: dict[str, Any]) -> None:
    assert said(PLAN, replace(PLAN, **change)) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"job": HttpJob((replace(GET, path="/b"),))}, "other requests"),
        ({"job": HttpJob((replace(GET, body=b"x"),))}, "other requests"),
        ({"job": HttpJob((GET,), (Variable("ID", "random", (1, 2)),))}, "other variables"),
        ({"keep_alive": False}, "one kept its connections, the other opened one for each request"),
        ({"arrivals": FOR_10_S}, "one ran at a rate, the other did not"),
        ({"users": 20}, "20 connections instead of 10"),
        ({"requests_limit": 1000}, "1,000 requests instead of no limit of requests"),
        ({"think_s": (0.1, 0.3)}, "a pause of 100ms..300ms instead of 0s after each reply"),
        ({"duration_s": 30.0}, "30s instead of 10s long"),
        ({"duration_s": None, "requests_limit": 5}, "5 requests instead of no limit of requests"),
        ({"warmup_s": 2.0}, "2s instead of 0s of warm-up"),
        ({"cool_down_s": 2.0}, "2s instead of 0s of cool-down"),
        ({"ramp_up_s": 1.0}, "1s instead of 0s of ramp-up"),
    ],
)
def test_what_is_sent_and_when_may_not(change: dict[str, Any], text: str) -> None:
    assert text in said(PLAN, replace(PLAN, **change))
    assert said(replace(PLAN, **change), PLAN) != []


def test_rates_are_compared_to_the_letter() -> None:
    faster = replace(FOR_10_S, stages=(Stage(10.0, 100.0, 200.0),))
    assert said(replace(PLAN, arrivals=FOR_10_S), replace(PLAN, arrivals=faster)) == ["other arrivals"]
    assert said(replace(PLAN, arrivals=FOR_10_S), replace(PLAN, arrivals=FOR_10_S)) == []


def test_all_differences_are_named_at_once() -> None:
    assert len(said(PLAN, replace(PLAN, users=1, warmup_s=1.0, job=HttpJob(())))) == 3


def test_what_an_older_file_does_not_say_is_the_default() -> None:
    described = describe_plan(PLAN)
    older = {key: value for key, value in described.items() if key not in ("cool_down_s", "think_s", "keep_alive")}
    assert plan_differences(older, described) == plan_differences(described, older) == []


def test_the_amount_of_load_is_not_the_workload() -> None:
    assert workload_differences(describe_plan(PLAN), describe_plan(replace(PLAN, users=500, duration_s=1.0))) == []
