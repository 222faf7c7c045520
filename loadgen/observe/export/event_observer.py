"""The events of runs as messages to whoever has the sinks (dispatcher.py). It is called on the loop of a run."""

import time
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from loadgen.base.redact import Redactor
from loadgen.judge.thresholds import threshold_row
from loadgen.measure.progress import RunSecond, Snapshot
from loadgen.measure.wire import second_out
from loadgen.observe.export.events import Began
from loadgen.plan.plan import Plan
from loadgen.results.documents import to_document
from loadgen.results.result import Result
from loadgen.session.observers import Observer


class EventObserver(Observer):
    """Makes the messages; `labels` are those of the results."""

    def __init__(self, labels: Mapping[str, str] | None = None) -> None:
        self._labels = dict(labels or {})
        self._round = self._dropped = 0
        self._plan: Plan | None = None
        self._name = ""
        self._opened_s = self._state_at_s = 0.0

    @abstractmethod
    def write(self, message: dict[str, Any]) -> bool:
        """Hand one over; whether it was taken."""

    def named(self, name: str) -> None:
        self._name = f" ({' '.join(name.split())})"

    def started(self, plan: Plan) -> None:
        self._plan, self._dropped, self._opened_s, self._state_at_s = plan, 0, 0.0, 0.0
        self._round += 1
        redact = Redactor(plan.secrets).address
        rows = [threshold_row(condition) for condition in plan.thresholds]
        began = Began(
            self._round, redact(plan.name) + self._name, redact(str(plan.origin)), time.time(), rows, self._labels
        )
        self.write({"began": asdict(began)})

    def progress(self, snapshot: Snapshot) -> None:
        if not self._opened_s and snapshot.phase == "running" and self._plan is not None and not snapshot.step:
            self._opened_s = time.time() - snapshot.elapsed_s + self._plan.warmup_s
        if time.monotonic() - self._state_at_s >= 1.0:
            self._state_at_s = time.monotonic()
            state = {"elapsed_s": snapshot.elapsed_s, "phase": snapshot.phase, "done": snapshot.done}
            self.write({"state": state})

    def second(self, second: RunSecond) -> None:
        at_s = self._opened_s + second.t_s if self._opened_s else time.time()
        if not self.write({"second": second_out(second), "at_s": at_s}):
            self._dropped += 1

    def ending(self, result: Result, *, whole: bool) -> dict[str, Any]:
        """The last message of a run: all of its Result, or what figures need."""
        sent = result if whole else replace(result, timeline=[], blocks=[], windows=[], histograms={}, setup={})
        return {"ended": to_document(sent), "at_s": time.time(), "dropped": self._dropped}
