"""Where results go: a file, standard output, a terminal. The file is written first, so that nothing can lose it."""

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loadgen.base.errors import UsageError

if TYPE_CHECKING:
    from loadgen.results.find_max import MaxRate
    from loadgen.results.result import Result

FORMATS = ("text", "json")


def check_output(output: str | None, form: str, forms: Sequence[str] = FORMATS) -> None:
    """Raise UsageError for what could not be written at the end."""
    if form not in forms:
        raise UsageError(f"--format: expected {', '.join(forms[:-1])} or {forms[-1]}, got {form!r}")
    if output not in (None, "-"):
        check_writable("--output", str(output))


def check_writable(option: str, output: str) -> None:
    """Raise UsageError, naming the option, for a file that could not be written."""
    path = Path(output)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.exists() and not path.is_file():
            return  # a device or a pipe: written to as it is
        with tempfile.TemporaryFile(dir=path.parent):
            return
    except OSError as error:
        raise UsageError(f"{option}: cannot write {output!r}: {error.strerror}") from None


def check_file(option: str, file: str | None) -> None:
    """Raise UsageError for what is not the name of a file that can be written; None is."""
    if file == "-":
        raise UsageError(f"{option}: expected the name of a file; /dev/stdout is one")
    if file is not None:
        check_writable(option, file)


def deliver(
    document: Callable[[], str], show: Callable[[], None], output: str | None, *, as_json: bool, quiet: bool
) -> None:
    """Save the JSON `document` and print it, or `show` what a person reads; `output` "-" is standard output.

    `quiet` leaves out what a person reads where there is a file. Raises UsageError when the file could not be written,
    after all was printed: it must not be lost.
    """
    failure = None
    if output not in (None, "-"):
        try:
            write_text(str(output), document())
        except UsageError as error:
            failure = error
    if output == "-" or as_json:
        emit(document())
    elif failure or output is None or not quiet:
        show()
    if failure:
        raise failure


def deliver_result(result: "Result", output: str | None, form: str, *, quiet: bool = False) -> None:
    """`deliver` a Result."""
    from loadgen.results.result import to_json

    deliver(lambda: to_json(result), lambda: show_result(result), output, as_json=form == "json", quiet=quiet)


def show_find_max(found: "MaxRate") -> None:
    """Print what a search has found."""
    from loadgen.report.campaigns.find_max import render_find_max

    emit(render_find_max(found, width=text_width(), colour=wants_colour()) + "\n")


def show_result(result: "Result") -> None:
    """Print the report of a Result."""
    from loadgen.report.run.text import render_text

    emit(render_text(result, width=text_width(), colour=wants_colour()) + "\n")


@dataclass(frozen=True, slots=True)
class HistogramFiles:
    """Where the histograms of a Result go; None for what was not asked for."""

    hgrm: str | None = None
    hlog: str | None = None

    def check(self) -> None:
        """Raise UsageError for a file that could not be written at the end."""
        check_file("--hgrm", self.hgrm)
        check_file("--hlog", self.hlog)

    def write(self, result: "Result") -> None:
        """Write those that were asked for. Raises UsageError where that fails."""
        if self.hgrm is not None:
            from loadgen.report.files.hgrm import hgrm_of

            write_text(self.hgrm, hgrm_of(result))
        if self.hlog is not None:
            from loadgen.report.files.hlog import render_hlog

            write_text(self.hlog, render_hlog(result))


def write_text(path: str, text: str) -> None:
    """Write a file, whole or not at all. Raises UsageError where that fails."""
    from loadgen.base.files import whole_file

    with whole_file(Path(path)) as file:
        file.write(text)


def text_width() -> int:
    """The columns of a report: those of the terminal, within reason."""
    return max(60, min(shutil.get_terminal_size().columns, 120))


def wants_colour() -> bool:
    """Colour on a terminal, unless NO_COLOR asks for none."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def emit(text: str) -> None:
    """Print to standard output; a reader that has gone is not an error of ours. Raises UsageError for a full disk."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise UsageError(f"cannot write to standard output: {error.strerror}") from None
