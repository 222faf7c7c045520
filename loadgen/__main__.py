"""`python -m loadgen` and the `loadgen` command."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from loadgen.base.errors import Stopped, was_stopped
from loadgen.base.imported import imported
from loadgen.base.processes import STOPPING, fill_standard_descriptors

STOPPED = 105
AGAIN_S = 0.001


def main() -> NoReturn:
    """The process of the command. It ends with the command's code, whatever signal comes on its way out.

    Threads that hang are not waited for.
    """
    fill_standard_descriptors()
    code = run()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, AttributeError):
            stream.flush()
    os._exit(code)


def run_command_line() -> int:
    """See `run_app`, whose import takes as long as many a command."""
    return int(imported("loadgen.cli.app", "run_app")())


def run(command_line: Callable[[], int] = run_command_line) -> int:
    """Run the command line; the exit code. The version needs nothing imported. Later signals are without effect."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from loadgen import __version__

        with suppress(OSError, AttributeError):  # the long way says what is wrong
            sys.stdout.write(f"loadgen {__version__}\n")
            sys.stdout.flush()
            return 0
    before = sys.unraisablehook
    try:
        for number in STOPPING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _stop)
        code = command_line()
        _ignore_stopping()
    except BaseException as error:
        if not was_stopped(error):
            raise
        with suppress(OSError, AttributeError):
            sys.stderr.write("loadgen: stopped before there was anything to report\n")
        code = STOPPED
    finally:
        sys.unraisablehook = before
    return code


def _stop(_number: int, _frame: object) -> NoReturn:
    """The first signal ends it all; what comes after that must not end the end."""
    _ignore_stopping()
    sys.unraisablehook = _raise_again
    raise Stopped


def _raise_again(ignored: "sys.UnraisableHookArgs") -> None:
    """Where Python ignores exceptions, as while an object is deleted, a signal must not be lost: it comes once more."""
    if ignored.exc_type is not Stopped:
        sys.__unraisablehook__(ignored)
        return
    signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, AGAIN_S)


def _ignore_stopping() -> None:
    for number in STOPPING:
        signal.signal(number, _nothing)


def _nothing(_number: int, _frame: object) -> None:
    """Unlike SIG_IGN it says nothing where a signal is just being handled."""


if __name__ == "__main__":
    main()
