"""The start gate, the stop signal and the totals as whole numbers in one memory file that processes inherit. No locks.

Each worker writes only its own slot; anybody may trip the stop flag. A value is 64 bits and aligned, so a reader sees
an old or a new one, never a mixture.
"""

import mmap
import os
import sys
from enum import IntEnum
from typing import Self

from loadgen.base.clock import SPEED_ONE
from loadgen.base.errors import UsageError

HEADER_VALUES = 8
SLOT_VALUES = 16  # 128 bytes: no two workers write to one cache line, also where the processor fetches them in pairs
STOP, CAUSE, STOPPED_AT, GATE_AT, LEASE_UNTIL, SPEED, USERS = range(7)
GO, DRAIN, CUT = range(3)


class Cause(IntEnum):
    """What stopped the run; the first one is kept."""

    COMPLETED = 0
    FAIL_FAST = 1
    THRESHOLD = 2
    SIGNAL = 3
    ERROR = 4
    CREDENTIALS = 5
    JOURNAL = 6
    NAMES = 7
    ALONE = 8
    UNREACHABLE = 9


class Slot(IntEnum):
    """The values of one worker's slot.

    FAILED grows with each failure that is the target's fault. FAILED_WITH_OK is how many there were when OK was
    written, so that the two make a share. JOURNEYS are those that have started.
    """

    STATE = 0
    CONNECTED = 1
    STARTED = 2
    SENT = 3
    OK = 4
    FAILED = 5
    NOT_SENT = 6
    FAILED_WITH_OK = 7
    JOURNEYS = 8


class State(IntEnum):
    """How far a worker is."""

    NEW = 0
    OPENING = 1
    READY = 2
    RUNNING = 3
    FINISHED = 4


class SharedState:
    """A Control (executors/places/base.py): a stop flag, the start instant and a slot of counters for each worker.

    `values` is the memory itself; the hot path reads `values[STOP]` (about 20 ns) before it sends.
    """

    def __init__(self, descriptor: int, workers: int) -> None:
        size = 8 * (HEADER_VALUES + SLOT_VALUES * workers)
        self.descriptor = descriptor
        self.workers = workers
        self._memory = mmap.mmap(descriptor, size)
        self.values = memoryview(self._memory).cast("Q")

    @classmethod
    def create(cls, workers: int) -> Self:
        """New memory of zeros; its descriptor may be inherited by child processes. Raises UsageError without room."""
        size = 8 * (HEADER_VALUES + SLOT_VALUES * workers)
        if sys.platform == "linux":
            descriptor = os.memfd_create("loadgen-control")
        else:
            import tempfile

            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        try:
            os.ftruncate(descriptor, size)
        except OSError as error:  # a limit on files holds for those in memory too
            os.close(descriptor)
            raise UsageError(f"workers share a file of {size} bytes: {error.strerror}; see `ulimit -f`") from None
        return cls(descriptor, workers)

    def close(self) -> None:
        """Let go of the memory. It is not used afterwards."""
        self.values.release()
        self._memory.close()
        os.close(self.descriptor)

    def get(self, worker: int, slot: Slot) -> int:
        """One value of a worker's slot."""
        return self.values[self.index(worker, slot)]

    def put(self, worker: int, slot: Slot, value: int) -> None:
        """Write one value of one's own slot."""
        self.values[self.index(worker, slot)] = value

    @staticmethod
    def index(worker: int, slot: Slot) -> int:
        """Where in `values` a value of a worker's slot is."""
        return HEADER_VALUES + worker * SLOT_VALUES + slot

    def total(self, slot: Slot) -> int:
        return sum(self.values[HEADER_VALUES + slot :: SLOT_VALUES])

    def sum_of(self, workers: range, slot: Slot) -> int:
        """The sum of one figure over some workers, one after another."""
        first = HEADER_VALUES + slot
        return sum(self.values[first + workers.start * SLOT_VALUES : first + workers.stop * SLOT_VALUES : SLOT_VALUES])

    def least(self, slot: Slot) -> int:
        return min(self.values[HEADER_VALUES + slot :: SLOT_VALUES])

    def trip(self, cause: Cause, now: int) -> bool:
        values = self.values
        if values[STOP] != GO:
            return False
        values[CAUSE] = cause
        values[STOPPED_AT] = now
        values[STOP] = DRAIN
        return True

    def cut(self) -> None:
        self.values[STOP] = CUT

    def lease(self, until_ns: int) -> None:
        """Let workers go on until then, unless it is renewed. Without a lease nothing ends them but a stop."""
        self.values[LEASE_UNTIL] = until_ns

    def set_speed(self, millionths: int) -> None:
        """Of a timetable, from each worker's next arrival on."""
        self.values[SPEED] = millionths

    def speed(self) -> int:
        """In millionths of what was planned."""
        return self.values[SPEED] or SPEED_ONE

    def want_users(self, count: int) -> None:
        """Of a closed model whose users are steered."""
        self.values[USERS] = count

    def user_count(self) -> int:
        """How many are wanted; 0 where nobody has said it."""
        return self.values[USERS]

    @property
    def lease_ran_out(self) -> bool:
        """Whether that is what stopped the run, here and not elsewhere."""
        return 0 < self.values[LEASE_UNTIL] < self.values[STOPPED_AT] and self.cause is Cause.ALONE

    def check_lease(self, now: int) -> None:
        """End all where the lease has run out: whoever started the run is gone, or cannot be heard."""
        until_ns = self.values[LEASE_UNTIL]
        if until_ns and now > until_ns and self.values[STOP] != CUT:
            self.trip(Cause.ALONE, now)
            self.cut()

    @property
    def stop(self) -> int:
        return self.values[STOP]

    @property
    def cause(self) -> Cause:
        return Cause(self.values[CAUSE])

    @property
    def stopped_at_ns(self) -> int:
        return self.values[STOPPED_AT]

    @property
    def gate_at_ns(self) -> int:
        return self.values[GATE_AT]

    def open_gate(self, at_ns: int) -> None:
        self.values[GATE_AT] = at_ns


class Snapshot(SharedState):
    """What one held at an instant, in memory of its own: nothing has to be closed."""

    def __init__(self, state: SharedState) -> None:
        self.workers = state.workers
        self.values = memoryview(bytearray(state.values)).cast("Q")
