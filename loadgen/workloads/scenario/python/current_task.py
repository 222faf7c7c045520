"""What stands for a user where asyncio asks for the current task: no Task is made for it.

`asyncio.timeout`, `TaskGroup` and libraries look up the current task, and cancel it; what they cancel is thrown into
the user's journey where that waits.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

current_task: Callable[[Any], Any] = (
    asyncio.current_task if sys.version_info >= (3, 12) else asyncio.tasks._current_tasks.get  # type: ignore[attr-defined]
)
"""Of a loop. Before 3.12 asyncio's own is written in Python, and costs a fifth of a step."""


class CurrentTask:
    """One user's. `wake` is called when the journey should go on, to be given what cancels it. `signals`: whoever
    drives the journey understands them.
    """

    __slots__ = ("__weakref__", "_cancelling", "_loop", "_name", "cancelled_with", "signals", "wake")

    def __init__(self, loop: Any, name: str, wake: Callable[[], None]) -> None:
        self._loop = loop
        self._name = name
        self._cancelling = 0
        self.cancelled_with: asyncio.CancelledError | None = None
        self.wake = wake
        self.signals = False

    def cancel(self, msg: Any = None) -> bool:
        """Throw CancelledError into the journey at its next step."""
        self._cancelling += 1
        if self.cancelled_with is None:
            self.cancelled_with = asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg)
            self._loop.call_soon(self._wake)
        return True

    def _wake(self) -> None:
        if self.cancelled_with is not None:
            self.wake()

    def take(self) -> asyncio.CancelledError | None:
        """What is to be thrown, once."""
        error, self.cancelled_with = self.cancelled_with, None
        return error

    def uncancel(self) -> int:
        if self._cancelling:
            self._cancelling -= 1
        return self._cancelling

    def cancelling(self) -> int:
        return self._cancelling

    def done(self) -> bool:
        return False

    def cancelled(self) -> bool:
        return False

    def get_loop(self) -> Any:
        return self._loop

    def get_name(self) -> str:
        return self._name

    def set_name(self, name: object) -> None:
        self._name = str(name)

    def get_coro(self) -> None:
        return None

    def add_done_callback(self, callback: Any, *, context: Any = None) -> None:
        """A user is never done while anybody could ask."""

    def remove_done_callback(self, callback: Any) -> int:
        return 0
