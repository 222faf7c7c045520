"""Text to another process or a terminal, written without waiting."""

import fcntl
import os
import select
import time
from contextlib import suppress

PIPE_BYTES = 1 << 20
"""What a pipe may hold without privileges: at 10 names some 20 seconds."""

F_SETPIPE_SZ = getattr(fcntl, "F_SETPIPE_SZ", None)


class Feed:
    """Writes to a pipe or a terminal, whose descriptor it owns. What does not fit is written on at the next call; what
    comes until then is dropped.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._left = memoryview(b"")
        self.gone = False
        """Whether nobody reads any more."""
        os.set_blocking(descriptor, False)
        if F_SETPIPE_SZ is not None:
            with suppress(OSError):
                fcntl.fcntl(descriptor, F_SETPIPE_SZ, PIPE_BYTES)

    def write(self, line: bytes) -> bool:
        """Write a line, or begin to; whether it was taken."""
        self.go_on()
        if self._left or self.gone:
            return False
        self._left = memoryview(line)
        self.go_on()
        return not self.gone

    def go_on(self) -> None:
        """Write of what is left as much as fits."""
        try:
            while self._left:
                self._left = self._left[os.write(self._descriptor, self._left) :]
        except BlockingIOError:
            pass
        except OSError:
            self.gone, self._left = True, memoryview(b"")

    def write_last(self, line: bytes, until_s: float) -> bool:
        """Write a line and wait for that until a monotonic instant; whether all was written."""
        self._wait(until_s)
        return self.write(line) and self._wait(until_s)

    def _wait(self, until_s: float) -> bool:
        writable = select.poll()
        writable.register(self._descriptor, select.POLLOUT)
        self.go_on()
        while self._left:
            left_s = until_s - time.monotonic()
            if left_s <= 0 or not writable.poll(left_s * 1000):
                return False
            self.go_on()
        return not self.gone

    def close(self) -> None:
        """Nothing follows."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor, self.gone = -1, True
