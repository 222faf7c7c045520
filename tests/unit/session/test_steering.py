from dataclasses import replace

from loadgen.base.clock import NS_PER_S
from loadgen.guard.shared_state import SharedState
from loadgen.plan.plan import Arrivals, Stage, UserStage
from loadgen.session.steering import Steering
from tests.support.plans import one_url

PLAN = replace(
    one_url(), arrivals=Arrivals((Stage(12.0, 50.0, 50.0),)), warmup_s=2.0, duration_s=10.0, steered=True
)  # fmt: skip


def test_the_plan_of_a_result_has_the_rates_that_there_were() -> None:
    now = 100 * NS_PER_S
    control = SharedState.create(1)
    steering = Steering(lambda: now)
    steering.bind(PLAN, control)
    assert steering.as_done(PLAN, 100 * NS_PER_S) == PLAN
    now = 103 * NS_PER_S
    steering.change(100.0)
    assert control.speed() == 2_000_000
    now = 107 * NS_PER_S
    steering.change(25.0)
    done = steering.as_done(PLAN, 100 * NS_PER_S)
    assert control.speed() == 500_000
    control.close()
    assert done.arrivals is not None
    assert done.arrivals.stages == (Stage(3.0, 50.0, 50.0), Stage(4.0, 100.0, 100.0), Stage(5.0, 25.0, 25.0))


def test_a_rate_that_is_set_before_the_run_is_its_rate_from_the_beginning() -> None:
    control = SharedState.create(1)
    steering = Steering(lambda: 5)
    steering.change(5.0)
    steering.bind(PLAN, control)
    done = steering.as_done(PLAN, 10)
    assert control.speed() == 100_000
    control.close()
    assert done.arrivals is not None
    assert done.arrivals.stages == (Stage(12.0, 5.0, 5.0),)


def test_of_a_closed_model_the_result_has_the_users_that_there_were() -> None:
    plan = replace(one_url(), users=50, user_stages=(UserStage(10.0, 4, 4),), duration_s=10.0, steered=True)
    now = 6 * NS_PER_S
    control = SharedState.create(1)
    steering = Steering(lambda: now)
    steering.bind(plan, control)
    unchanged = steering.as_done(plan, 0)
    assert (unchanged.users, unchanged.user_stages) == (4, ())
    steering.change(9)
    assert control.user_count() == 9
    now = 8 * NS_PER_S
    steering.change(2)
    done = steering.as_done(plan, 5 * NS_PER_S)
    assert done.users == 9
    assert done.user_stages == (UserStage(1.0, 4, 4), UserStage(2.0, 9, 9), UserStage(7.0, 2, 2))
    control.close()
