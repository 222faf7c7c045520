"""`python -m loadgen` and the `loadgen` command."""

import signal
import sys
from contextlib import suppress
from typing import NoReturn

STOPPED = 105


class Stopped(BaseException):
    """A signal came while nothing runs that could end in order."""


def main() -> None:
    """Run the command line; the version needs nothing imported."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from loadgen import __version__

        with suppress(OSError, AttributeError):  # the long way says what is wrong
            sys.stdout.write(f"loadgen {__version__}\n")
            sys.stdout.flush()
            return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        from loadgen.cli.app import run_app

        code = run_app()
    except Stopped:
        sys.stderr.write("loadgen: stopped before there was anything to report\n")
        code = STOPPED
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    sys.exit(code)


def _stop(_number: int, _frame: object) -> NoReturn:
    raise Stopped


if __name__ == "__main__":
    main()
