"""From the messages of a run (telling.py) to what the sinks are told."""

import time
from typing import Any

from loadgen.base.restore import build
from loadgen.measure.wire import second_in
from loadgen.observe.export.runner import Runner
from loadgen.observe.export.told import Began, Capped, Ended, Interval, State, Sums, named_in, named_of, values_of
from loadgen.observe.standing import Standing
from loadgen.plan.condition import parse_condition
from loadgen.results.result import from_document

PATIENCE_S = 1.5
"""For what waits at the end of a run; whoever tells of it waits a little longer."""


class Teller:
    """Keeps what a run has come to, since the end of one is told as what is missing to its Result."""

    def __init__(self, runners: list[Runner]) -> None:
        self._runners = runners
        self._capped = Capped()
        self._sums = Sums()
        self._standing = Standing(())

    def take(self, message: dict[str, Any]) -> list[str] | None:
        """One message; the notes where it was the end of a run."""
        match message:
            case {"began": run}:
                began: Began = build(Began, run)
                self._capped, self._sums = Capped(), Sums()
                self._standing = Standing(tuple(parse_condition(row.expr, use="threshold") for row in began.thresholds))
                self._tell(lambda sink: sink.began(began))
            case {"state": state}:
                state_now: State = build(State, state)
                for runner in self._runners:
                    runner.state(lambda sink: sink.state(state_now))
            case {"second": plain, "at_s": at_s}:
                second = second_in(plain)
                parts = self._capped.parts(named_in(second))
                self._standing.add(second)
                self._interval(
                    Interval(
                        second.t_s,
                        at_s,
                        second.users,
                        parts,
                        second.loop_lag,
                        thresholds=self._standing.rows(),
                        values=second.metrics,
                    )
                )
            case {"requests": lines}:
                for runner in self._runners:
                    runner.requests(lines)
            case {"ended": document, "at_s": at_s, "dropped": dropped}:
                return self._ended(Ended(from_document(document), at_s, dropped))
        return None

    def _ended(self, end: Ended) -> list[str]:
        parts = self._sums.rest(self._capped.parts(named_of(end.result)))
        values = self._sums.rest_of_values(values_of(end.result))
        if parts or values:
            users = end.result.users.started
            self._interval(Interval(end.result.duration_s, end.at_s, users, parts, rest=True, values=values))
        self._tell(lambda sink: sink.ended(end))
        until = time.monotonic() + PATIENCE_S
        marks = [runner.mark() for runner in self._runners]
        notes = [
            runner.settle(done, max(0.0, until - time.monotonic()))
            for runner, done in zip(self._runners, marks, strict=True)
        ]
        return [note for note in (self._capped.note, *notes) if note]

    def _interval(self, interval: Interval) -> None:
        self._sums.add(interval)
        for runner in self._runners:
            runner.interval(interval)

    def _tell(self, call: Any) -> None:
        for runner in self._runners:
            runner.tell(call)
