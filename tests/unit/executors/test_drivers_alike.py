"""Users on a reactor and users that send in turn ask the same pacer, and so send at the same instants."""

import pytest

from loadgen.base.clock import NS_PER_MS
from loadgen.base.error_class import ErrorClass
from loadgen.plan.plan import Arrivals, Stage, UserStage
from tests.support.fakes import make_plan, reply
from tests.unit.executors.test_sequential_users import Run

SERVICE_NS = 7 * NS_PER_MS


def arrivals(*stages, **changes):
    return Arrivals(tuple(Stage(*stage) for stage in stages), **{"max_connections": 2, **changes})


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, reply()),
        ({"think_s": (0.01, 0.01)}, reply()),
        ({"think_s": (0.01, 0.05), "users": 1}, reply()),
        ({"users": 4, "ramp_up_s": 0.2}, reply()),
        ({"users": 4, "user_stages": (UserStage(0.1, 0, 4), UserStage(0.1, 4, 0), UserStage(0.1, 0, 4))}, reply()),
        ({"users": 3, "user_stages": (UserStage(0.3, 3, 0),), "think_s": (0.005, 0.005)}, reply()),
        ({"arrivals": arrivals((0.3, 100.0, 100.0))}, reply()),
        ({"arrivals": arrivals((0.2, 0.0, 100.0), (0.1, 100.0, 0.0))}, reply()),
        ({"arrivals": arrivals((0.3, 100.0, 100.0), kind="poisson")}, reply()),
        ({"arrivals": arrivals((0.3, 500.0, 500.0))}, reply()),  # more than two users can serve
        ({}, ErrorClass.CONNECTION_REFUSED),
    ],
)
def test_both_drivers_send_at_the_same_instants(simulate, changes, answer):
    plan = make_plan(**changes)
    on_reactor = simulate(plan, lambda _: (SERVICE_NS, answer), connect=lambda _: (0, None))
    on_reactor.whole(0.3)
    in_turn = Run(plan, lambda _: (SERVICE_NS, answer))
    in_turn.whole(0.3)
    sent_ns = sorted(at - in_turn.gate_ns for client in in_turn.clients for at in client.sent_at)
    # The virtual loop's timers, in floats of seconds, may be a microsecond late.
    assert sent_ns == pytest.approx([sent.at_ns for sent in on_reactor.sent], abs=50_000)
    assert on_reactor.users.not_sent == in_turn.users.not_sent
