"""Observers: all are told the same, and none can harm the run."""

from dataclasses import dataclass, field
from typing import Any

from loadgen.base.exchange import ConnectionCounts
from loadgen.measure.histogram import Histogram
from loadgen.measure.progress import RunSecond, Snapshot
from loadgen.measure.recording import Tally
from loadgen.plan.plan import Plan
from loadgen.results.result import Result
from loadgen.session.observers import Observer, Observers
from tests.support.fakes import make_plan

PLAN = make_plan(secrets=("hunter2-hunter2",))
SNAPSHOT = Snapshot(2.0, 10.0, None, 2000, 1000.0, 1.0, 0, 5, 5, "running")
SECOND = RunSecond(0, 5, {"GET /": Tally(ok=3)}, {}, ConnectionCounts(), Histogram())


@dataclass
class Seen(Observer):
    """Keeps what it is told, and raises where it is told so."""

    raises_at: str = ""
    told: list[Any] = field(default_factory=list)

    def _take(self, kind: str, value: Any) -> None:
        self.told.append(value)
        if kind == self.raises_at:
            raise ValueError("no way to http://x/?key=hunter2-hunter2")

    def started(self, plan: Plan) -> None:
        self._take("started", plan)

    def progress(self, snapshot: Snapshot) -> None:
        self._take("progress", snapshot)

    def second(self, second: RunSecond) -> None:
        self._take("second", second)

    def ended(self, result: Result) -> None:
        self._take("ended", result)


class Line(Observer):
    """Wants nothing but progress."""

    def progress(self, snapshot: Snapshot) -> None:
        raise AssertionError("not in these tests")


def whole_run(observers: Observers) -> Result:
    observers.started(PLAN)
    observers.progress(SNAPSHOT)
    observers.second(SECOND)
    return observers.ended(Result(notes=["of the run"]))


def test_all_are_told_the_same() -> None:
    first, second = Seen(), Seen()
    result = whole_run(Observers(first, second))
    assert first.told == second.told == [PLAN, SNAPSHOT, SECOND, Result(notes=["of the run"])]
    assert result.notes == ["of the run"]


def test_one_that_raises_is_told_no_more_and_the_result_says_so_without_secrets() -> None:
    broken, other = Seen("progress"), Seen()
    observers = Observers(broken, other)
    result = whole_run(observers)
    assert (len(broken.told), len(other.told)) == (2, 4)
    why = "ValueError: no way to http://x/?key=[redacted]"
    assert result.notes == ["of the run", f"Seen failed ({why}): it was told nothing more of this run"]
    assert other.told[-1] == result
    assert whole_run(observers).notes == ["of the run"]
    assert len(broken.told) == 2


def test_one_that_raises_at_the_end_is_in_the_result_too() -> None:
    assert len(whole_run(Observers(Seen("ended"))).notes) == 2


def test_of_a_step_they_see_how_far_it_is() -> None:
    seen = Seen()
    whole_run(Observers(seen).of_step("preparing"))
    (snapshot,) = seen.told
    assert (snapshot.step, snapshot.done) == ("preparing", 2000)


def test_seconds_are_only_carried_where_somebody_looks_at_them() -> None:
    assert (Observers(Line(), Seen()).want_seconds, Observers(Line()).want_seconds) == (True, False)
