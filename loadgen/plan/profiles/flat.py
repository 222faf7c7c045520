"""Values of a profile in which nothing is nested, read by the readers that the profile's keys declare.

It comes to what pydantic makes of the same values; but to build pydantic's validators takes longer than all the rest of
reading a command line, and a URL with its flags needs none of them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, SkipValidation

Read = Callable[[Any], Any]
_SKIPS: Any = SkipValidation


def read_flat(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values as the model's keys read them; None where one is wrong or unknown, or takes more than its reader."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        read = reader_of(model, key)
        if read is None or value is None:
            return None
        try:
            found[key] = read(value)
        except ValueError:
            return None
    return found


@cache
def reader_of(model: type[BaseModel], key: str) -> Read | None:
    """What reads the value of a key; None for a key that there is not, and for one whose value has keys of its own."""
    field = model.model_fields.get(key)
    return None if field is None else _reader(field.annotation, field.metadata)


def _reader(kind: Any, marks: Sequence[Any]) -> Read | None:
    """That of a type with its marks."""
    if get_origin(kind) is Annotated:
        kind, *more = get_args(kind)
        return _reader(kind, [*marks, *more])
    before: list[Any] = [mark.func for mark in marks if isinstance(mark, BeforeValidator)]
    if len(before) + sum(type(mark) is _SKIPS for mark in marks) != len(marks):
        return None
    if get_origin(kind) in (Union, UnionType) and not marks:
        kinds = [item for item in get_args(kind) if item is not NoneType]
        return _reader(kinds[0], ()) if len(kinds) == 1 else None
    if not before:
        return _as_it_is if marks else None
    return _with_type(kind, before[0])


def _with_type(kind: Any, read: Read) -> Read | None:
    """A reader whose values become those of the type: whole numbers where a float is, and the items of a tuple."""
    if kind is float:
        return lambda value: float(read(value))
    if get_origin(kind) is tuple and get_args(kind)[1:] == (...,) and get_origin(get_args(kind)[0]) is Annotated:
        each = _reader(get_args(kind)[0], ())
        return None if each is None else lambda value: tuple(map(each, read(value)))
    return read


def _as_it_is(value: Any) -> Any:
    return value
