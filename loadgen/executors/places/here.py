"""Workers in this process. The mode says where their users run:

pool     each worker on a thread of the pool, with an event loop of its own
threads  one worker on this loop; its users are futures of a pool with a thread for each
async    one worker on this loop, its users too
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from loadgen.base.endpoint import Endpoint
from loadgen.base.loop import run_on_loop
from loadgen.base.redact import Redactor
from loadgen.base.threads import ThreadPool
from loadgen.executors.base import Assignment
from loadgen.executors.make import make_worker
from loadgen.executors.places.base import Deliver, OnThisMachine
from loadgen.executors.worker import UsersLostError, Worker
from loadgen.guard.shared_state import Cause, SharedState, Slot, State
from loadgen.plan.plan import Plan, Shard


class Here(OnThisMachine):
    """A Place. `control` is closed with it."""

    def __init__(
        self,
        plan: Plan,
        endpoint: Endpoint,
        control: SharedState,
        maker: Callable[[Assignment], Worker] = make_worker,
    ) -> None:
        self.control = control
        self._plan = plan
        self._endpoint = endpoint
        self._maker = maker
        self._abandoned = False
        self._pool = ThreadPool("worker")

    def start(self, shards: Sequence[Shard], deliver: Deliver) -> list[asyncio.Future[None]]:
        redactor = Redactor(self._plan.secrets)
        tasks = [
            Assignment(self._plan, shard, self._endpoint, self.control, deliver, redactor.bytes_, learn=redactor.learn)
            for shard in shards
        ]
        if self._plan.mode == "pool":
            loop = asyncio.get_running_loop()
            return [loop.run_in_executor(self._pool, self._on_own_loop, task) for task in tasks]
        return [asyncio.ensure_future(self._guarded(task)) for task in tasks]

    def abandon(self) -> None:
        self._abandoned = True  # nothing ends a thread from outside

    def close(self) -> None:
        self._pool.shutdown(wait=not self._abandoned)
        if not self._abandoned:  # else somebody still reads it
            self.control.close()

    def _on_own_loop(self, task: Assignment) -> None:
        run_on_loop(self._guarded(task))

    async def _guarded(self, task: Assignment) -> None:
        """Run a worker; an exception of its own, or in a callback of its loop, trips the stop signal and is raised."""
        loop = asyncio.get_running_loop()
        failures: list[BaseException] = []

        def on_failure(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            failures.append(context.get("exception") or RuntimeError(context["message"]))
            task.control.trip(Cause.ERROR, task.clock())
            task.control.cut()

        before = loop.get_exception_handler()
        loop.set_exception_handler(on_failure)
        try:
            await self._maker(task).run()
            if failures:
                raise failures[0]
        except BaseException as error:
            task.control.trip(Cause.ERROR, task.clock())
            task.control.put(task.shard.index, Slot.STATE, State.FINISHED)
            if isinstance(error, UsersLostError) and failures:  # they were lost because of it
                raise failures[0] from error
            raise
        finally:
            loop.set_exception_handler(before)
