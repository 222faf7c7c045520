"""The signals that stop a run: who gets them while it lasts, and what they mean afterwards."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from loadgen.base.processes import STOPPING, show_stacks

HUNG_S = 1.0
"""A loop takes a signal within milliseconds, on any machine within a second: else code that never returns keeps it."""

ALONE_S = 2.0
"""The same where no other signal follows."""


@contextmanager
def signals_to(receiver: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Give them to `receiver`, on the running loop; afterwards they do nothing, for they must not cost the Result.

    SIGQUIT shows first where every thread is. SIGHUP that is ignored, as under nohup, stays so; of several the first is
    given, since kernel and shell may each send one. Where the loop has not taken a signal within HUNG_S, the next calls
    `receiver` amid the code that keeps the loop, and without a next one a thread does after ALONE_S.
    """
    loop = asyncio.get_running_loop()
    numbers = [number for number in STOPPING if signal.getsignal(number) != signal.SIG_IGN or number != signal.SIGHUP]
    hung_up, waiting = False, list[tuple[signal.Signals, float]]()
    timers: list[threading.Timer] = []

    def hear(number: int, frame: object) -> None:
        if number == signal.SIGQUIT:
            show_stacks(number, frame)
        kept = signal.Signals(number), time.monotonic()
        waiting.append(kept)
        if kept[1] - waiting[0][1] > HUNG_S:
            for hung, _ in waiting[:]:
                receive(hung)
        else:
            alone = threading.Timer(ALONE_S, late, (kept,))
            alone.daemon = True
            timers.append(alone)
            alone.start()
            loop.call_soon_threadsafe(receive, kept[0])

    def late(kept: tuple[signal.Signals, float]) -> None:
        """On a thread of its own: the loop has not taken it."""
        if kept in waiting:
            receive(kept[0])

    def receive(number: signal.Signals) -> None:
        nonlocal hung_up
        kept = next((entry for entry in waiting if entry[0] == number), None)
        if kept is None:  # it was given amid the code that kept the loop
            return
        waiting.remove(kept)
        while timers and not waiting:
            timers.pop().cancel()
        if not (number == signal.SIGHUP and hung_up):
            hung_up |= number == signal.SIGHUP
            receiver(number)

    for number in numbers:
        signal.signal(number, hear)  # not the loop's: to remove one of those lets the signal kill for a moment
        signal.siginterrupt(number, False)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, _nothing)
        waiting.clear()  # what the loop has not taken by now comes too late
        for timer in timers:
            timer.cancel()


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
