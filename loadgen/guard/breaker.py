"""The breaker: stops the run at the Nth failure, wherever in the run the failures are."""

from threading import Lock

from loadgen.guard.shared_state import Cause, SharedState, Slot


class Breaker:
    """One for each worker; threads of a worker may share it.

    A failure is written to the worker's slot before all slots are added up, so of two workers that fail at once at
    least one sees the sum that reaches `limit`.
    """

    def __init__(self, control: SharedState, worker: int, limit: int | None) -> None:
        self._control = control
        self._worker = worker
        self._limit = limit
        self._lock = Lock()
        self.failures = 0

    def failed(self, now: int) -> None:
        """Count one failure; trips the stop flag when it is the one too many."""
        with self._lock:
            self.failures += 1
            self._control.put(self._worker, Slot.FAILED, self.failures)
        if self._limit is not None and self._control.total(Slot.FAILED) >= self._limit:
            self._control.trip(Cause.FAIL_FAST, now)


class Deaf(Breaker):
    """What users are given whose workload sends again what has failed: it says itself what has failed for good."""

    def failed(self, now: int) -> None:
        """Count nothing."""
