"""A thread for each user that blocks."""

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.base.threads import ThreadPool

STACK_BYTES = 256 * 1024
"""2,000 threads with the usual 8 MiB would reserve 16 GB of address space, more than many containers allow. All that a
user does fits into this many times over: the tests run TLS, S3 and httpx in it."""

SWITCH_INTERVAL_S = 0.1
"""Waiting threads wake this often to ask for the GIL: at the usual 5 ms, 2,000 of them do little else."""


class UserThreads:
    """One a user, as futures of the running loop. `own`: what they do is ours; else, stacks and turns are as usual."""

    def __init__(self, users: int, *, own: bool = True) -> None:
        self._users = users
        self._pool = ThreadPool("user")
        self._stack_bytes = STACK_BYTES if own else 0
        self._switch_interval_s = sys.getswitchinterval()
        if own:
            sys.setswitchinterval(SWITCH_INTERVAL_S)

    def start(self, user: Callable[[int], Coroutine[Any, Any, None]]) -> list[asyncio.Future[None]]:
        """Drive `user(number)` for each. Raises UsageError where the host does not allow so many threads."""
        futures: list[asyncio.Future[None]] = []
        loop = asyncio.get_running_loop()
        before = threading.stack_size(self._stack_bytes)
        try:
            for number in range(self._users):
                futures.append(loop.run_in_executor(self._pool, _drive_user, user, number))
        except RuntimeError as error:
            raise UsageError(
                f"this host allows {len(futures)} of {self._users} threads ({error}); "
                "raise `ulimit -u` and the container's pids limit, or use --mode pool"
            ) from None
        finally:
            threading.stack_size(before)
        return futures

    def whereabouts(self) -> list[str]:
        """Where those are that have not come back, in code of the user's own."""
        return self._pool.whereabouts()

    def share(self) -> None:
        """The run is over: whoever waits for the GIL soon gets it, though a user's own code should never let it go."""
        sys.setswitchinterval(self._switch_interval_s)

    def close(self, *, wait: bool) -> None:
        """`wait` for them, unless one hangs."""
        self.share()
        self._pool.shutdown(wait)


def _drive_user(user: Callable[[int], Coroutine[Any, Any, None]], number: int) -> None:
    drive(user(number))


def drive(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that never suspends."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("a blocking client suspended")
