"""`loadgen import`: read a file of another form, print a profile; what is left out is said on standard error."""

import sys
from functools import partial
from pathlib import Path

from loadgen.base.errors import UsageError
from loadgen.base.imported import imported
from loadgen.cli.commands.imports import Curl, Har, OpenApi, Postman, Vegeta
from loadgen.cli.streams import emit, tell
from loadgen.plan.imports.curl import is_curl
from loadgen.plan.imports.profile_text import profile_text
from loadgen.plan.imports.recorded import Imported, first_ones


def read(given: Har | OpenApi | Postman | Vegeta | Curl) -> int:
    """Raises UsageError with the file's name."""
    module, function = given.reader.split(":")
    reader = partial(imported(f"loadgen.plan.imports.{module}", function), **given.options)
    if isinstance(given, Curl) and is_curl(given.file):
        return _told(reader(given.file), "a command of curl")
    name = "standard input" if given.file == "-" else Path(given.file).name
    try:
        found = first_ones(reader(_text(given.file)))
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None
    return _told(found, f"{name} ({module})")


def _told(found: Imported, source: str) -> int:
    emit(profile_text(found, source))
    for note in found.notes:
        tell(f"loadgen: {note}\n")
    return 0


def _text(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}") from None
    return data.decode("utf-8-sig", "replace")
