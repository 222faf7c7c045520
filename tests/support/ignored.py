"""Signals that whoever started the tests has ignored, as nohup does, and shells do for what runs in the background."""

import signal

from loadgen.base.processes import STOPPING


def hear_what_is_ignored() -> None:
    """Let commands that are started from here have these signals as usual; this process still does not mind them."""
    for number in STOPPING:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, _nothing)  # a handler is the default again in another program


def _nothing(_number: int, _frame: object) -> None:
    pass
