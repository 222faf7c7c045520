"""Sinks in this process: for one that does nothing else while a run is made."""

import json
from typing import Any

from loadgen.observe.export.runner import Runner
from loadgen.observe.export.sinks.base import Sink
from loadgen.observe.export.teller import Teller
from loadgen.observe.export.telling import Telling
from loadgen.results.result import Result


class ToldHere(Telling):
    """An observer whose sink is told on a thread of its own."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._teller = Teller([Runner("page", sink)])
        self._notes: list[str] = []

    def write(self, message: dict[str, Any]) -> bool:
        """The same way as to another process: what a sink keeps is nobody else's."""
        self._notes = self._teller.take(json.loads(json.dumps(message))) or []
        return True

    def ended(self, result: Result) -> list[str]:
        self.write(self.ending(result, whole=True))
        return self._notes
