"""Why no request of other machines can succeed, of what they saw alone."""

import asyncio
from dataclasses import replace

import pytest

from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.session.fruitless import Failures
from loadgen.session.reach_elsewhere import SURE_NS, ReachElsewhere
from tests.support.fakes import make_plan

REFUSED = ErrorClass.CONNECTION_REFUSED


@pytest.mark.parametrize(
    ("seen", "is_found"),
    [
        (Failures(0, 9, 9, {REFUSED}), True),
        (Failures(1, 9, 9, {REFUSED}), False),  # of one of them
        (Failures(0, 9, 9, {REFUSED, ErrorClass.CONNECT_TIMEOUT}), False),
    ],
)
def test_only_what_refuses_every_machine_is_given_up_and_not_before_all_had_their_say(
    seen: Failures, is_found: bool
) -> None:
    now = [0]
    reach = ReachElsewhere(make_plan(), lambda: now[0])
    assert reach.look(seen) == ""
    now[0] = SURE_NS
    assert ("refused every machine's connections" in reach.look(seen)) is is_found
    assert bool(asyncio.run(reach.last_look(seen))) is is_found


def test_of_a_target_that_is_each_machine_itself_it_is_said() -> None:
    def found(host: str) -> str:
        plan = replace(make_plan(), origin=Origin("http", host, 80))
        return asyncio.run(ReachElsewhere(plan).last_look(Failures(0, 9, 9, {REFUSED})))

    assert "; there it is the machine itself; is the server up" in found("localhost")
    assert "itself" not in found("shop.test")
