"""`time.sleep` for users in greenlets: it lets the others run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from loadgen.workloads.locust.current import CURRENT


@contextmanager
def sleep_yields() -> Iterator[None]:
    """In the block a user that sleeps pauses; all else that calls `time.sleep` sleeps."""
    module: Any = time
    sleep = time.sleep

    def sleep_or_pause(seconds: float) -> None:
        hub = CURRENT.get()
        if hub is None:
            sleep(seconds)
        else:
            hub.pause(seconds)

    module.sleep = sleep_or_pause
    try:
        yield
    finally:
        module.sleep = sleep
