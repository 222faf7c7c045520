"""One run at a time, as somebody at the page wants it: started, changed, drained, stopped."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

from loadgen.base.errors import LoadgenError, UsageError
from loadgen.campaigns.isolated import Isolated
from loadgen.campaigns.rounds import RunLostError
from loadgen.plan.plan import Plan
from loadgen.serve.history import History
from loadgen.serve.limits import Limits, changed, changes_of, chosen, steered

Phase = Literal["idle", "running", "draining", "stopping"]
BY_HAND = "stopped from the page"

MakePlan = Callable[[Mapping[str, str]], Plan]
"""The plan with these flags in the place of its own. Raises UsageError."""


class Control:
    """Belongs to the loop that `serve` runs on. `show` is told of each phase, and in a sentence of what went wrong in
    the one before.
    """

    def __init__(
        self, make_plan: MakePlan, limits: Limits, history: History, show: Callable[[Phase, str], None]
    ) -> None:
        self.phase: Phase = "idle"
        self._make_plan = make_plan
        self._limits = limits
        self._history = history
        self._show = show
        self._wanted: asyncio.Queue[Plan] = asyncio.Queue()
        self._isolated: Isolated | None = None
        self._changes = ""

    async def serve(self, isolated: Isolated) -> None:
        """Make runs as they are wanted, until a signal comes."""
        self._isolated = isolated
        signalled = asyncio.create_task(isolated.until_signal())
        while not signalled.done():
            wanted = asyncio.create_task(self._wanted.get())
            await asyncio.wait({wanted, signalled}, return_when=asyncio.FIRST_COMPLETED)
            if not wanted.done():
                wanted.cancel()
                break
            await self._run(isolated, wanted.result())

    async def _run(self, isolated: Isolated, plan: Plan) -> None:
        said = ""
        try:
            result = await isolated.run(plan)
            by_hand = self.phase in ("draining", "stopping") and result.ended_by == "signal"
            self._history.add(replace(result, ended_because=BY_HAND) if by_hand else result)
        except RunLostError as error:
            said = f"The run has no result: {error}"
        except (LoadgenError, OSError) as error:  # of a machine without a process or a descriptor to spare, as well
            said = str(error)
        self._turn("idle", said)

    def start(self, values: Mapping[str, Any]) -> None:
        """Raises UsageError for what cannot be, and where a run is under way."""
        if self.phase != "idle":
            raise UsageError("a run is under way already")
        plan = self._make_plan(chosen(values, self._limits))
        self._changes = changes_of(plan, self._limits)
        self._wanted.put_nowait(steered(plan, self._limits))
        self._turn("running")

    def change(self, values: Mapping[str, Any]) -> None:
        """The rate, from the next arrivals on, or the users. Raises UsageError."""
        if self.phase != "running" or self._isolated is None:
            raise UsageError("no run is under way")
        self._isolated.steer(changed(values, self._limits, self._changes))

    def drain(self) -> None:
        """No new requests; what is under way may end. Raises UsageError where nothing runs."""
        self._stop(at_once=False)

    def stop(self) -> None:
        """The same, and what is under way is cut. Raises UsageError where nothing runs."""
        self._stop(at_once=True)

    def _stop(self, *, at_once: bool) -> None:
        if self.phase == "idle" or self._isolated is None:
            raise UsageError("no run is under way")
        self._isolated.stop(at_once=at_once)
        self._turn("stopping" if at_once else "draining")

    def _turn(self, phase: Phase, said: str = "") -> None:
        self.phase = phase
        self._show(phase, said)
