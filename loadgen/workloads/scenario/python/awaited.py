"""Journeys for drivers that give outcomes as clients do: one step is over before the next is asked for."""

import time
from typing import Any

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.exchange import Request
from loadgen.workloads.base import Batch, Pause, Step
from loadgen.workloads.scenario.python.coroutines import CoroutineScript, over
from loadgen.workloads.scenario.python.hooks import Part
from loadgen.workloads.scenario.replies.answers import answer_of

_NEARLY_NS = NS_PER_MS
"""So far from its end a limit counts as over: the kernel ends a receive to the microsecond."""


class AwaitedScript(CoroutineScript):
    """With a `ThreadLoop`, in a thread that has no loop: there an `asyncio.timeout` of the script's ends the request,
    batch or pause inside of it, too, though nobody could wake the thread.
    """

    _step: Step | None = None
    _limited: tuple[tuple[Request, int | None], ...] | None = None

    def resume(self, outcome: Any) -> Step | None:
        if outcome is not None:
            outcome = self._answer(outcome)
        loop = self.loop
        if getattr(loop, "enter", None) is None:
            self._step = step = super().resume(outcome)
            return step
        if self._limited is not None:
            self._unlimit()
        loop.enter()
        try:
            step = super().resume(outcome)
        finally:
            loop.leave()
        left_ns = loop.left_ns()
        self._step = step = step if left_ns is None else self._limit(step, left_ns)
        return step

    def _limit(self, step: Step | None, left_ns: int) -> Step | None:
        """The step as it ends when the script's own timeout does."""
        requests = step.requests if isinstance(step, Batch) else [step] if isinstance(step, Request) else []
        self._limited = tuple((request, request.timeout_ns) for request in requests)
        for request in requests:
            allowed_ns = request.timeout_ns or self.loop.timeout_ns
            request.timeout_ns = max(1, min(left_ns, allowed_ns))
        if isinstance(step, Pause) and step.until_ns is not None:
            return Pause(min(step.until_ns, self._journeys.clock() + max(0, left_ns)))
        return step

    def _unlimit(self) -> None:
        """The step is over: give its requests their own time again, and let the script's timeout take place."""
        for request, timeout_ns in self._limited or ():
            request.timeout_ns = timeout_ns
        self._limited = None
        left_ns = self.loop.left_ns()
        if left_ns is not None and left_ns < _NEARLY_NS:
            time.sleep(max(0, left_ns) / NS_PER_S)
            self.loop.turn()

    def _answer(self, outcome: Any) -> Any:
        step = self._step
        if isinstance(step, Batch):
            return [answer_of(*pair) for pair in zip(step.requests, outcome, strict=True)]
        assert isinstance(step, Request)
        return answer_of(step, outcome)


class PartScript(AwaitedScript):
    """One thing that a file does, for a user that begins no journeys. What it raises comes out of `resume`.

    `result` is what it gave.
    """

    result: Any = None

    def take(self, part: Part, name: str) -> None:
        """This is to be done next; its requests are named after it."""
        self._stepped = stepped = self._done(part, name)
        self._send = stepped.send

    async def _done(self, part: Part, name: str) -> None:
        self.user.begin(name)
        self.result = await part()
        await over()
