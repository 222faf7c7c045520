"""`loadgen.run`: a plan becomes a Result, in this process."""

import signal

import pytest

import loadgen
from tests.support.command import balanced


@pytest.mark.parametrize("where", ["pool", "threads", "async"])
def test_a_run_is_a_call(url: str, where: str) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    plan = loadgen.load_profile(url, connections=2, total_requests=10, mode=where, processes=1)
    result = balanced(loadgen.run(plan))
    assert (result.ledger.ok, result.ended_by) == (10, "completed")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_observers_are_told_of_it_and_one_that_raises_does_not_harm_it(url: str) -> None:
    class Seen(loadgen.Observer):
        """Keeps the plan, and breaks at the first second."""

        def started(self, plan: loadgen.Plan) -> None:
            self.plan = plan

        def second(self, second: object) -> None:
            raise RuntimeError("no room")

    seen = Seen()
    plan = loadgen.load_profile(url, connections=2, total_requests=10, processes=1)
    result = balanced(loadgen.run(plan, observers=[seen]))
    assert (seen.plan, result.ended_by) == (plan, "completed")
    assert result.notes == ["Seen failed (RuntimeError: no room): it was told nothing more of this run"]


def test_failures_are_part_of_the_result(url: str) -> None:
    plan = loadgen.load_profile(f"{url}/status/500", connections=1, total_requests=3, processes=1)
    assert loadgen.run(plan).ledger.failed == 3


def test_a_host_that_is_not_there_is_an_error() -> None:
    with pytest.raises(loadgen.UsageError, match="no-such-host"):
        loadgen.run(loadgen.load_profile("http://no-such-host.invalid/", connections=1, processes=1))
