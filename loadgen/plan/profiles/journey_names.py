"""Names in a profile whose values are found out while it runs, and where in its requests they may stand."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.plan.problems import Where

_CHANGE = ("headers", "path", "body", "json", "form", "multipart")


@dataclass(frozen=True, slots=True)
class JourneyNames:
    """`extracted` are the variables that steps take out of replies, `feeds` the names of files of rows."""

    extracted: frozenset[str] = field(default=frozenset())
    feeds: frozenset[str] = field(default=frozenset())

    def __contains__(self, name: str) -> bool:
        """Whether a variable, or the column "FEED.COLUMN", has its value only while it runs."""
        feed, dot, _ = name.partition(".")
        return feed in self.feeds if dot else name in self.extracted


def journey_names(values: Mapping[str, Any]) -> JourneyNames:
    """Those of a profile's plain values, whatever else is wrong with them."""
    feeds, scenarios, per_user = (_mapping(values.get(key)) for key in ("feeds", "scenarios", "per_user"))
    lists = [*(_mapping(scenario).get("steps") for scenario in scenarios.values()), *per_user.values()]
    extracted = (name for steps in lists for step in _steps(steps) for name in _mapping(step.get("extract")))
    return JourneyNames(frozenset(extracted), frozenset(feeds))


def request_key(where: Where) -> tuple[Where, str] | None:
    """The place of the request around a place, and the request's key; None outside of requests."""
    match where:
        case ("requests", int(), str(key), *_):
            return where[:2], key
        case ("scenarios", str(), "steps", int(), *_):
            at = 4
        case ("per_user", "start" | "end", int(), *_):
            at = 3
        case _:
            return None
    while len(where) > at + 1 and where[at] in ("steps", "together") and isinstance(where[at + 1], int):
        at += 2
    return (where[:at], str(where[at])) if len(where) > at else None


def may_change(where: Where) -> bool:
    """Whether the workload looks for variables here: a request's path, headers and body."""
    request, key = request_key(where) or ((), where[0])
    inside = where[len(request) + 1 : len(request) + 2]
    return key in _CHANGE or (key, *inside) in (("grpc", "message"), ("websocket", "messages"))


def _steps(steps: object) -> Iterator[Mapping[str, Any]]:
    """All steps of a list, and those in them."""
    for step in map(_mapping, steps if isinstance(steps, list) else ()):
        yield step
        yield from _steps(step.get("steps"))
        yield from _steps(step.get("together"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
