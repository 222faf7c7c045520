"""Signals that come before there is a session to stop: while names are looked up, or machines are sent their files."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class EarlySignals:
    """Who gets signals: before there is a session, whoever waits for what it needs; then the session."""

    def __init__(self) -> None:
        self.first: signal.Signals | None = None
        self._came = asyncio.Event()
        self._receiver: Callable[[signal.Signals], None] | None = None

    def receive(self, number: signal.Signals) -> None:
        """One that came."""
        if self._receiver is not None:
            self._receiver(number)
        elif self.first is None:
            self.first = number
            self._came.set()

    def hand_over(self, receiver: Callable[[signal.Signals], None]) -> None:
        """From now on it gets them, and one that came just before."""
        self._receiver = receiver
        if self.first is not None:
            receiver(self.first)

    async def wait_for(self, coming: Coroutine[Any, Any, T]) -> T | None:
        """What it gives; None where a signal comes first, and then it is cancelled."""
        task = asyncio.ensure_future(coming)
        signalled = asyncio.ensure_future(self._came.wait())
        try:
            await asyncio.wait({task, signalled}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            task.cancel()
            await asyncio.wait({task})
            return None
        finally:
            signalled.cancel()
