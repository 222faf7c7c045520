"""What every process of ours does first, and how it starts another."""

import faulthandler
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ORPHAN_EXIT = 70
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""The signals that stop a run. They come to a whole group of processes; of a run only its coordinator listens."""


def fill_standard_descriptors() -> None:
    """Open /dev/null in the place of 0, 1 and 2 where they are closed, before a socket or a file gets their numbers."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def python_module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module of ours; nothing that lies in the working folder is imported by it (-P)."""
    return [sys.executable, "-P", "-m", name, *arguments]


def main_of(module: str, *arguments: str) -> list[str]:
    """The command that calls `main` of a module of ours, which is imported in less time than it is run in."""
    return python_module("loadgen.base.begin", module, *arguments)


def show_stacks(_number: int, _frame: object) -> None:
    """A signal's handler: write to standard error where every thread is.

    It is one of Python's, which holds the interpreter's lock. That of `faulthandler.register` does not: it reads the
    stacks of threads that are running, and of some that are ending, which kills the process now and then.
    """
    faulthandler.dump_traceback(file=2)


@contextmanager
def stopping_signals_blocked() -> Iterator[None]:
    """For starting a process, which begins with them blocked: it sees none before it says what they mean to it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin_as_worker() -> None:
    """A process that was started so: signals of its group are none of its business, but for SIGQUIT, which shows it."""
    fill_standard_descriptors()
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, show_stacks)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


def leave_with_parent() -> None:
    """End this process when the parent closes its end of standard input."""
    while os.read(0, 1):
        pass
    os._exit(ORPHAN_EXIT)
