"""Standard output and standard error; a reader or a terminal that has gone is no error of ours."""

import errno
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from loadgen.base.errors import LoadgenError, UsageError
from loadgen.report.draw.ascii import as_ascii

GONE = (errno.EPIPE, errno.EIO)
BLOCK = "\u2588"


def emit(text: str) -> None:
    """Print to standard output. Raises UsageError for a full disk."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno not in GONE:
            raise UsageError(f"cannot write to standard output: {error.strerror}") from None


def is_read() -> bool:
    """Whether standard output is more than /dev/null, which also stands where it was closed."""
    try:
        return os.fstat(sys.stdout.fileno()).st_rdev != Path(os.devnull).stat().st_rdev
    except OSError:  # it is no file
        return True


def report_width() -> int:
    """Columns of a text on standard output: as many as the terminal has, up to what a person can read."""
    return max(60, min(shutil.get_terminal_size().columns, 120))


def is_ascii(environment: Mapping[str, str], encoding: str) -> bool:
    """Whether a terminal shows nothing but ASCII: by the encoding of its stream, and by the locale that was set.

    Python itself changes C to C.UTF-8 (PEP 538), so that LANG is what a person said.
    """
    try:
        BLOCK.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return True
    said = environment.get("LC_ALL") or environment.get("LC_CTYPE") or ""
    if said in ("", "C.UTF-8") and not environment.get("LC_ALL"):
        said = environment.get("LANG") or ""
    return said in ("C", "POSIX")


def drawn(text: str, stream: TextIO) -> str:
    """A text with pictures, bars and the like, as the terminal of a stream can show them."""
    return as_ascii(text) if is_ascii(os.environ, stream.encoding or "utf-8") else text


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
