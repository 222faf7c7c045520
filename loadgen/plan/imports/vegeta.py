"""Targets of vegeta, in both of its formats, and plain lists of one URL a line."""

from collections.abc import Iterator

from loadgen.base.errors import UsageError
from loadgen.plan.imports.recorded import Imported, Recorded, body_of, kept, literal
from loadgen.plan.imports.urls import is_http
from loadgen.plan.target_list import read_list


def read_vegeta(text: str) -> Imported:
    """Raises UsageError with the line that cannot be read."""
    return Imported(tuple(targets(text)))


def targets(text: str) -> Iterator[Recorded]:
    """Each target in its order."""
    for item in read_list(text):
        if not is_http(item.url):
            raise UsageError(f"line {item.line}: expected a URL with http or https, got {item.url[:60]!r}")
        headers = kept((name, literal(value)) for name, value in item.headers)
        file = None if item.body_file is None else literal(item.body_file)
        yield Recorded(literal(item.url), item.method, headers, body_file=file, **body_of(item.body))
