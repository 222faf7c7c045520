"""What a declared step takes out of a reply: the value that a variable has from then on."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from loadgen.plan.jobs.scenario import Extract
from loadgen.workloads.scenario.replies.absent import AbsentError, shown
from loadgen.workloads.scenario.replies.json_path import compile_json_path
from loadgen.workloads.scenario.replies.reply import Reply, absent_from, compile_regex

Draw = Callable[[], float]
"""Gives a number from 0 to below 1, of the user's own."""

Take = Callable[[Reply, Draw], Any]
"""A value of JSON as it is, all else as text. Raises AbsentError where it is not there, and UsageError where a body
cannot be decoded here."""


def taker(extract: Extract) -> Take:
    """What takes the value out of a reply. Raises ValueError for a path or a regular expression that is none."""
    find = _any_finder(extract) if extract.random else _first_finder(extract)
    default = extract.default

    def take(reply: Reply, draw: Draw) -> Any:
        try:
            return find(reply, draw)
        except AbsentError:
            if default is None:
                raise
            return default

    return take


def _first_finder(extract: Extract) -> Take:
    where = extract.where
    match extract.source:
        case "json":
            path = compile_json_path(where)

            def first_in_json(reply: Reply, _draw: Draw) -> Any:
                found = reply.json(where)
                value = next((item for item in found if item is not None), None) if path.many else found
                if value is None:
                    raise absent_from(reply, f"JSON path {where}: there is {shown(found)}")
                return value

            return first_in_json
        case "header":

            def first_header(reply: Reply, _draw: Draw) -> str:
                if (found := reply.header(where)) is None:
                    raise absent_from(reply, f"header {where}: not among {_named(reply.headers)}")
                return found

            return first_header
        case "cookie":

            def cookie(reply: Reply, _draw: Draw) -> str:
                if (found := reply.cookies.get(where)) is None:
                    raise absent_from(reply, f"cookie {where}: not among {_named(reply.cookies)} of Set-Cookie")
                return found

            return cookie
        case "regex":
            pattern = compile_regex(where)
            return lambda reply, _draw: reply.find(pattern)


def _any_finder(extract: Extract) -> Take:
    """Of all values that are there any one."""
    first = _first_finder(extract)

    def drawn(reply: Reply, draw: Draw) -> Any:
        found = list(_all(extract, reply))
        return found[int(draw() * len(found))] if found else first(reply, draw)  # which says what is absent

    return drawn


def _all(extract: Extract, reply: Reply) -> Iterator[Any]:
    where = extract.where
    match extract.source:
        case "json":
            found = reply.json(where)
            values = found if isinstance(found, list) else [found]
            yield from (value for value in values if value is not None)
        case "header":
            yield from (value for name, value in reply.headers.pairs if name.lower() == where.lower())
        case "cookie":
            yield from (value for name, value in reply.cookies.items() if name == where)
        case "regex":
            pattern = compile_regex(where)
            matches = (match[min(pattern.groups, 1)] for match in pattern.finditer(reply.text))
            yield from (match for match in matches if match is not None)


def _named(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
