"""Where a Result goes: a file, standard output, a terminal. The file is written first, so that nothing can lose it."""

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from loadgen.base.errors import UsageError

if TYPE_CHECKING:
    from loadgen.measure.result import Result

FORMATS = ("text", "json")


def check_output(output: str | None, form: str) -> None:
    """Raise UsageError for what could not be written at the end."""
    if form not in FORMATS:
        raise UsageError(f"--format: expected text or json, got {form!r}")
    if output is None or output == "-":
        return
    path = Path(output)
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(f"--output: cannot write {output!r}: expected a file name in a folder that can be written to")


def deliver(result: "Result", output: str | None, form: str, *, quiet: bool = False) -> None:
    """Save and print a Result; `output` "-" is JSON on standard output."""
    from loadgen.measure.result import save, to_json
    from loadgen.report.text import render_text

    if output not in (None, "-"):
        save(result, Path(str(output)))
    if output == "-" or form == "json":
        emit(to_json(result))
    elif not quiet:
        width = max(60, min(shutil.get_terminal_size().columns, 120))
        emit(render_text(result, width=width, colour=wants_colour()) + "\n")


def wants_colour() -> bool:
    """Colour on a terminal, unless NO_COLOR asks for none."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def emit(text: str) -> None:
    """Print to standard output; a reader that has gone is not an error of ours."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
