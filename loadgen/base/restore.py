"""From JSON back to the frozen dataclasses that were written as it."""

import reprlib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import repeat
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

TYPE = "type"
"""The key under which one of several dataclasses names itself."""


def build(kind: Any, value: Any, name: str = "file") -> Any:
    """`value` from JSON as the type `kind`: dataclasses, lists, tuples and dicts of them.

    A class may have a class method `from_plain` of its own.
    Keys that no field has are left out. Raises TypeError for a value of another type.
    """
    return _builder(kind)(value, name)


Builder = Callable[[Any, str], Any]
"""Of a value from JSON, and the name that an error calls it by."""


@cache
def _builder(kind: Any) -> Builder:
    """Of a type, of which all that can be known before a value is found out once: frames come many times a second."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _of_union(parts)
    if is_dataclass(kind) and isinstance(kind, type):
        return _of_dataclass(kind)
    if origin in (list, tuple):
        return _of_sequence(kind, origin, parts)
    if origin in (dict, Mapping):
        return _of_mapping(kind, *parts)
    return _of_plain(kind)


def _of_union(parts: tuple[Any, ...]) -> Builder:
    each = [(getattr(part, "__name__", ""), _test(part), part) for part in parts]

    def made(value: Any, name: str) -> Any:
        named = value.get(TYPE) if isinstance(value, dict) else None
        for part_name, fits, part in each:
            if part_name == named or fits(value):
                return _builder(part)(value, name)
        return _builder(parts[0])(value, name)

    return made


def _of_dataclass(kind: Any) -> Builder:
    otherwise = _of_plain(kind)

    def made(value: Any, name: str) -> Any:
        if not isinstance(value, dict):
            return otherwise(value, name)
        builders = _field_builders(kind)  # not before: a class may have fields of its own type
        return kind(**{key: builders[key](item, key) for key, item in value.items() if key in builders})

    return made


@cache
def _field_builders(kind: Any) -> dict[str, Builder]:
    hints = get_type_hints(kind)
    return {item.name: _builder(hints[item.name]) for item in fields(kind)}


def _of_sequence(kind: Any, origin: type[Any], parts: tuple[Any, ...]) -> Builder:
    otherwise = _of_plain(kind)
    builders = [_builder(part) for part in parts if part is not Ellipsis]
    is_one_kind = origin is list or parts[-1:] == (Ellipsis,)

    def made(value: Any, name: str) -> Any:
        if not isinstance(value, list):
            return otherwise(value, name)
        each = repeat(builders[0], len(value)) if is_one_kind else builders
        return origin(builder(item, name) for builder, item in zip(each, value, strict=True))

    return made


def _of_mapping(kind: Any, key_kind: Any, item_kind: Any) -> Builder:
    otherwise, builder = _of_plain(kind), _builder(item_kind)

    def made(value: Any, name: str) -> Any:
        if not isinstance(value, dict):
            return otherwise(value, name)
        return {key_kind(key): builder(item, name) for key, item in value.items()}

    return made


def _of_plain(kind: Any) -> Builder:
    from_plain = getattr(kind, "from_plain", None)
    if from_plain is not None:
        return lambda value, _name: from_plain(value)
    fits = _test(kind)

    def made(value: Any, name: str) -> Any:
        if not fits(value):
            raise TypeError(f"{name}: {reprlib.repr(value)}")
        return value

    return made


def _test(kind: Any) -> Callable[[Any], bool]:
    """Whether a value is of a type as it is."""
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        return lambda value: value in choices
    types = (int, float) if kind is float else (get_origin(kind) or kind,)
    return lambda value: kind is Any or type(value) in types
