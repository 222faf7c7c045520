from dataclasses import replace

import pytest

from loadgen.base.endpoint import Origin
from loadgen.base.errors import UsageError
from loadgen.campaigns.calibrate import calibrate
from loadgen.plan.plan import Plan
from loadgen.results.calibration import Calibration
from loadgen.results.requests import Latency, Ledger
from loadgen.results.result import Generator, Rate, Result

ORIGIN = Origin("http", "127.0.0.1", 1)


class FakeMachine:
    """Answers plans: 1 KiB a connection over 20 MB, the closed model's rates in turn, lag that grows with the rate."""

    def __init__(self, *rates: float, most_users: int = 10_000) -> None:
        self.plans: list[Plan] = []
        self._rates = [1.0, 1.0, 1.0, *rates]  # three runs are for the memory
        self._most_users = most_users

    def __call__(self, plan: Plan) -> Result:
        self.plans.append(plan)
        if plan.users > self._most_users:
            raise UsageError("too many")
        rate = plan.arrivals.stages[0].to_rps if plan.arrivals else self._rates[len(self.plans) - 1]
        lag_ms = rate / 1e6
        return Result(
            environment={"cores": 2},
            ledger=Ledger(1, 1, 0, 1),
            rate=Rate(sent_rps=rate, ok_rps=rate),
            latency_ms={
                "response": Latency(p50=0.5, p99={"at_least": 2.0}),
                "send_lag": Latency(p50=lag_ms, p99=2 * lag_ms, p99_9=3 * lag_ms),
            },
            generator=Generator(cpu_us_per_request=9.0, peak_rss_mb=20 + plan.users / 1024),
        )


def calibrated(machine: FakeMachine, cores: int = 2) -> Calibration:
    return calibrate(ORIGIN, "embedded target", cores=cores, gil=True, runner=machine)


def test_the_ceiling_is_the_best_run() -> None:
    found = calibrated(FakeMachine(80_000.0, 90_000.0))
    assert (found.ceiling.rps, found.ceiling.p50_ms, found.ceiling.p99_ms) == (90_000.0, 0.5, 2.0)
    assert found.environment == {"cores": 2}


def test_send_lag_is_measured_at_shares_of_the_ceiling() -> None:
    machine = FakeMachine(100_000.0, 100_000.0)
    points = calibrated(machine).send_lag
    assert [(point.share, point.rate_rps) for point in points] == [(0.1, 10_000.0), (0.5, 50_000.0), (0.8, 80_000.0)]
    assert points[1].p99_ms == pytest.approx(0.1)
    assert [plan.warmup_s > 0 for plan in machine.plans if plan.arrivals] == [True] * 3


def test_memory_is_what_more_connections_add_in_one_process() -> None:
    machine = FakeMachine(1.0, 1.0)
    assert calibrated(machine, cores=8).kb_per_connection == 1.0
    assert {(plan.processes, plan.workers) for plan in machine.plans[:3]} == {(1, 1)}


def test_a_host_that_refuses_many_connections_has_the_rest_measured() -> None:
    found = calibrated(FakeMachine(50_000.0, 50_000.0, most_users=500))
    assert found.kb_per_connection is None
    assert found.ceiling.rps == 50_000.0


@pytest.mark.parametrize(("cores", "processes"), [(1, 1), (2, 1), (8, 7)])
def test_a_core_is_left_to_the_responder(cores: int, processes: int) -> None:
    assert calibrated(FakeMachine(1.0, 1.0), cores).processes == processes


def test_the_load_lasts_less_than_twelve_seconds() -> None:
    machine = FakeMachine(1.0, 1.0)
    calibrated(machine)
    assert sum(plan.warmup_s + (plan.duration_s or 99) for plan in machine.plans) < 12


@pytest.mark.parametrize("broken", [{"ledger": Ledger()}, {"ended_by": "error", "ended_because": "a worker failed"}])
def test_a_run_without_figures_ends_it(broken: dict[str, object]) -> None:
    machine = FakeMachine(1.0, 1.0)
    with pytest.raises(UsageError, match="without a figure"):
        calibrate(ORIGIN, "x", cores=1, gil=True, runner=lambda plan: replace(machine(plan), **broken))
