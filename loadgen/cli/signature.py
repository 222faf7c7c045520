"""From a command's parameters, a frozen dataclass, to the signature that Typer reads; and from values back to it.

A field is one parameter, another dataclass of them, or a group (`Annotated[VALUE, GROUP]`), which stands for several.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType
from typing import Any, Protocol, get_args, runtime_checkable

from typer.models import OptionInfo

from loadgen.cli.plain import Kind


class Command(Protocol):
    """The parameters of a command. `body` names what is called with them: `module:function` in loadgen.cli.bodies."""

    @property
    def body(self) -> str: ...


@runtime_checkable
class Group(Protocol):
    """Several parameters that become one value."""

    def parameters(self) -> Iterator[inspect.Parameter]:
        """What Typer is to read."""

    def take(self, values: dict[str, Any]) -> Any:
        """The value, made of those of the parameters, which are taken out of `values`."""


def callback_of(command: type[Any], call: Callable[[Any], int]) -> Callable[..., int]:
    """A function with the parameters of `command`, which makes one of the values and gives it to `call`."""

    def callback(**values: Any) -> int:
        return call(_made(command, values))

    parameters = _all_parameters(command)
    callback.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    callback.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    callback.__doc__ = command.__doc__
    return callback


def flags_of(command: type[Any]) -> Iterator[Sequence[str]]:
    """The flags of each option that it has."""
    for flags, _ in options_of(command):
        yield flags


def options_of(command: type[Any]) -> Iterator[tuple[Sequence[str], OptionInfo]]:
    """Each option that it has, with its flags."""
    for parameter in _all_parameters(command):
        for item in get_args(parameter.annotation)[1:]:
            if isinstance(item, OptionInfo):  # in an annotation, what stands first is no default
                yield (str(item.default), *(item.param_decls or ())), item


def kinds_of(command: type[Any]) -> dict[str, Kind]:
    """Of what kind the values of its parameters are, by their names."""
    kinds = {}
    for parameter in _all_parameters(command):
        kind, *marks = get_args(parameter.annotation)
        if NoneType in (either := get_args(kind)):
            kind = either[0]
        least = next((mark.min for mark in marks if isinstance(mark, OptionInfo)), None)
        kinds[parameter.name] = Kind(kind, least)
    return kinds


def _all_parameters(command: Any) -> tuple[inspect.Parameter, ...]:
    """Those that Typer reads; to make a hundred takes a millisecond."""
    return _made_once(command)


@cache
def _made_once(command: Any) -> tuple[inspect.Parameter, ...]:
    return tuple(_parameters(command))


def _parameters(command: type[Any]) -> Iterator[inspect.Parameter]:
    for field in fields(command):
        if isinstance(field.type, type) and is_dataclass(field.type):
            yield from _parameters(field.type)
        elif group := _group(field):
            yield from group.parameters()
        else:
            default = inspect.Parameter.empty if field.default is MISSING else field.default
            yield inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=field.type)


def _made(command: type[Any], values: dict[str, Any]) -> Any:
    """One of `command`, whose values are taken out of `values`."""
    taken: dict[str, Any] = {}
    for field in fields(command):
        if isinstance(field.type, type) and is_dataclass(field.type):
            taken[field.name] = _made(field.type, values)
        elif group := _group(field):
            taken[field.name] = group.take(values)
        else:
            taken[field.name] = values.pop(field.name)
    return command(**taken)


def _group(field: Field[Any]) -> Group | None:
    return next((item for item in get_args(field.type)[1:] if isinstance(item, Group)), None)
