"""Where results go: files, standard output, a terminal. Files are written first, so that nothing can lose them."""

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from loadgen.base.errors import UsageError
from loadgen.base.files import whole_file
from loadgen.cli.parameters import Output
from loadgen.report.exports import SAVED, Kind, find_export, render


class Delivery:
    """Prints what a command has, and writes the files that were asked for.

    Raises UsageError where one of them could not be written at the end, or would replace another.
    """

    def __init__(self, output: Output) -> None:
        self.output = output
        seen: dict[str, str] = {}
        for name, file in output.files.items():
            flag = find_export(name).flag
            if name == SAVED and file == "-":
                continue
            if file == "-":
                raise UsageError(f"{flag}: expected the name of a file; /dev/stdout is one")
            if _is_written_whole(flag, file):
                other = seen.setdefault(os.path.realpath(file), flag)
                if other != flag:
                    raise UsageError(f"{flag} cannot be combined with {other} of the same file: {file!r}")

    @property
    def machine(self) -> bool:
        """Whether standard output is for programs."""
        return self.output.files.get(SAVED) == "-" or self.output.form != "text"

    def deliver(self, kind: Kind, document: object, *, environment: Mapping[str, str] | None = None) -> None:
        """Write the files and print, whatever fails; then raise UsageError with all that did.

        Quiet leaves out what a person reads where all is in files. `environment`, where it is given, may say that this
        is a step of GitHub Actions: then there are annotations, and a part of the step's summary.
        """
        failures = Failures()
        for name, file in self.output.files.items():
            if file != "-":
                with failures, whole_file(Path(file)) as opened:
                    opened.write(render(name, kind, document))
        with failures:
            self._print(kind, document, failed=bool(failures.texts))
        if environment and environment.get("GITHUB_ACTIONS") == "true":
            with failures:
                self._annotate(kind, document)
            with failures:
                _add_summary(environment.get("GITHUB_STEP_SUMMARY"), kind, document)
        failures.check()

    def _print(self, kind: Kind, document: object, *, failed: bool) -> None:
        saved = self.output.files.get(SAVED)
        if saved == "-":
            emit(render(SAVED, kind, document))
        elif self.output.form != "text":
            emit(render(self.output.form, kind, document))
        elif failed or saved is None or not self.output.quiet:
            emit(render("text", kind, document, width=text_width(), colour=wants_colour()) + "\n")

    def _annotate(self, kind: Kind, document: object) -> None:
        """On standard output; where that is for programs on standard error, which the runner reads as well."""
        annotations = render("annotations", kind, document)
        if self.machine:
            sys.stderr.write(annotations)
        else:
            emit(annotations)


class Failures:
    """A context for each thing that is to be done whatever fails; `check` raises all that did as one UsageError."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __enter__(self) -> None:
        """Nothing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, UsageError):
            self.texts.append(str(error))
        return isinstance(error, UsageError)

    def check(self) -> None:
        """Raise UsageError, with a line for each failure."""
        if self.texts:
            raise UsageError("\n".join(dict.fromkeys(self.texts)))


def _is_written_whole(flag: str, file: str) -> bool:
    """Whether it is or will be a regular file, and not a device or a pipe, which is written to as it is.

    Raises UsageError where it could not be written.
    """
    path = Path(file)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.exists() and not path.is_file():
            return False
        with tempfile.TemporaryFile(dir=path.parent):
            return path.parent != Path("/dev")  # /dev/stdout may stand for a file, which is added to
    except OSError as error:
        raise UsageError(f"{flag}: cannot write {file!r}: {error.strerror}") from None


def _add_summary(file: str | None, kind: Kind, document: object) -> None:
    if not file:
        return
    try:
        with Path(file).open("a", encoding="utf-8") as opened:
            opened.write(render("markdown", kind, document) + "\n")
    except OSError as error:
        raise UsageError(f"GITHUB_STEP_SUMMARY: cannot write {file!r}: {error.strerror}") from None


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
