"""Standard output and standard error; a reader or a terminal that has gone is no error of ours."""

import errno
import os
import sys
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


def tell(text: str) -> None:
    """Print to standard error, if that can be."""
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def tell_error(error: LoadgenError) -> None:
    """Say what went wrong, on a line for each thing that did."""
    for line in str(error).splitlines():
        tell(f"loadgen: {line}\n")
