"""Tasks that are done here and now, one request after the other: what is looked up beside a run."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

from loadgen.base.clock import NS_PER_S, now_ns
from loadgen.base.errors import UsageError
from loadgen.base.exchange import Client, ConnectionCounts, Outcome, Request
from loadgen.base.tls import make_context
from loadgen.clients.endpoint import endpoint_of
from loadgen.clients.http1.blocking import BlockingClient
from loadgen.executors.waits import completed
from loadgen.plan.plan import Plan
from loadgen.session.s3_words import hinted
from loadgen.workloads.base import Pause
from loadgen.workloads.s3.tasks import Fork, Task

T = TypeVar("T")


class Direct:
    """Does tasks over one connection."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._problem = ""

    def do(self, task: Task) -> Any:
        """What the task returns. Raises UsageError, in words, where its last request failed."""
        value = self._do(task)
        if self._problem:
            raise UsageError(self._problem)
        return value

    def _do(self, task: Task) -> Any:
        outcome: Outcome | None = None
        while True:
            try:
                step = task.send(outcome)
            except StopIteration as end:
                return end.value
            outcome = None
            if isinstance(step, Fork):
                for inner in step.tasks:
                    self._do(inner)
            elif isinstance(step, Pause):
                time.sleep(max(0, (step.until_ns or 0) - now_ns()) / NS_PER_S)
            else:
                outcome = self._exchange(step())

    def _exchange(self, request: Request) -> Outcome:
        outcome: Outcome = completed(self._client.exchange(request))
        reply, code = outcome.reply, ""
        if reply is not None:
            outcome.error = request.expect.judge(reply)
            code = request.expect.code_of(reply)
        self._problem = ""
        if outcome.error is not None:
            said = (
                request.expect.describe(reply.status, code) + request.expect.details(code, reply.kept)
                if reply is not None
                else outcome.detail
            )
            self._problem = hinted(
                said or outcome.error.text, code or outcome.error, reply.head if reply is not None else b""
            )
        return outcome


async def direct(plan: Plan, work: Callable[[Direct], T]) -> T:
    """What `work` makes of tasks at the plan's target, in a thread. Raises UsageError where its name has no address."""
    endpoint = await endpoint_of(plan)
    context = make_context(endpoint.tls) if endpoint.origin.scheme == "https" else None
    client = BlockingClient(endpoint, context, ConnectionCounts())
    try:
        return await asyncio.to_thread(work, Direct(client))
    finally:
        await client.close()
