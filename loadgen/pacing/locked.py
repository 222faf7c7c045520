"""One pacer for many threads."""

from threading import Lock

from loadgen.pacing.base import Pacer, Span


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
