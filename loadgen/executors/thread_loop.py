"""An event loop for a thread that has none until somebody asks for it.

A journey in a thread has its requests in place, from a blocking client. What else it awaits, of asyncio or of a
library, asks for the running loop: then one comes into being, and turns while that is awaited.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from loadgen.base.clock import s_to_ns

OnFailure = Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object]
CANCEL_S = 1.0
"""For tasks to end that were cancelled, which may swallow that."""

FAR_S = 3600.0
"""A timeout that is further away, or endless, is looked at again later."""

_thread = threading.local()


class ThreadLoop:
    """Stands where asyncio looks for the running loop; belongs to one thread at a time. `on_failure` as asyncio's.

    `timeout_ns` is what a request may take that does not say it. `asked` is empty until something was wanted of the
    loop itself: a list, as a field of what has a `__getattr__` is slow to look at.
    """

    def __init__(self, on_failure: OnFailure | None = None, *, timeout_s: float) -> None:
        self.timeout_ns = s_to_ns(timeout_s)
        self.asked: list[bool] = []
        self._on_failure = on_failure
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._limits: list[tuple[float, asyncio.Handle, asyncio.Timeout]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)

    def _real(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self.asked.append(True)
            self._loop = asyncio.new_event_loop()
            self._loop.set_exception_handler(self._on_failure)
        return self._loop

    def call_at(self, when: float, callback: Callable[..., object], *args: Any, **options: Any) -> asyncio.TimerHandle:
        """As a loop's. What the thread's own code has for it are the timeouts around it."""
        handle = self._real().call_at(when, callback, *args, **options)
        self._note_limit(when, handle, callback)
        return handle

    def call_soon(self, callback: Callable[..., object], *args: Any, **options: Any) -> asyncio.Handle:
        """As a loop's; a timeout that is over when it begins comes here."""
        handle = self._real().call_soon(callback, *args, **options)
        self._note_limit(0.0, handle, callback)
        return handle

    def _note_limit(self, when: float, handle: asyncio.Handle, callback: Callable[..., object]) -> None:
        limit = getattr(callback, "__self__", None)
        if isinstance(limit, asyncio.Timeout):
            self._limits.append((when, handle, limit))

    def left_ns(self) -> int | None:
        """How long the thread's code may go on before the first of its own timeouts ends that; None without any."""
        if not self._limits:
            return None
        self._limits = [(when, handle, limit) for when, handle, limit in self._limits
                        if not (handle.cancelled() or limit.expired())]  # fmt: skip
        first = min((when for when, _, _ in self._limits), default=None)
        return None if first is None else s_to_ns(min(first - self._real().time(), FAR_S))

    def turn(self) -> None:
        """Do what is due."""
        loop = self._real()
        loop.call_soon(loop.stop)
        loop.run_forever()

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
