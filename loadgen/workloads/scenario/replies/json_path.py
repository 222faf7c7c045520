"""Paths into JSON: `order.items.0.id`, `items[0].id`, `items.*.id`, `"a.b".c`, `items.-1`."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from loadgen.workloads.scenario.replies.absent import AbsentError, shown

_STEP = re.compile(
    r"""(?: ^ | \. | (?=\[) )
    (?: \[ (?: (?P<index>-?[0-9]+|\*) | "(?P<inner>(?:[^"\\]|\\.)*)" | '(?P<single>(?:[^'\\]|\\.)*)' ) \]
      | "(?P<quoted>(?:[^"\\]|\\.)*)"
      | (?P<key>[^.\[\]"]+) )""",
    re.VERBOSE,
)
_INDEX = re.compile(r"-?[0-9]{1,9}")
_ESCAPED = re.compile(r"\\(.)")
_REMEDY = 'a path is written like items.0.id, items.*.id or "key.with.dots".id'

Step = tuple[str, int | None]
"""A key of an object, and the same as a place in a list where it is one."""


class JsonPath:
    """One compiled path. Keys are parted by dots; `*` stands for every element of a list or every value of an object.

    A number is a place in a list, from the end where it is negative, and a key in an object. A key with a dot or a
    bracket in it stands in double quotes. `many`: the path has a `*`, so that what it finds is a list.
    """

    __slots__ = ("_after", "_steps", "many", "text")

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"JSON path: expected a text such as 'items.0.id', got {text!r}")
        steps = _steps_of(text)
        star = steps.index(None) if None in steps else len(steps)
        self.text = text
        self.many = star < len(steps)
        self._steps: tuple[Step, ...] = tuple(step for step in steps[:star] if step is not None)
        self._after: tuple[Step | None, ...] = tuple(steps[star:])

    def find(self, document: Any) -> Any:
        """What is there: a value, or with a `*` the list of all of them, which may be empty.

        Raises AbsentError where a step leads nowhere; after a `*` such elements are left out.
        """
        value = document
        try:
            for key, index in self._steps:
                value = value[key] if type(value) is dict else _element(value, index)
        except (KeyError, IndexError):
            raise AbsentError(self._absent(document)) from None
        if not self.many:
            return value
        if not isinstance(value, dict | list):
            raise AbsentError(f"JSON path {self.text}: no list or object{_at(self._steps)}, there is {shown(value)}")
        return list(_each(value, self._after))

    def _absent(self, value: Any) -> str:
        """Which of the steps led nowhere, and from where."""
        for place, (key, index) in enumerate(self._steps):
            try:
                value = value[key] if type(value) is dict else _element(value, index)
            except (KeyError, IndexError):
                return f"JSON path {self.text}: no {key!r}{_at(self._steps[:place])}, there is {shown(value)}"
        raise AssertionError(f"{self.text} is there")


@lru_cache(maxsize=1024)
def compile_json_path(text: str) -> JsonPath:
    """The path that a text says. Raises ValueError for what is none."""
    return JsonPath(text)


def _element(value: Any, index: int | None) -> Any:
    if index is None or type(value) is not list:
        raise IndexError
    return value[index]


def _each(value: Any, steps: tuple[Step | None, ...]) -> Iterator[Any]:
    """Every value that the steps lead to, in order."""
    for place, step in enumerate(steps):
        if step is None:
            for item in value.values() if type(value) is dict else value if type(value) is list else ():
                yield from _each(item, steps[place + 1 :])
            return
        try:
            value = value[step[0]] if type(value) is dict else _element(value, step[1])
        except (KeyError, IndexError):
            return
    yield value


def _steps_of(text: str) -> list[Step | None]:
    """The steps, with None for a `*`."""
    rest = text[1:] if text.startswith(("$.", "$[")) else text
    steps: list[Step | None] = []
    at = 0
    while at < len(rest) or not steps:
        found = _STEP.match(rest, at)
        if found is None:
            raise ValueError(f"JSON path {text!r}: cannot read {rest[at:]!r}; {_REMEDY}")
        bare = found["index"] or found["key"]
        if bare is None:
            key = next(part for part in (found["inner"], found["single"], found["quoted"]) if part is not None)
            steps.append((_ESCAPED.sub(r"\1", key), None))
        elif bare == "*":
            steps.append(None)
        else:
            steps.append((bare, int(bare) if _INDEX.fullmatch(bare) else None))
        at = found.end()
    return steps


def _at(steps: tuple[Step, ...]) -> str:
    return f" at {'.'.join(key for key, _ in steps)}" if steps else ""
