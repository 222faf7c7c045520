"""One user in the thread that calls: for what is done once, before or instead of a run."""

import os
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from loadgen.base.clock import NS_PER_S, Clock
from loadgen.base.exchange import Endpoint, ErrorClass, Outcome, Request
from loadgen.base.imported import imported
from loadgen.clients.destinations import Destinations
from loadgen.clients.http1.blocking import BlockingClient
from loadgen.clients.origins import OriginClients
from loadgen.executors.thread_loop import ThreadLoop
from loadgen.executors.waits import completed
from loadgen.executors.way import Way
from loadgen.workloads.base import Batch, Fresh, Script, Wait

OnExchange = Callable[[Request, Outcome], None]
Change = Callable[[Request], Request]


class OneUser:
    """Takes the steps of a script by a client of its own that never suspends. `on_exchange` is told of each request.

    With `hurries` no pause of a script is waited for. `way` is told how connections open. Each request goes out as
    `change` makes it. `interrupt` may come from any thread.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        context: ssl.SSLContext | None,
        clock: Clock,
        on_exchange: OnExchange,
        *,
        hurries: bool = False,
        http2: bool = False,
        way: Way | None = None,
        change: Change | None = None,
    ) -> None:
        self.interrupted = False
        self._clock = clock
        self._on_exchange = on_exchange
        self._hurries = hurries
        self._stop, self._stop_end = os.pipe()
        self._change = change
        look_up = None if way is None else partial(way.look_up, dialing=endpoint.dialing)
        destinations = Destinations(endpoint, context, clock, look_up=look_up)
        kind = BlockingClient
        if http2:
            kind = imported("loadgen.clients.http2.blocking", "BlockingHttp2Client")
        make = kind if way is None else partial(_watched, kind, way)
        self._client = OriginClients(make, endpoint, destinations, clock, blocking=True)

    def take(self, script: Script) -> bool:
        """One pass of the script; False where it was interrupted, or nothing is left to do."""
        answer: Any = None
        asked = False
        while not self.interrupted:
            step = script.resume(answer)
            answer = None
            if step is None:
                return asked
            asked = True
            if isinstance(step, Request):
                answer = self._exchange(step)
            elif isinstance(step, Batch):
                answer = self._together(step.requests)
            elif isinstance(step, Wait):
                loop = ThreadLoop.of_thread()
                if loop is not None:
                    loop.wait(step.future, self._stop)
            elif isinstance(step, Fresh):
                self._client.drop()
            elif step.until_ns is not None and not self._hurries:
                time.sleep(max(0, step.until_ns - self._clock()) / NS_PER_S)
        return False

    def interrupt(self) -> None:
        """End what runs."""
        self.interrupted = True
        self._client.cut()
        if self._stop_end >= 0:
            os.close(self._stop_end)
            self._stop_end = -1

    def close(self) -> None:
        """Free all; nothing runs any more."""
        self.interrupt()
        completed(self._client.close())
        os.close(self._stop)

    def _together(self, requests: list[Request]) -> list[Outcome]:
        """One after another; what is known of the replies to one is not overwritten by another's."""
        for place, request in enumerate(requests):
            if place and request.group is not None:
                request.group = request.group.twin(place)
        return [replace(self._exchange(request)) for request in requests]

    def _exchange(self, request: Request) -> Outcome:
        if self._change is not None:
            request = self._change(request)
        outcome = completed(self._client.exchange(request))
        reply = outcome.reply
        if reply is not None:
            outcome.error = request.expect.judge(reply, outcome.done_ns - outcome.sent_ns)
        elif outcome.error is None:
            outcome.error = ErrorClass.GENERATOR
        self._on_exchange(request, outcome)
        return outcome


def _watched(kind: type[BlockingClient], way: Way, *given: Any) -> BlockingClient:
    client = kind(*given)
    client.watch(way)
    return client
