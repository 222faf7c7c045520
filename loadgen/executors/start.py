"""Starts the workers; each is one asyncio future, to be awaited by `gather`.

The mode says where users run:
    pool     each worker on a thread of the pool, with an event loop of its own
    threads  one worker on this loop; its users are futures of a pool with a thread for each
    async    one worker on this loop, its users too
With several processes, a worker's future is a pool thread that reads the frames of a child process.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvloop

from loadgen.executors.base import Assignment
from loadgen.executors.place import make_worker
from loadgen.guard.shared_state import Cause, Slot, State


def start_here(tasks: Sequence[Assignment], pool: ThreadPoolExecutor) -> list[asyncio.Future[None]]:
    """Start workers in this process; a future that fails has tripped the stop signal first."""
    loop = asyncio.get_running_loop()
    if tasks[0].plan.mode == "pool":
        return [loop.run_in_executor(pool, _on_own_loop, task) for task in tasks]
    return [asyncio.ensure_future(_guarded(task)) for task in tasks]


def _on_own_loop(task: Assignment) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_guarded(task))


async def _guarded(task: Assignment) -> None:
    """Run a worker; an exception of its own, or in a callback of its loop, trips the stop signal and comes out here."""
    loop = asyncio.get_running_loop()
    failures: list[BaseException] = []

    def on_failure(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        failures.append(context.get("exception") or RuntimeError(context["message"]))
        task.control.trip(Cause.ERROR, task.clock())
        task.control.cut()

    before = loop.get_exception_handler()
    loop.set_exception_handler(on_failure)
    try:
        await make_worker(task).run()
        if failures:
            raise failures[0]
    except BaseException:
        task.control.trip(Cause.ERROR, task.clock())
        task.control.put(task.shard.index, Slot.STATE, State.FINISHED)
        raise
    finally:
        loop.set_exception_handler(before)
