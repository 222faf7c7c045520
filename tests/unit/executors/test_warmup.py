"""The limit on requests counts what is recorded after the warm-up: what was sent in it and ends later included."""

import pytest

from loadgen.base.clock import NS_PER_MS
from loadgen.plan.plan import Arrivals, Stage
from tests.support.fakes import make_plan, reply
from tests.unit.executors.test_sequential_users import Run

SERVICE_NS = 30 * NS_PER_MS
WARMUP_S = 1.0


def counted(simulate, kind, plan):
    """Requests that were recorded before the end of the warm-up, and after it."""
    recorded = []

    def end_warmup():
        recorded.append(run.users.take().total().sent)
        run.users.end_warmup(recorded[0])

    if kind == "reactor":
        run = simulate(plan, lambda _: (SERVICE_NS, reply()))
        run.open_all()
        run.start(60.0)
        run.later(round(WARMUP_S * 1e9), end_warmup)
        run.run_to_the_end()
        recorded.append(run.users.take().total().sent)
    else:
        run = Run(plan, lambda _: (SERVICE_NS, reply()))
        run.after(round(WARMUP_S * 1e9), end_warmup)
        run.whole(60.0)
        recorded.append(run.recording.total().sent)
    assert run.users.sent == sum(recorded)
    return recorded


@pytest.mark.parametrize("kind", ["reactor", "in turn"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"think_s": (0.0, 0.02)},
        {"arrivals": Arrivals((Stage(60.0, 50.0, 50.0),), max_connections=3)},
        {"arrivals": Arrivals((Stage(60.0, 500.0, 500.0),), max_connections=3)},  # more than can be served
    ],
)
def test_the_warm_up_takes_nothing_from_the_limit(simulate, kind, changes):
    before, after = counted(simulate, kind, make_plan(users=3, requests_limit=20, warmup_s=WARMUP_S, **changes))
    assert before >= 40  # more than twice the limit
    assert after == 20


@pytest.mark.parametrize("kind", ["reactor", "in turn"])
def test_where_more_are_out_at_the_end_of_the_warm_up_than_are_to_be_counted_nothing_new_is_sent(simulate, kind):
    _, after = counted(simulate, kind, make_plan(users=3, requests_limit=2, warmup_s=WARMUP_S))
    assert after == 3
