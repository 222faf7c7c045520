"""The control: what the workers of all processes share, as whole numbers in one inherited memory file. No locks.

Each worker writes only its own slot; anybody may trip the stop flag. A word is 64 bits and aligned, so a reader sees
an old or a new value, never a mixture.
"""

import mmap
import os
import sys
from enum import IntEnum

HEADER_WORDS = 8
SLOT_WORDS = 16
STOP, CAUSE, STOPPED_AT, GATE_AT = range(4)
GO, DRAIN, CUT = range(3)


class Cause(IntEnum):
    """What stopped the run; the first one is kept."""

    COMPLETED = 0
    FAIL_FAST = 1
    THRESHOLD = 2
    SIGNAL = 3
    ERROR = 4
    CREDENTIALS = 5


class Slot(IntEnum):
    """The words of one worker's slot."""

    STATE = 0
    CONNECTED = 1
    STARTED = 2
    SENT = 3
    OK = 4
    FAILED = 5
    NOT_SENT = 6
    FAILED_OF_SENT = 7


class State(IntEnum):
    """How far a worker is."""

    NEW = 0
    OPENING = 1
    READY = 2
    RUNNING = 3
    FINISHED = 4


class SharedState:
    """A stop flag, the start instant and a slot of counters for each worker.

    `words` is the memory itself; the hot path reads `words[STOP]` (about 20 ns) before it sends.
    """

    def __init__(self, descriptor: int, workers: int) -> None:
        size = 8 * (HEADER_WORDS + SLOT_WORDS * workers)
        self.descriptor = descriptor
        self.workers = workers
        self._memory = mmap.mmap(descriptor, size)
        self.words = memoryview(self._memory).cast("Q")

    @classmethod
    def create(cls, workers: int) -> "SharedState":
        """A new control of zeros; its descriptor may be inherited by child processes."""
        size = 8 * (HEADER_WORDS + SLOT_WORDS * workers)
        if sys.platform == "linux":
            descriptor = os.memfd_create("loadgen-control")
        else:
            import tempfile

            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, size)
        return cls(descriptor, workers)

    def close(self) -> None:
        """Let go of the memory. The control is not used afterwards."""
        self.words.release()
        self._memory.close()
        os.close(self.descriptor)

    def get(self, worker: int, word: Slot) -> int:
        """One word of a worker's slot."""
        return self.words[self.index(worker, word)]

    def put(self, worker: int, word: Slot, value: int) -> None:
        """Write one word of one's own slot."""
        self.words[self.index(worker, word)] = value

    @staticmethod
    def index(worker: int, word: Slot) -> int:
        """Where in `words` a word of a worker's slot is."""
        return HEADER_WORDS + worker * SLOT_WORDS + word

    def total(self, word: Slot) -> int:
        """The sum of one word over all workers."""
        return sum(self.words[HEADER_WORDS + word :: SLOT_WORDS])

    def least(self, word: Slot) -> int:
        """The smallest value of one word over all workers."""
        return min(self.words[HEADER_WORDS + word :: SLOT_WORDS])

    def trip(self, cause: Cause, now: int) -> bool:
        """No new requests from here on, anywhere. False if the run was stopped already: the first cause stays."""
        words = self.words
        if words[STOP] != GO:
            return False
        words[CAUSE] = cause
        words[STOPPED_AT] = now
        words[STOP] = DRAIN
        return True

    def cut(self) -> None:
        """End what still runs."""
        self.words[STOP] = CUT

    @property
    def stop(self) -> int:
        """GO, DRAIN or CUT."""
        return self.words[STOP]

    @property
    def cause(self) -> Cause:
        """Why the run was stopped; COMPLETED while it was not."""
        return Cause(self.words[CAUSE])

    @property
    def stopped_at_ns(self) -> int:
        """When the run was stopped, 0 while it was not."""
        return self.words[STOPPED_AT]

    @property
    def gate_at_ns(self) -> int:
        """When all users start together, 0 while that is not known."""
        return self.words[GATE_AT]

    def open_gate(self, at_ns: int) -> None:
        """Let all users start at this instant."""
        self.words[GATE_AT] = at_ns
