"""`dataclass` of the standard library, made in a third of its time: some two hundred are made before a first request.

The standard library compiles six or seven functions for each class, half a millisecond on 3.11. Here only `__init__`
is compiled, since it alone is called often, and when it is first asked for: of half the classes that a run imports it
makes no object. The other methods are shared. Fields, `replace`, `asdict`, `match` and
pickling are those of the standard library.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, Field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass
else:

    def dataclass(
        *,
        frozen: bool = False,
        slots: bool = False,
        kw_only: bool = False,
        eq: bool = True,
    ) -> Callable[[type], type]:
        """A decorator: the contract of `dataclasses.dataclass`, without ordering, InitVar and weak slots."""

        def decorate(cls: type) -> type:
            if cls.__doc__ is None:  # else it would be made of the signature, which takes as long as a whole module
                cls.__doc__ = cls.__name__
            made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
            own = vars(made)
            fields = tuple(f for f in made.__dataclass_fields__.values() if f._field_type is dataclasses._FIELD)
            made.__init__ = _Unmade(made, fields, frozen)
            if "__repr__" not in own:
                made.__repr__ = _repr
            if eq:
                _set_equality(made, fields, frozen)
            if frozen:
                made.__setattr__, made.__delattr__ = _refuse_setting, _refuse_deleting
                if slots and "__getstate__" not in own:
                    made.__getstate__, made.__setstate__ = _getstate, _setstate
            return made

        return decorate


class _Unmade:
    """`__init__` of a class until it is asked for; then it is compiled, and takes this one's place."""

    __slots__ = ("_made_of",)

    def __init__(self, cls: Any, fields: tuple[Field[Any], ...], frozen: bool) -> None:
        self._made_of = (cls, fields, frozen)

    def __get__(self, one: object, kind: type | None = None) -> Any:
        self._made_of[0].__init__ = init = _init(*self._made_of)
        return init.__get__(one, kind)


def _init(cls: type, fields: tuple[Field[Any], ...], frozen: bool) -> Callable[..., None]:
    """`__init__` of `cls`: positional fields, then those by keyword alone; frozen ones are set past `__setattr__`."""
    names: dict[str, object] = {"_set": object.__setattr__, "_absent": MISSING}
    parameters: list[str] = []
    by_keyword: list[str] = []
    lines: list[str] = []
    for field in fields:
        value, parameter = field.name, field.name
        if field.default is not MISSING:
            names[f"_default_{field.name}"] = field.default
            parameter = f"{field.name}=_default_{field.name}"
            value = value if field.init else f"_default_{field.name}"
        elif field.default_factory is not MISSING:
            names[f"_new_{field.name}"] = field.default_factory
            parameter = f"{field.name}=_absent"
            made = f"_new_{field.name}()"
            value = f"{made} if {field.name} is _absent else {field.name}" if field.init else made
        elif not field.init:
            continue
        if field.init:
            (by_keyword if field.kw_only else parameters).append(parameter)
        lines.append(f"_set(self, {field.name!r}, {value})" if frozen else f"self.{field.name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    head = ", ".join(("self", *parameters, *(("*", *by_keyword) if by_keyword else ())))
    body = "\n  ".join(lines or ("pass",))
    space: dict[str, Any] = {}
    exec(f"def make({', '.join(names)}):\n def __init__({head}):\n  {body}\n return __init__", space)
    init: Callable[..., None] = space["make"](**names)
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {field.name: field.type for field in fields if field.init} | {"return": None}
    return init


def _repr(self: Any) -> str:
    shown = (f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _set_equality(cls: Any, fields: tuple[Field[Any], ...], frozen: bool) -> None:
    """Equal are objects of one class whose compared fields are; a frozen one hashes by them, another does not hash."""
    own = vars(cls)
    key = _values_of([field.name for field in fields if field.compare])

    def equal(self: object, other: object) -> bool:
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def hash_of(self: object) -> int:
        return hash(hashed(self))

    if "__eq__" not in own:
        cls.__eq__ = equal
    if own.get("__hash__") is None:
        hashed = _values_of([f.name for f in fields if (f.compare if f.hash is None else f.hash)])
        cls.__hash__ = hash_of if frozen else None


def _values_of(names: list[str]) -> Callable[[Any], object]:
    """What reads the attributes `names` of an object, as a tuple where they are several."""
    return attrgetter(*names) if names else (lambda _: ())


def _refuse_setting(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[object]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _setstate(self: Any, state: list[object]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
