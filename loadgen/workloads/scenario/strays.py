"""What raises beside the journeys: in a task that nobody awaits, or in a callback."""

import asyncio
from collections.abc import Callable
from typing import Any

from loadgen.workloads.scenario.failures import is_own
from loadgen.workloads.scenario.journeys import Journeys

Handler = Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object]


class Strays:
    """An exception handler for loops. What is none of the scenario's own goes on to `otherwise`."""

    def __init__(self, otherwise: Handler | None = None) -> None:
        self.journeys: Journeys | None = None
        self._otherwise = otherwise or asyncio.AbstractEventLoop.default_exception_handler

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if self.journeys is not None and error is not None and is_own(error):
            self.journeys.stray(error)
        elif error is not None or "task" not in context:  # a task without an exception was let go before its end
            self._otherwise(loop, context)
