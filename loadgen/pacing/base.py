"""Pacer: when the requests of one shard's users are due. Arithmetic only: no clock, no sleep, no lock."""

from threading import Lock
from typing import Protocol

Span = tuple[int, int]


class Pacer(Protocol):
    """When is the next request of a user due? Drivers that wait on a loop and those that wait in threads ask the same.

    Instants are CLOCK_MONOTONIC nanoseconds and are passed in. Belongs to one thread, or stands behind a `LockedPacer`.
    """

    @property
    def eager(self) -> bool:
        """Whether every request is due the moment its user's last reply is in: then a driver need not ask."""

    def begin(self, start_ns: int, end_ns: int) -> None:
        """The start gate opens at `start_ns`; nothing new is due from `end_ns` on. Called once.

        A run that is stopped before its gate never begins: nothing is due then.
        """

    def spans_ns(self, user: int) -> list[Span]:
        """When the shard's user number `user` takes part: spans of instants, in order, none of them touching."""

    def next_due_ns(self, user: int, now: int) -> int:
        """When the next request of a user is due who is free since `now`; NEVER_NS after the last.

        Each answer is one request to be sent, so that users who share arrivals may each ask for one. It may be past.
        """


class LockedPacer:
    """The pacer of a shard whose users each have a thread: one of them asks at a time."""

    def __init__(self, pacer: Pacer) -> None:
        self.eager = pacer.eager
        self.begin = pacer.begin
        self._pacer = pacer
        self._lock = Lock()

    def spans_ns(self, user: int) -> list[Span]:
        with self._lock:
            return self._pacer.spans_ns(user)

    def next_due_ns(self, user: int, now: int) -> int:
        with self._lock:
            return self._pacer.next_due_ns(user, now)
