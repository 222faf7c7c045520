"""A command that reads the values of its parameters itself, where that is plain: texts, whole numbers, flags and lists.

Typer makes a validator of pydantic's for each value, and be it none. To import that takes longer than all else that a
command line needs; only for a value that is odd or wrong Typer reads it, and says so.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from typer.core import TyperCommand

LONGEST_NUMBER = 18


class Kind(NamedTuple):
    """The type of a parameter's value, and the least that a number may be."""

    type: Any
    least: float | None = None


class Plain(TyperCommand):
    """`kinds` are those of its parameters, by name."""

    kinds: ClassVar[Mapping[str, Kind]]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Set the context's parameters; what asks for something else than the command comes first."""
        given, left, order = self.make_parser(ctx).parse_args(args=args)
        for parameter in _in_order(order, self.get_params(ctx)):
            value, _ = parameter.consume_value(ctx, given)
            kind = self.kinds.get(parameter.name)
            if kind is not None and value is None and not parameter.required:
                ctx.params[parameter.name] = () if kind.type == list[str] else None
            elif kind is not None and parameter.callback is None and (read := _read(kind, value)) is not None:
                ctx.params[parameter.name] = read
            elif value or not parameter.is_eager:
                parameter.handle_parse_result(ctx, given, left)
        if left:
            ctx.fail("Got unexpected extra arguments")
        ctx.args = []
        return []


def _in_order(given: Sequence[Any], known: Sequence[Any]) -> list[Any]:
    """First what is eager, then as they were given."""
    places = {id(parameter): place for place, parameter in reversed([*enumerate(given)])}
    return sorted(known, key=lambda one: (not one.is_eager, places.get(id(one), len(given))))


def _read(kind: Kind, value: object) -> object:
    """The value as its type has it; None where Typer has to look at it."""
    if kind.type is int and isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value) if len(value) <= LONGEST_NUMBER else value
    if kind.type == list[str] and isinstance(value, list | tuple) and all(type(item) is str for item in value):
        return list(value)
    if type(value) is not kind.type or kind.type not in (str, int, bool):
        return None
    return None if kind.least is not None and isinstance(value, int) and value < kind.least else value
