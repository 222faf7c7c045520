"""From the messages of a run (event_observer.py) to the calls of sinks."""

import time
from typing import Any

from loadgen.base.restore import build
from loadgen.measure.wire import second_in
from loadgen.observe.export.events import (
    Began,
    Capped,
    Ended,
    Interval,
    State,
    Sums,
    kinds_of,
    named_in,
    named_of,
    values_of,
)
from loadgen.observe.export.runner import Runner
from loadgen.observe.standing import Standing
from loadgen.plan.condition import parse_condition
from loadgen.results.documents import from_document

PATIENCE_S = 1.5
"""For what waits at the end of a run; whoever sent that waits a little longer."""


class Dispatcher:
    """Calls every sink. It adds up what they were given, since the end of a run is what its Result has beyond that."""

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
                self._call(lambda sink: sink.began(began))
            case {"state": state}:
                state_now: State = build(State, state)
                for runner in self._runners:
                    runner.state(lambda sink: sink.state(state_now))
            case {"second": plain, "at_s": at_s}:
                second = second_in(plain)
                tallies = self._capped.tallies(named_in(second))
                self._standing.add(second)
                self._interval(
                    Interval(
                        second.t_s,
                        at_s,
                        second.users,
                        tallies,
                        second.loop_lag,
                        thresholds=self._standing.rows(),
                        values=second.metrics,
                        kinds=second.kinds,
                    )
                )
            case {"requests": lines}:
                for runner in self._runners:
                    runner.requests(lines)
            case {"ended": document, "at_s": at_s, "dropped": dropped}:
                return self._ended(Ended(from_document(document), at_s, dropped))
        return None

    def _ended(self, end: Ended) -> list[str]:
        tallies = self._sums.rest(self._capped.tallies(named_of(end.result)))
        values = self._sums.rest_of_values(values_of(end.result))
        if tallies or values:
            result, kinds = end.result, kinds_of(end.result)
            rest = Interval(
                result.duration_s, end.at_s, result.users.started, tallies, rest=True, values=values, kinds=kinds
            )
            self._interval(rest)
        self._call(lambda sink: sink.ended(end))
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

    def _call(self, call: Any) -> None:
        for runner in self._runners:
            runner.call(call)
