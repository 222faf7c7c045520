"""From JSON back to the frozen dataclasses that were written as it."""

import reprlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

TYPE = "type"
"""The key under which one of several dataclasses names itself."""


def build(kind: Any, value: Any, name: str = "file") -> Any:
    """`value` from JSON as the type `kind`: dataclasses, lists, tuples and dicts of them.

    A class may have a class method `from_plain` of its own.
    Keys that no field has are left out. Raises TypeError for a value of another type.
    """
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        named = value.get(TYPE) if isinstance(value, dict) else None
        fitting = (part for part in parts if getattr(part, "__name__", "") == named or _fits(part, value))
        return build(next(fitting, parts[0]), value, name)
    if is_dataclass(kind) and isinstance(kind, type) and isinstance(value, dict):
        hints = _hints(kind)
        return kind(**{key: build(hints[key], item, key) for key, item in value.items() if key in hints})
    if origin in (list, tuple) and isinstance(value, list):
        kinds = parts if origin is tuple and parts[-1] is not Ellipsis else (parts[0],) * len(value)
        return origin(build(part, item, name) for part, item in zip(kinds, value, strict=True))
    if origin in (dict, Mapping) and isinstance(value, dict):
        return {parts[0](key): build(parts[1], item, name) for key, item in value.items()}
    if hasattr(kind, "from_plain"):
        return kind.from_plain(value)
    if not _fits(kind, value):
        raise TypeError(f"{name}: {reprlib.repr(value)}")
    return value


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {item.name: hints[item.name] for item in fields(kind)}


def _fits(kind: Any, value: Any) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    return kind is Any or type(value) in ((int, float) if kind is float else (get_origin(kind) or kind,))
