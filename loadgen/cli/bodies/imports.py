"""`loadgen import`: read a file of another form, print a profile; what is left out is said on standard error."""

import sys
from collections.abc import Callable
from pathlib import Path

from loadgen.base.errors import UsageError
from loadgen.cli.commands.imports import Curl, Har, OpenApi, Postman, Vegeta
from loadgen.cli.streams import emit, tell
from loadgen.plan.imports.profile_text import profile_text
from loadgen.plan.imports.recorded import Imported, first_ones

Read = Callable[[str], Imported]


def har(given: Har) -> int:
    """Raises UsageError."""
    from loadgen.plan.imports.har import read_har

    return _print(given.file, "har", lambda text: read_har(text, other_hosts=given.other_hosts, static=given.static))


def openapi(given: OpenApi) -> int:
    """Raises UsageError."""
    from loadgen.plan.imports.openapi import read_openapi

    return _print(given.file, "openapi", read_openapi)


def postman(given: Postman) -> int:
    """Raises UsageError."""
    from loadgen.plan.imports.postman import read_postman

    return _print(given.file, "postman", read_postman)


def vegeta(given: Vegeta) -> int:
    """Raises UsageError."""
    from loadgen.plan.imports.vegeta import read_vegeta

    return _print(given.file, "vegeta", read_vegeta)


def curl(given: Curl) -> int:
    """Raises UsageError."""
    from loadgen.plan.imports.curl import is_curl, read_curl

    if is_curl(given.file):
        return _told(read_curl(given.file), "a command of curl")
    return _print(given.file, "curl", read_curl)


def _print(file: str, form: str, read: Read) -> int:
    name = "standard input" if file == "-" else Path(file).name
    try:
        imported = read(_text(file))
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None
    return _told(imported, f"{name} ({form})")


def _told(imported: Imported, source: str) -> int:
    imported = first_ones(imported)
    emit(profile_text(imported, source))
    for note in imported.notes:
        tell(f"loadgen: {note}\n")
    return 0


def _text(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}") from None
    return data.decode("utf-8-sig", "replace")
