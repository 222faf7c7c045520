"""What the reactor asks which connections are ready: epoll on Linux, the event loop itself elsewhere."""

import asyncio
import select
from collections.abc import Callable

IN, OUT, FAILED, ENDED = 1, 4, 8 | 16, 0x2000
"""Readable, writable, error or hang-up, and the end of what the other side sends, in epoll's numbers."""


class LoopPoller:
    """As select.epoll, by asking the event loop about each descriptor.

    `poll` never waits: `on_ready` is called when there is something.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, on_ready: Callable[[], None]) -> None:
        self._loop = loop
        self._on_ready = on_ready
        self._masks: dict[int, int] = {}
        self._ready: dict[int, int] = {}
        self._called = False

    def register(self, descriptor: int, mask: int) -> None:
        self._masks[descriptor] = 0
        self.modify(descriptor, mask)

    def modify(self, descriptor: int, mask: int) -> None:
        changed = self._masks[descriptor] ^ mask
        self._masks[descriptor] = mask
        if changed & IN:
            if mask & IN:
                self._loop.add_reader(descriptor, self._mark, descriptor, IN)
            else:
                self._loop.remove_reader(descriptor)
        if changed & OUT:
            if mask & OUT:
                self._loop.add_writer(descriptor, self._mark, descriptor, OUT | FAILED)  # a loop does not tell
            else:
                self._loop.remove_writer(descriptor)

    def forget(self, descriptor: int) -> None:
        """Stop watching a descriptor that is about to be closed."""
        if descriptor in self._masks:
            self.modify(descriptor, 0)
            del self._masks[descriptor]
            self._ready.pop(descriptor, None)

    def poll(self, timeout: float | None, most: int) -> list[tuple[int, int]]:
        ready = [(descriptor, self._ready.pop(descriptor)) for descriptor in list(self._ready)[:most]]
        self._called = False
        for descriptor, mask in ready:
            if mask & IN:  # uvloop tells of a reset once, even where there are bytes to read before it
                self.modify(descriptor, self._masks[descriptor] & ~IN)
                self.modify(descriptor, self._masks[descriptor] | IN)
        return ready

    def close(self) -> None:
        for descriptor in list(self._masks):
            self.forget(descriptor)

    def _mark(self, descriptor: int, bit: int) -> None:
        self._ready[descriptor] = self._ready.get(descriptor, 0) | bit
        if not self._called:
            self._called = True
            self._loop.call_soon(self._on_ready)


def has_epoll() -> bool:
    """Whether this system has epoll, and with it the reactor's usual shape."""
    return hasattr(select, "epoll")
