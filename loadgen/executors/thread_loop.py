"""An event loop for a thread that has none until somebody asks for it.

A journey in a thread has its requests in place, from a blocking client. What else it awaits, of asyncio or of a
library, asks for the running loop: then one comes into being, and turns while that is awaited.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

OnFailure = Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object]
CANCEL_S = 1.0
"""For tasks to end that were cancelled, which may swallow that."""

_thread = threading.local()


class ThreadLoop:
    """Stands where asyncio looks for the running loop; belongs to one thread at a time. `on_failure` as asyncio's."""

    def __init__(self, on_failure: OnFailure | None = None) -> None:
        self._on_failure = on_failure
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiter: asyncio.Future[None] | None = None

    def __getattr__(self, name: str) -> Any:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._loop.set_exception_handler(self._on_failure)
        return getattr(self._loop, name)

    @staticmethod
    def of_thread() -> "ThreadLoop | None":
        """The one that this thread's code ran on last."""
        return getattr(_thread, "loop", None)

    def enter(self) -> None:
        """The thread's code runs as if on this loop."""
        _thread.loop = self
        asyncio._set_running_loop(self)  # type: ignore[arg-type]

    @staticmethod
    def leave() -> None:
        """It does not any more."""
        asyncio._set_running_loop(None)

    def wait(self, future: "asyncio.Future[Any]", stop: int | None) -> None:
        """Turn until the future is done, somebody calls `interrupt`, or the descriptor `stop` is readable."""
        loop = self._loop
        if loop is None or future.done():
            return
        self._waiter = loop.create_future()
        future.add_done_callback(self._done)
        if stop is not None:
            loop.add_reader(stop, self.interrupt)
        try:
            loop.run_until_complete(self._waiter)
        finally:
            if stop is not None:
                loop.remove_reader(stop)
            future.remove_done_callback(self._done)
            self._waiter = None

    def interrupt(self) -> None:
        """End a wait."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _done(self, _future: "asyncio.Future[Any]") -> None:
        self.interrupt()

    def close(self) -> None:
        """Cancel what still runs, and free the loop."""
        if self._loop is None or self._loop.is_running():  # by a thread that hangs
            return
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self._loop.run_until_complete(asyncio.wait(tasks, timeout=CANCEL_S))
        self._loop.close()
