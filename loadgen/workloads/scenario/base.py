"""What drivers of journeys are given, whether these are coroutines or declared steps."""

from collections.abc import Callable
from typing import Any, Protocol

from loadgen.workloads.base import Script, Workload
from loadgen.workloads.scenario.journeys import Journeys


class JourneyScript(Script, Protocol):
    """The journeys of one user. `requested`: its last step was a request. `loop` is what its futures belong to."""

    requested: bool
    loop: Any

    def attach(self, due: Callable[[], int], wake: Callable[[], None], *, flows: bool) -> None:
        """Whoever drives the script says when the pass that begins was due, and is told by `wake` to go on with it.
        `flows`: the next pass begins at once, and nobody need be asked.
        """

    def leave(self) -> bool:
        """Whether something is to be done after the last journey: `resume` does that from here on. True once."""

    def close(self) -> None:
        """The run is over, wherever the journey is."""


class JourneyWorkload(Workload, Protocol):
    """The journeys of one shard's users."""

    journeys: Journeys

    def script(self, user: int) -> JourneyScript:
        """The journeys of the shard's user number `user`."""
