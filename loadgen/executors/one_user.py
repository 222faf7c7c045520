"""One user in the thread that calls: for what is done once, before or instead of a run."""

import os
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from loadgen.base.clock import NS_PER_S, Clock
from loadgen.base.endpoint import Endpoint
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome, Request
from loadgen.base.imported import imported
from loadgen.clients.destinations import Destinations
from loadgen.clients.http1.blocking import BlockingClient
from loadgen.clients.origins import OriginClients
from loadgen.executors.aside import Aside
from loadgen.executors.thread_loop import ThreadLoop
from loadgen.executors.waits import completed, in_a_thread
from loadgen.executors.way import Way
from loadgen.workloads.base import Batch, Fresh, Script, Sending, Wait

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
        self._make = partial(OriginClients, make, endpoint, destinations, clock, blocking=True)
        self._clients = [self._make()]
        self._busy: list[OriginClients] = []

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
                if step.sends is not None:
                    self._send_aside(step.sends)
                loop = ThreadLoop.of_thread()
                if loop is not None:
                    loop.wait(step.future, self._stop)
            elif isinstance(step, Fresh):
                for client in self._clients:
                    client.drop()
            elif step.until_ns is not None and not self._hurries:
                time.sleep(max(0, step.until_ns - self._clock()) / NS_PER_S)
        return False

    def interrupt(self) -> None:
        """End what runs."""
        self.interrupted = True
        for client in self._clients:
            client.cut()
        if self._stop_end >= 0:
            os.close(self._stop_end)
            self._stop_end = -1

    def close(self) -> None:
        """Free all; nothing runs any more."""
        self.interrupt()
        for client in self._clients:
            completed(client.close())
        os.close(self._stop)

    def _together(self, requests: list[Request]) -> list[Outcome]:
        """One after another; what is known of the replies to one is not overwritten by another's."""
        for place, request in enumerate(requests):
            if place and request.group is not None:
                request.group = request.group.twin(place)
        return [replace(self._exchange(request)) for request in requests]

    def _send_aside(self, sending: Sending) -> None:
        """A request while its script goes on."""
        client = self._free()
        aside, request = Aside(client, sending), self._changed(sending.request)
        self._busy.append(client)

        def done(outcome: Outcome) -> None:
            self._busy.remove(client)
            sending.told(self._judged(request, aside.ended(outcome)))

        in_a_thread(client.exchange(request), done)

    def _free(self) -> OriginClients:
        """A client that no request is out on."""
        free = [client for client in self._clients if client not in self._busy]
        if not free:
            free = [self._make()]
            self._clients += free
        return free[0]

    def _exchange(self, request: Request) -> Outcome:
        request = self._changed(request)
        return self._judged(request, completed(self._free().exchange(request)))

    def _changed(self, request: Request) -> Request:
        return request if self._change is None else self._change(request)

    def _judged(self, request: Request, outcome: Outcome) -> Outcome:
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
