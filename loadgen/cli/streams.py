"""Standard output and standard error; a reader or a terminal that has gone is no error of ours."""

import errno
import os
import sys
from collections.abc import Mapping
from contextlib import suppress

from loadgen.base.errors import LoadgenError, UsageError

GONE = (errno.EPIPE, errno.EIO)


def emit(text: str) -> None:
    """Print to standard output. Raises UsageError for a full disk."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno not in GONE:
            raise UsageError(f"cannot write to standard output: {error.strerror}") from None


def wants_colour(environment: Mapping[str, str]) -> bool:
    """Whether standard output is to be in colour: as NO_COLOR and then FORCE_COLOR say, else on a terminal."""
    if environment.get("NO_COLOR"):
        return False
    return bool(environment.get("FORCE_COLOR")) or sys.stdout.isatty()


def tell(text: str) -> None:
    """Print to standard error, if that can be."""
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def tell_error(error: LoadgenError) -> None:
    """Say what went wrong, on a line for each thing that did."""
    for line in str(error).splitlines():
        tell(f"loadgen: {line}\n")
