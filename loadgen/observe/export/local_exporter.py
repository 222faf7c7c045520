"""Sinks in this process: for one that does nothing else while a run is made."""

import json
from typing import Any

from loadgen.observe.export.dispatcher import Dispatcher
from loadgen.observe.export.event_observer import EventObserver
from loadgen.observe.export.runner import Runner
from loadgen.observe.export.sinks.base import Sink
from loadgen.results.result import Result


class LocalExporter(EventObserver):
    """An observer with one sink, which is called on a thread of its own."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._dispatcher = Dispatcher([Runner("page", sink)])
        self._notes: list[str] = []

    def write(self, message: dict[str, Any]) -> bool:
        """The same way as to another process: what a sink keeps is nobody else's."""
        self._notes = self._dispatcher.take(json.loads(json.dumps(message))) or []
        return True

    def ended(self, result: Result) -> list[str]:
        self.write(self.ending(result, whole=True))
        return self._notes
