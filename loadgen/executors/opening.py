"""Connecting ahead of the first request: at a pace that neither servers nor the loop choke on."""

from collections.abc import Callable

from loadgen.base.clock import NS_PER_MS
from loadgen.pacing.connecting import OPENING_BURST, opening_offset_ns


class Opening:
    """Begins `count` connects of one of `workers` workers by `open_one`; `done` of them have ended, well or not."""

    def __init__(self, count: int, workers: int, open_one: Callable[[int], None]) -> None:
        self.done = 0
        self._count = count
        self._workers = workers
        self._open_one = open_one
        self._begun = 0
        self._since_ns = 0

    def begin(self, now: int) -> None:
        """The first is due now."""
        self._since_ns = now

    def go_on(self, now: int) -> int | None:
        """Begin those that are due; when to be called again, None after the last. Full bursts are looked at each ms."""
        while self._begun < self._count:
            due_ns = self._since_ns + opening_offset_ns(self._begun, self._workers)
            if due_ns > now or self._begun - self.done >= OPENING_BURST:
                return max(due_ns, now + NS_PER_MS)
            self._begun += 1
            self._open_one(self._begun - 1)
        return None
