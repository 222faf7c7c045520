"""Scenarios with a load of their own: users or rates add up, and what does not go together is said."""

from typing import Any

import pytest

from loadgen.base.errors import ProfileError
from loadgen.plan.build import make_plan
from loadgen.plan.jobs.scenario import Journey, ScenarioJob
from loadgen.plan.plan import Plan, make_shards
from loadgen.plan.profiles.document import parse_profile
from loadgen.plan.profiles.scenarios import chosen_job

STEPS = "steps: [{path: /}]"


def plan(text: str, **flags: object) -> Plan:
    profile = parse_profile(f"target: http://127.0.0.1/\n{text}\n".encode(), {}, {}, flags)
    return make_plan(profile, cores=2, gil=True)


def journeys(made: Plan) -> tuple[Journey, ...]:
    assert isinstance(made.job, ScenarioJob)
    return made.job.journeys


def test_users_of_scenarios_are_all_users() -> None:
    made = plan(f"scenarios: {{a: {{users: 20, {STEPS}}}, b: {{users: 5, start: 30s, {STEPS}}}}}")
    assert made.users == 25
    assert [(item.users, item.start_s) for item in journeys(made)] == [(20, 0.0), (5, 30.0)]


def test_rates_of_scenarios_are_one_rate_drawn_by_them() -> None:
    made = plan(f"duration: 2s\nscenarios: {{a: {{rate: 45/s, {STEPS}}}, b: {{rate: 300/m, {STEPS}}}}}", connections=9)
    assert made.arrivals is not None
    assert [(stage.duration_s, stage.from_rps, stage.to_rps) for stage in made.arrivals.stages] == [(2.0, 50.0, 50.0)]
    assert made.arrivals.max_connections == 9
    assert [item.weight for item in journeys(made)] == [45.0, 5.0]


BOTH = f"scenarios: {{a: {{rate: 20/s, {STEPS}}}, b: {{users: 5, {STEPS}}}, c: {{rate: 4/s, {STEPS}}}}}"


def test_users_and_rates_side_by_side_have_connections_each() -> None:
    made = plan(BOTH, connections=4, processes=3)
    assert made.arrivals is not None
    assert made.arrivals.stages[0].to_rps == 24.0
    assert (made.users, made.closed_users, made.arrivals.max_connections, made.most_users) == (9, 5, 4, 9)
    assert [(shard.users, shard.closed_users) for shard in make_shards(made)] == [(3, 2), (3, 2), (3, 1)]
    assert [made.users_ahead(shard) for shard in make_shards(made)] == [2, 2, 1]
    assert isinstance(made.job, ScenarioJob)
    assert made.job.arriving == ("a", "c")
    threads = plan(BOTH, connections=2, mode="threads", processes=2)
    assert (threads.workers, threads.most_users) == (4, 7)


def test_a_rate_that_is_asked_for_outside_is_dealt_out_as_the_scenarios_are() -> None:
    made = plan(BOTH, rate="48/s")
    assert made.arrivals is not None
    assert made.arrivals.stages[0].to_rps == 48.0
    assert [(item.weight, item.users) for item in journeys(made)] == [(40.0, None), (1.0, 5), (8.0, None)]


def test_stages_go_on_from_the_rate_of_the_scenarios() -> None:
    made = plan(f"stages: [10s:100/s, 5s:0/s]\n{BOTH}")
    assert made.arrivals is not None
    assert [(stage.from_rps, stage.to_rps) for stage in made.arrivals.stages] == [(24.0, 100.0), (100.0, 0.0)]
    assert (made.closed_users, made.duration_s) == (5, 15.0)


@pytest.mark.parametrize(
    ("only", "expected"), [(("b",), (5, 0, None)), (("a",), (50, 0, 20.0)), (("b", "c"), (55, 5, 4.0))]
)
def test_those_that_were_not_asked_for_bring_no_load(
    only: tuple[str, ...], expected: tuple[int, int, float | None]
) -> None:
    made = plan(BOTH, only=list(only))
    assert (made.users, made.closed_users, made.arrivals and made.arrivals.stages[0].to_rps) == expected


def test_each_worker_has_a_user_for_what_arrives() -> None:
    with pytest.raises(ProfileError, match="4 processes cannot share 3 connections"):
        plan(BOTH, connections=3, processes=4)


@pytest.mark.parametrize(
    ("loads", "more", "found"),
    [
        (
            ("users: 2", "rate: 5/s"),
            "total_requests: 9\n",
            [
                "total_requests: cannot be combined with users and rates of scenarios: "
                "how many journeys each would have is not known; say how long with duration"
            ],
        ),
        (
            ("users: 2", "rate: 5/s"),
            "stages: [30s:5]\n",
            ["stages: expected stages of users (30s:100) or of a rate (30s:1000/s), not both"],
        ),
        (("users: 2", ""), "", ["scenarios.b: expected users, as other scenarios have"]),
        (("", "rate: 5/s"), "", ["scenarios.a: expected a rate, as other scenarios have"]),
        (
            ("users: 2, weight: 3", "users: 1"),
            "",
            ["scenarios.a.weight: cannot be combined with users, which says how much of it"],
        ),
        (
            ("start: 3s", ""),
            "",
            ["scenarios.a.start: needs users: with a rate or a weight nobody waits to begin"],
        ),
        (
            ("users: 2", "users: 1"),
            "connections: 3\n",
            ["connections: cannot be combined with users of scenarios, here of a and b"],
        ),
        (
            ("rate: 2", "rate: 1"),
            "rate: 3/s\n",
            ["rate: cannot be combined with rates of scenarios, here of a and b"],
        ),
        (
            ("users: 2, rate: 3/s", "users: 1"),
            "",
            ["scenarios.a.rate: cannot be combined with users: a scenario has one or the other"],
        ),
        (
            ("users: 2", "rate: 1"),
            "think: 1s\n",
            [
                "think: cannot be combined with a rate or stages: think time belongs to the closed model; "
                "a scenario may have one of its own"
            ],
        ),
        (("users: 0", ""), "", ["scenarios.a.users: expected an integer >= 1, got 0"]),
    ],
)
def test_what_does_not_go_together_is_said(loads: tuple[str, str], more: str, found: list[str]) -> None:
    a, b = (f"{load}, {STEPS}" if load else STEPS for load in loads)
    with pytest.raises(ProfileError) as caught:
        plan(f"{more}scenarios:\n  a: {{{a}}}\n  b: {{{b}}}\n")
    assert [problem.partition(": ")[2] for problem in caught.value.problems] == found


def chosen(text: str, *only: str, **job: Any) -> tuple[ScenarioJob, list[str]]:
    flags = {"only": list(only)} if only else {}
    profile = parse_profile(f"target: http://127.0.0.1/\nscenario: shop.py\n{text}\n".encode(), {}, {}, flags)
    journeys = (Journey("browse", 9.0, (1.0, 2.0)), Journey("buy", fresh=True))
    file = ScenarioJob(tuple(item for item in journeys if not only or item.name in only), file="shop.py", **job)
    job, problems = chosen_job(profile, file)
    return job, [problem.text for problem in problems]


def test_journeys_of_a_file_are_as_it_says_unless_the_profile_names_some() -> None:
    assert [item.name for item in chosen("")[0].journeys] == ["browse", "buy"]
    job, problems = chosen("scenarios: {buy: {users: 3, think: 5s}}")
    assert job.journeys == (Journey("buy", 1.0, (5.0, 5.0), fresh=True, users=3),)
    assert problems == []


def test_a_journey_that_the_file_has_not_is_said() -> None:
    assert chosen("scenarios: {by: {weight: 2}}")[1] == ["the file has no scenario 'by'; did you mean 'buy'?"]


def test_of_a_files_journeys_those_that_were_asked_for_are_enough() -> None:
    job, problems = chosen("scenarios: {buy: {users: 3}, browse: {users: 2}}", "buy")
    assert (job.journeys, problems) == ((Journey("buy", fresh=True, users=3),), [])
    problems = chosen("scenarios: {buy: {users: 3}}", "browse")[1]
    assert problems == ["the profile has no scenario 'browse'; known are: buy"]


def test_pauses_of_a_locustfiles_users_are_said_there() -> None:
    problems = chosen("scenarios: {buy: {think: 1s}, browse: {fresh: true}}", dialect="locust")[1]
    assert problems == [
        "cannot be combined with a locustfile: say it there, with wait_time",
        "cannot be combined with a locustfile: its users keep their session",
    ]


def test_steps_beside_a_file_are_refused() -> None:
    with pytest.raises(ProfileError, match=r"scenarios\.buy\.steps: cannot be combined with scenario: they are"):
        chosen(f"scenarios: {{buy: {{{STEPS}}}}}")
