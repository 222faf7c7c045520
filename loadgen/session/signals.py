"""The signals that stop a run: who gets them while it lasts, and what they mean afterwards."""

import asyncio
import faulthandler
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from loadgen.base.processes import STOPPING


@contextmanager
def signals_to(receiver: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Give them to `receiver`, on the running loop; afterwards they do nothing, for they must not cost the Result.

    SIGQUIT shows first where every thread is. SIGHUP that is ignored, as under nohup, stays so.
    """
    loop = asyncio.get_running_loop()
    numbers = [number for number in STOPPING if signal.getsignal(number) != signal.SIG_IGN or number != signal.SIGHUP]
    for number in numbers:
        loop.add_signal_handler(number, receiver, number)
    faulthandler.register(signal.SIGQUIT, file=2, chain=True)
    try:
        yield
    finally:
        faulthandler.unregister(signal.SIGQUIT)
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, _nothing)


def _nothing(_number: int, _frame: object) -> None:
    """Unlike SIG_IGN it is not taken for the wish of whoever started this process."""


@contextmanager
def signals_restored() -> Iterator[None]:
    """Afterwards the signals mean what they did before."""
    before = {number: signal.getsignal(number) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
