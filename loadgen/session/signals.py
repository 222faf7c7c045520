"""The signals that stop a run: who gets them while it lasts, and what they mean afterwards."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def signals_to(receiver: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Give them to `receiver`, on the running loop; afterwards they are ignored."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, receiver, number)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)  # what comes now must not cost the Result


@contextmanager
def signals_restored() -> Iterator[None]:
    """Keep what a run has measured within this; afterwards the signals mean what they did before."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
