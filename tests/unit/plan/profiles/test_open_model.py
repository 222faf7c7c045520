from math import inf

import pytest

from loadgen.base.clock import NS_PER_S
from loadgen.base.errors import ProfileError
from loadgen.pacing.arrivals import Timetable
from loadgen.plan.build import make_plan
from loadgen.plan.plan import Arrivals, Stage, UserStage
from loadgen.plan.profiles.document import profile_for_url


def plan(**flags):
    return make_plan(profile_for_url("http://h/", flags), cores=2, gil=True)


def problems(**flags):
    with pytest.raises(ProfileError) as caught:
        plan(**flags)
    return caught.value.problems


def stages(**flags):
    return plan(**flags).arrivals.stages


def test_without_a_rate_there_are_no_arrivals():
    made = plan(warmup="2s", cool_down="1s", duration="10s")
    assert (made.arrivals, made.paced) == (None, False)
    assert (made.warmup_s, made.duration_s, made.cool_down_s) == (2.0, 10.0, 1.0)


def test_a_rate_becomes_one_constant_stage_with_the_defaults():
    made = plan(rate="5000/s")
    assert made.arrivals == Arrivals((Stage(10.0, 5000.0, 5000.0),), "constant", 50, "queue", precise=False)
    assert (made.duration_s, made.paced) == (10.0, True)


def test_every_choice_of_the_open_model_arrives_in_the_plan():
    made = plan(rate="60/m", arrival="poisson", max_connections="80", when_busy="drop", precise=True, connections="8")
    assert made.arrivals == Arrivals((Stage(10.0, 1.0, 1.0),), "poisson", 80, "drop", precise=True)


def test_connections_are_opened_on_demand_unless_they_are_wanted_ahead():
    made = plan(rate="60", max_connections="8")
    assert (made.users, made.arrivals.max_connections, made.connects_ahead) == (8, 8, False)
    made = plan(rate="60", connections="8", max_connections="9", open_ahead=True)
    assert (made.users, made.arrivals.max_connections, made.connects_ahead) == (8, 9, True)
    assert plan(connections="8").connects_ahead


def test_arrivals_go_on_from_the_warm_up_to_the_cool_down():
    made = plan(rate="100", duration="20s", warmup="5s", cool_down="3s")
    assert made.arrivals.stages == (Stage(28.0, 100.0, 100.0),)
    assert made.duration_s == 20.0


def test_with_only_a_number_of_requests_arrivals_never_end():
    made = plan(rate="100", total_requests="7", warmup="1s")
    assert made.arrivals.stages == (Stage(inf, 100.0, 100.0),)
    assert (made.duration_s, made.requests_limit) == (None, 7)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        # Every stage goes on from where the one before it ended; the first from its own rate, so it is level.
        (
            {"stages": ["10s:100/s", "20s:500/s", "5s:0/s"]},
            [(10, 100, 100), (20, 100, 500), (5, 500, 0)],
        ),
        # With a rate the first stage is a ramp from there, also from nothing.
        ({"rate": "50", "stages": ["10s:100/s"]}, [(10, 50, 100)]),
        ({"rate": "0", "stages": ["10s:100/s"]}, [(10, 0, 100)]),
        # A stage of no duration is a jump.
        ({"stages": ["10s:100/s", "0s:500/s", "5s:500/s"]}, [(10, 100, 100), (5, 500, 500)]),
        ({"rate": "5", "stages": ["0s:9/s", "5s:7/s"]}, [(5, 9, 7)]),
        # The warm-up runs at the first rate, the cool-down at the last.
        (
            {"rate": "5", "stages": ["10s:9/s"], "warmup": "3s", "cool_down": "2s"},
            [(3, 5, 5), (10, 5, 9), (2, 9, 9)],
        ),
    ],
)
def test_stages_are_ramps_from_rate_to_rate(flags, expected):
    assert stages(**flags) == tuple(Stage(*numbers) for numbers in expected)


def test_stages_take_the_time_that_they_take_together():
    assert plan(stages=["10s:100/s", "20s:500/s"]).duration_s == 30.0
    assert plan(stages=["10s:100/s", "20s:500/s"], duration="30s", total_requests="9").duration_s == 30.0
    assert plan(stages=["100ms:100/s", "200ms:500/s"], duration="300ms").requests_limit is None


def test_a_plans_stages_make_a_timetable():
    made = plan(rate="0", stages=["10s:100/s", "0s:40/s", "5s:40/s"], cool_down="1s")
    timetable = Timetable([(stage.duration_s, stage.from_rps, stage.to_rps) for stage in made.arrivals.stages])
    offsets = list(timetable.offsets_ns())
    assert sum(offset < 15 * NS_PER_S for offset in offsets) == 10 * 100 / 2 + 5 * 40  # a triangle and a rectangle
    assert len(offsets) == 740  # and a second of cool-down at 40/s


@pytest.mark.parametrize(
    ("flags", "expected", "users"),
    [
        ({"stages": ["10s:100", "1m:100", "5s:0"]}, [(10, 0, 100), (60, 100, 100), (5, 100, 0)], 100),
        ({"connections": "20", "stages": ["10s:5"]}, [(10, 20, 5)], 20),
        ({"stages": ["0s:7", "5s:7"]}, [(5, 7, 7)], 7),
    ],
)
def test_stages_of_users_begin_at_the_connections_that_are_given_or_at_none(flags, expected, users):
    made = plan(**flags)
    assert made.user_stages == tuple(UserStage(*numbers) for numbers in expected)
    assert (made.users, made.arrivals, made.duration_s) == (users, None, sum(numbers[0] for numbers in expected))


NO_CLOCK = "needs a rate or stages: without them nothing arrives by a clock"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"arrival": "poisson"}, f"--arrival: {NO_CLOCK}"),
        ({"max_connections": "60"}, f"--max-connections: {NO_CLOCK}"),
        ({"when_busy": "drop"}, f"--when-busy: {NO_CLOCK}"),
        ({"precise": True}, f"--precise: {NO_CLOCK}"),
        ({"open_ahead": True}, f"--open-ahead: {NO_CLOCK}"),
        ({"rate": "0"}, "--rate: expected a rate above zero, such as 100/s"),
        ({"stages": ["5s:0/s"]}, "--stage: expected a rate above zero, such as 100/s"),
        ({"stages": ["0s:5/s"]}, "--stage: expected at least one stage with a duration above zero"),
        (
            {"stages": ["30s:5/s", "1m:9/s"], "duration": "1m"},
            "--duration: cannot be combined with stages: they take 1m30s together, not 1m",
        ),
        (
            {"rate": "5", "think": "1s"},
            "--think: cannot be combined with a rate or stages: think time belongs to the closed model",
        ),
        (
            {"stages": ["5s:5/s"], "ramp_up": "1s"},
            "--ramp-up: cannot be combined with a rate or stages: connections are opened as arrivals need them; "
            "to raise the rate slowly, begin with a stage (--stage)",
        ),
        (
            {"stages": ["5s:9", "5s:9/s"]},
            "--stage: expected stages of users (30s:100) or of a rate (30s:1000/s), not both",
        ),
        (
            {"stages": ["5s:9"], "rate": "7"},
            "--stage: expected stages of users (30s:100) or of a rate (30s:1000/s), not both",
        ),
        ({"stages": ["5s:0"]}, "--stage: expected at least one user, such as 30s:100"),
        (
            {"stages": ["5s:9"], "warmup": "2s"},
            "--warmup: cannot be combined with stages of users: say it with a stage, such as 10s:100",
        ),
        (
            {"stages": ["5s:9"], "duration": "4s"},
            "--duration: cannot be combined with stages: they take 5s together, not 4s",
        ),
        (
            {"rate": "0", "stages": ["5s:9/s"], "warmup": "2s"},
            "--warmup: cannot be combined with stages that begin at a rate of 0: nothing would arrive in it",
        ),
        (
            {"rate": "5", "max_connections": "49", "open_ahead": True},
            "--max-connections: expected at least the 50 connections that are opened ahead, got 49",
        ),
        (
            {"rate": "5", "max_connections": "51", "mode": "threads"},
            "--max-connections: cannot be above connections in threads mode and with httpx, where each user has one: "
            "use connections: 51 (-c 51)",
        ),
        (
            {"rate": "5", "precise": True, "client": "httpx"},
            "--precise: cannot be combined with threads mode or httpx: only the raw client can spin",
        ),
        (
            {"total_requests": "5", "cool_down": "1s"},
            "--cool-down: needs a duration: a run of N requests ends with them",
        ),
        (
            {"duration": "5s", "warmup": "2s", "ramp_up": "8s"},
            "--ramp-up: expected at most the 7 s of warm-up and duration",
        ),
        (
            {"duration": "5s", "thresholds": ["p99 < 1s over 6s"]},
            "--threshold: over: expected at most the 5s of the run",
        ),
    ],
)
def test_what_contradicts_itself_is_explained(flags, expected):
    assert problems(**flags) == [expected]


def test_a_wrong_rate_does_not_make_its_companions_wrong():
    assert len(problems(rate="x", arrival="poisson", precise=True, max_connections="9")) == 1
    assert len(problems(stages=["x"], arrival="poisson", duration="5s", thresholds=["p99 < 1s over 20s"])) == 1
    assert len(problems(rate="5", connections="x", max_connections="9")) == 1


def test_windows_that_a_result_can_answer_are_accepted():
    assert plan(duration="5m", thresholds=["p99 < 1s over 16s", "error_rate < 1% over 10s"]).thresholds
    assert plan(duration="60s", thresholds=["p99 < 1s over 7s"]).thresholds
    assert plan(total_requests="5", thresholds=["p99 < 1s over 7s"], strict=True).strict
