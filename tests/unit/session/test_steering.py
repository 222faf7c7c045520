from dataclasses import replace

from loadgen.base.clock import NS_PER_S
from loadgen.plan.plan import Arrivals, Stage
from loadgen.session.steering import Steering
from tests.support.plans import one_url

PLAN = replace(
    one_url(), arrivals=Arrivals((Stage(12.0, 50.0, 50.0),)), warmup_s=2.0, duration_s=10.0, steered=True
)  # fmt: skip


def test_the_plan_of_a_result_has_the_rates_that_there_were() -> None:
    now = 100 * NS_PER_S
    speeds: list[int] = []
    steering = Steering(lambda: now)
    steering.bind(PLAN, speeds.append)
    assert steering.as_done(PLAN, 100 * NS_PER_S) == PLAN
    now = 103 * NS_PER_S
    steering.set_rate(100.0)
    now = 107 * NS_PER_S
    steering.set_rate(25.0)
    done = steering.as_done(PLAN, 100 * NS_PER_S)
    assert speeds == [2_000_000, 500_000]
    assert done.arrivals is not None
    assert done.arrivals.stages == (Stage(3.0, 50.0, 50.0), Stage(4.0, 100.0, 100.0), Stage(5.0, 25.0, 25.0))


def test_a_rate_that_is_set_before_the_run_is_its_rate_from_the_beginning() -> None:
    speeds: list[int] = []
    steering = Steering(lambda: 5)
    steering.set_rate(5.0)
    steering.bind(PLAN, speeds.append)
    done = steering.as_done(PLAN, 10)
    assert speeds == [100_000]
    assert done.arrivals is not None
    assert done.arrivals.stages == (Stage(12.0, 5.0, 5.0),)
