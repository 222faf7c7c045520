"""A workload that the threads of one shard share."""

from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from loadgen.base.exchange import Done, ErrorClass, Reply, Request
from loadgen.workloads.base import Workload

T = TypeVar("T")


class Shared:
    """One thread at a time asks for a request or tells how one ended; they send and receive at once."""

    only: Request | None = None

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._lock = Lock()

    @property
    def pending(self) -> int:
        """Requests whose end is still to be told."""
        return self._workload.pending

    @property
    def left(self) -> int:
        """What the workload has left."""
        return self._locked(lambda: self._workload.left)

    def next(self) -> Request | None:
        """The workload's next request."""
        with self._lock:
            request = self._workload.next()
        if request is not None and request.done is not None:
            request.done = self._told(request.done)
        return request

    def skip(self) -> int:
        """The name id of a request that was due and will not be sent."""
        return self._locked(self._workload.skip)

    def _told(self, tell: Done) -> Done:
        def done(reply: Reply | None, error: ErrorClass | None) -> None:
            with self._lock:
                tell(reply, error)

        return done

    def _locked(self, ask: Callable[[], T]) -> T:
        with self._lock:
            return ask()
