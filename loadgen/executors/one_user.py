"""One user in the thread that calls: for what is done once, before or instead of a run."""

import time
from collections.abc import Callable
from typing import Any

from loadgen.base.clock import NS_PER_S, Clock
from loadgen.base.exchange import Client, ErrorClass, Outcome, Request
from loadgen.executors.thread_loop import ThreadLoop
from loadgen.executors.waits import completed
from loadgen.workloads.base import Batch, Fresh, Script, Wait

OnExchange = Callable[[Request, Outcome], None]


class OneUser:
    """Takes the steps of a script by a client that never suspends. `on_exchange` is told of each request.

    `stop` is a descriptor that becomes readable when it is to end early, and `stopped` says whether it is to.
    """

    def __init__(
        self, client: Client, clock: Clock, on_exchange: OnExchange, stopped: Callable[[], bool], stop: int
    ) -> None:
        self._client = client
        self._clock = clock
        self._on_exchange = on_exchange
        self._stopped = stopped
        self._stop = stop

    def take(self, script: Script) -> bool:
        """One pass of the script; False where it was stopped, or nothing is left to do."""
        answer: Any = None
        asked = False
        while not self._stopped():
            step = script.resume(answer)
            answer = None
            if step is None:
                return asked
            asked = True
            if isinstance(step, Request):
                answer = self._exchange(step)
            elif isinstance(step, Batch):
                answer = [self._exchange(request) for request in step.requests]
            elif isinstance(step, Wait):
                loop = ThreadLoop.of_thread()
                if loop is not None:
                    loop.wait(step.future, self._stop)
            elif isinstance(step, Fresh):
                self._client.drop()
            elif step.until_ns is not None:
                time.sleep(max(0, step.until_ns - self._clock()) / NS_PER_S)
        return False

    def _exchange(self, request: Request) -> Outcome:
        outcome = completed(self._client.exchange(request))
        reply = outcome.reply
        if reply is not None:
            outcome.error = request.expect.verdict(reply.status, reply.body_length, reply.kept)
        elif outcome.error is None:
            outcome.error = ErrorClass.GENERATOR
        self._on_exchange(request, outcome)
        return outcome
