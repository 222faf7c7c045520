"""The event loop that everything runs on."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

from loadgen.base.errors import was_stopped

T = TypeVar("T")

STUBBORN_S = 1.0
"""A task that is cancelled at the end ends in the next turn of the loop, unless it is of those that swallow it."""

_stubborn: list[asyncio.Task[Any]] = []


def run_on_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run it to its end, on a loop of this thread's own. Tasks that are left are cancelled, and not waited for long.

    A signal may end it by an exception before it has begun: it is closed, or Python would say that nobody awaited it.
    One that comes while a callback runs ends it as well.
    """
    ended: list[BaseException] = []
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            try:
                return runner.run(_unless_stopped(main, ended))
            finally:
                runner.run(_end_tasks())
    finally:
        main.close()
        if ended:
            raise ended[0] from None


async def _unless_stopped(main: Coroutine[Any, Any, T], ended: list[BaseException]) -> T:
    """What a signal raises in a callback ends up in the loop, which would say so and go on."""
    task = asyncio.current_task()

    def take(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not was_stopped(error := context.get("exception")):
            loop.default_exception_handler(context)
        elif task is not None and error is not None:
            ended.append(error)
            task.cancel()

    asyncio.get_running_loop().set_exception_handler(take)
    return await main


async def _end_tasks() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    if left:
        _, stubborn = await asyncio.wait(left, timeout=STUBBORN_S)
        for task in stubborn:  # asyncio's own way to end a loop would wait for ever
            asyncio.tasks._unregister_task(task)
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            _stubborn.append(task)
