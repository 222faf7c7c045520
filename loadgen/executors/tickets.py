"""How many requests may still be sent, where many threads take them at once."""

import itertools

from loadgen.executors.base import UNLIMITED


class Tickets:
    """One for each request of a shard, sold without a lock: the numbers of a counter that are below the limit.

    `sold_out` is also set by whoever finds that there is nothing left to send.
    """

    def __init__(self, limit: int | None, *, warmup: bool) -> None:
        self.limited = limit is not None
        self.sold_out = False
        self._limit = UNLIMITED if limit is None else limit
        self._end = UNLIMITED if warmup else self._limit
        self._count = itertools.count()

    def take(self) -> bool:
        """Whether one more request may be sent. With the last ticket nobody needs to wait for his turn any more."""
        ticket = next(self._count)
        if ticket >= self._end - 1:
            self.sold_out = True
        return ticket < self._end

    def end_warmup(self, done: int) -> None:
        """The limit counts from here on: after `done` requests, and with those that are out."""
        drawn = next(self._count)  # to see how many were sold before; sold to nobody
        self._end = self._limit + done + 1
        if drawn >= self._end - 1:
            self.sold_out = True
