"""RoundsOutcome of several plans: order, pauses, and what is kept when it ends early."""

import asyncio
from collections import Counter

import pytest

from loadgen.base.errors import UsageError
from loadgen.campaigns.rounds import Round, RoundsOutcome, RunLostError, interleaved, run_rounds
from loadgen.results.result import Result
from tests.support.fakes import make_plan

PLANS = [make_plan(name=name) for name in "abc"]


class Runs:
    """A runner whose Results are called by their round_; the `at`th (from 1) ends by `ended_by`, or raises."""

    def __init__(self, at: int = 0, ended_by: str = "signal", raises: Exception | None = None) -> None:
        self.order: list[str] = []
        self.rests: list[float] = []
        self.signal_at = 0
        self._at, self._ended_by, self._raises = at, ended_by, raises

    async def run(self, round_: Round) -> Result:
        self.order.append(round_.plan.name)
        if len(self.order) != self._at:
            return Result(started_at=f"{round_.plan.name}{round_.round}")
        if self._raises:
            raise self._raises
        return Result(started_at=f"{round_.plan.name}{round_.round}", ended_by=self._ended_by, ended_because="so")

    async def rest(self, seconds: float) -> bool:
        self.rests.append(seconds)
        return len(self.rests) != self.signal_at

    def rounds(self, rounds: int = 3) -> RoundsOutcome:
        return asyncio.run(run_rounds(PLANS, rounds, self.run, self.rest, settle_s=0.5))


def names(rounds: RoundsOutcome) -> list[list[str]]:
    return [[result.started_at for result in results] for results in rounds.results]


def test_each_round_runs_every_plan_once_in_a_shuffled_order() -> None:
    order = list(interleaved(PLANS, 20, seed=1))
    blocks = [tuple(round_.variant for round_ in order[start : start + 3]) for start in range(0, 60, 3)]
    assert all(sorted(block) == [0, 1, 2] for block in blocks)
    assert [round_.round for round_ in order] == [number for number in range(20) for _ in range(3)]
    assert len(set(blocks)) > 3
    assert order == list(interleaved(PLANS, 20, seed=1))
    assert order != list(interleaved(PLANS, 20, seed=2))
    assert min(Counter(block[0] for block in blocks).values()) > 1, "each comes first now and then"


def test_results_stand_by_variant_and_round_with_a_pause_between_runs() -> None:
    runs = Runs()
    done = runs.rounds(2)
    assert names(done) == [["a0", "a1"], ["b0", "b1"], ["c0", "c1"]]
    assert (done.ended_by, runs.rests) == ("completed", [0.5] * 5)


@pytest.mark.parametrize("ended_by", ["signal", "fail_fast", "threshold", "error"])
def test_a_run_that_does_not_end_as_planned_ends_all_and_is_kept(ended_by: str) -> None:
    runs = Runs(at=5, ended_by=ended_by)
    done = runs.rounds()
    assert (done.ended_by, done.ended_because, len(runs.order)) == (ended_by, "so", 5)
    assert sum(map(len, done.results)) == 5
    assert all(rows == sorted(rows) for rows in names(done))


def test_a_signal_in_a_pause_ends_all() -> None:
    runs = Runs()
    runs.signal_at = 4
    done = runs.rounds()
    assert (done.ended_by, sum(map(len, done.results))) == ("signal", 4)


def test_a_lost_run_keeps_those_before_it() -> None:
    done = Runs(at=4, raises=RunLostError("error", "the process of a run was killed by signal 9")).rounds()
    assert (done.ended_by, done.ended_because) == ("error", "the process of a run was killed by signal 9")
    assert sum(map(len, done.results)) == 3


def test_what_cannot_be_run_is_raised_at_first_and_told_later() -> None:
    with pytest.raises(UsageError, match="no such host"):
        Runs(at=1, raises=UsageError("no such host")).rounds()
    done = Runs(at=2, raises=UsageError("no such host")).rounds()
    assert (done.ended_by, done.ended_because, sum(map(len, done.results))) == ("error", "no such host", 1)
