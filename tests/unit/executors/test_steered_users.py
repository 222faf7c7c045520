"""Users who come and go as the control's count says, on virtual time."""

from collections import Counter
from collections.abc import Iterator

import pytest

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.plan.plan import UserStage
from tests.support.fakes import make_plan, reply
from tests.support.simulation import Simulation

PLAN = make_plan(users=6, user_stages=(UserStage(10.0, 2, 2),), duration_s=10.0, steered=True)


@pytest.fixture
def run() -> Iterator[Simulation]:
    made = Simulation(PLAN, lambda _: (100 * NS_PER_MS, reply()))
    made.open()
    made.start()
    yield made
    made.close()


def users_between(run: Simulation, from_s: float, to_s: float) -> set[int]:
    return {sent.user for sent in run.sent if from_s * NS_PER_S <= sent.at_ns < to_s * NS_PER_S}


def test_those_of_a_rank_below_the_count_take_part(run: Simulation) -> None:
    run.run(2 * NS_PER_S)
    run.control.want_users(5)
    run.run(4 * NS_PER_S)
    run.control.want_users(1)
    run.run(6 * NS_PER_S)
    run.control.want_users(3)
    run.run_to_the_end()
    assert users_between(run, 0.0, 2.0) == {0, 1}
    assert users_between(run, 2.2, 4.0) == {0, 1, 2, 3, 4}
    assert users_between(run, 4.2, 6.0) == {0}
    assert users_between(run, 6.2, 10.0) == {0, 1, 2}
    connects = Counter(user for _, user in run.opened_at)
    assert connects == {0: 1, 1: 2, 2: 2, 3: 1, 4: 1}
    assert run.users.started == 5


def test_who_is_wanted_again_before_it_has_left_stays(run: Simulation) -> None:
    run.run(1010 * NS_PER_MS)
    run.control.want_users(1)
    run.run(1060 * NS_PER_MS)  # seen, and its request still out
    run.control.want_users(2)
    run.run_to_the_end()
    assert Counter(user for _, user in run.opened_at) == {0: 1, 1: 1}


def test_it_ends_with_those_who_take_part(run: Simulation) -> None:
    run.run(NS_PER_S)
    run.control.want_users(1)
    run.run_to_the_end()
    assert run.elapsed_ns <= 10.2 * NS_PER_S
