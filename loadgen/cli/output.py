"""Where results go: files, standard output, a terminal.

A pager that stops may keep the report waiting for ever, and a pipe that nobody reads a file. So regular files come
first, which wait for nobody, then the report, then what else there is.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from loadgen.base.errors import UsageError
from loadgen.base.files import check_writable, write_whole
from loadgen.cli.parameters import Output
from loadgen.cli.streams import drawn, emit, is_read, report_width, tell, wants_colour
from loadgen.report.exports import SAVED, Kind, find_export, render


class Delivery:
    """Prints what a command has, and writes the files that were asked for.

    Raises UsageError where one of them could not be written at the end, or would replace another.
    """

    def __init__(self, output: Output) -> None:
        self.output = output
        self._regular: list[str] = []
        self._streams: list[str] = []
        seen: dict[str, str] = {}
        for name, file in output.files.items():
            flag = find_export(name).flag
            if name == SAVED and file == "-":
                continue
            if file == "-":
                raise UsageError(f"{flag}: expected the name of a file; /dev/stdout is one")
            if not is_regular(flag, file):
                self._streams.append(name)
            else:
                self._regular.append(name)
                other = seen.setdefault(os.path.realpath(file), flag)
                if other != flag:
                    raise UsageError(f"{flag} cannot be combined with {other} of the same file: {file!r}")

    @property
    def machine(self) -> bool:
        """Whether standard output is for programs."""
        return self.output.files.get(SAVED) == "-" or self.output.form != "text"

    @property
    def shows_text(self) -> bool:
        """Whether the report that a person reads is printed where it can be read, if nothing fails."""
        return not self.machine and not self._hushed and is_read()

    def deliver(self, kind: Kind, document: object, *, environment: Mapping[str, str] | None = None) -> None:
        """Write the files and print, whatever fails; then raise UsageError with all that did.

        Quiet leaves out what a person reads where all is in files. `environment`, where it is given, may say that this
        is a step of GitHub Actions: then there are annotations, and a part of the step's summary.
        """
        failures = Failures()
        safe = {name for name, file in self.output.files.items() if file == "-"}

        def write(names: Sequence[str]) -> None:
            before = failures.count
            for name in names:
                with failures.kept():
                    write_whole(Path(self.output.files[name]), render(name, kind, document))
                    safe.add(name)
            if failures.count > before:
                rescue()

        def rescue() -> None:
            if self.output.measured and SAVED not in safe:
                safe.add(SAVED)
                with failures.kept():
                    failures.add(_saved_elsewhere(kind, document))

        write([*self._regular, *self._streams] if self._hushed else self._regular)
        before = failures.count
        if failures.count or not self._hushed:
            with failures.kept():
                self._print(kind, document)
            if failures.count > before:
                safe.difference_update(name for name, file in self.output.files.items() if file == "-")
                rescue()
        if not self._hushed:
            write(self._streams)
        if environment and environment.get("GITHUB_ACTIONS") == "true":
            with failures.kept():
                self._annotate(kind, document)
            with failures.kept():
                _add_summary(environment.get("GITHUB_STEP_SUMMARY"), kind, document)
        failures.check()

    @property
    def _hushed(self) -> bool:
        """Whether a report is printed only where a file fails."""
        return self.output.quiet and SAVED in self.output.files and not self.machine

    def _print(self, kind: Kind, document: object) -> None:
        if self.output.files.get(SAVED) == "-":
            emit(render(SAVED, kind, document))
        elif self.output.form != "text":
            emit(render(self.output.form, kind, document))
        else:
            text = render("text", kind, document, width=report_width(), colour=wants_colour(os.environ))
            emit(drawn(text, sys.stdout) + "\n")

    def _annotate(self, kind: Kind, document: object) -> None:
        """On standard output; where that is for programs on standard error, which the runner reads as well."""
        annotations = render("annotations", kind, document)
        if self.machine:
            tell(annotations)
        else:
            emit(annotations)


class Failures:
    """What failed of all that is to be done whatever fails; `check` raises it as one UsageError."""

    def __init__(self) -> None:
        self.count = 0
        self._texts: list[str] = []
        self._unexpected: Exception | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """For one thing to be done."""
        try:
            yield
        except UsageError as error:
            self.count += 1
            self.add(str(error))
        except Exception as error:
            self.count += 1
            self._unexpected = error

    def add(self, text: str) -> None:
        """What else is to be said where something failed."""
        self._texts.append(text)

    def check(self) -> None:
        """Raise UsageError, with a line for each failure; an exception of ours before that."""
        if self._unexpected:
            self._unexpected.add_note("\n".join(self._texts))
            raise self._unexpected
        if self._texts:
            raise UsageError("\n".join(dict.fromkeys(self._texts)))


def is_regular(flag: str, file: str) -> bool:
    """See `check_writable`. Raises UsageError."""
    try:
        return check_writable(Path(file))
    except OSError as error:
        raise UsageError(f"{flag}: cannot write {file!r}: {error.strerror}") from None


def _saved_elsewhere(kind: Kind, document: object) -> str:
    """Save what was measured where there is room; says where, or why that failed as well."""
    try:
        path = Path(tempfile.mkdtemp(prefix="loadgen-"), "result.json")
        try:
            write_whole(path, render(SAVED, kind, document))
        except UsageError:
            path.parent.rmdir()
            raise
    except (OSError, UsageError) as error:
        return f"the result could not be saved elsewhere either: {error}"
    return f"the result is in {path} instead; `loadgen report` makes the other files of it"


def _add_summary(file: str | None, kind: Kind, document: object) -> None:
    if not file:
        return
    try:
        with Path(file).open("a", encoding="utf-8") as opened:
            opened.write(render("markdown", kind, document) + "\n")
    except OSError as error:
        raise UsageError(f"GITHUB_STEP_SUMMARY: cannot write {file!r}: {error.strerror}") from None
