"""The keys that a mapping of a profile may have, as a class declares them, and how what a person wrote is read.

Each key is an attribute with its type, a default unless it has to be given, and marks: `Annotated[int, Reads(number)]`.
A value goes to the function that reads it; the items of a tuple and the entries of a mapping are then read by the marks
of their own. All that is wrong is found, each with its place.
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Self, TypeVar, Union, get_args, get_origin, get_type_hints

from loadgen.base.suggest import did_you_mean
from loadgen.base.units import shown
from loadgen.plan.problems import Problem, Where

Read = Callable[[Any, Where, list[Problem]], Any]
"""A value as it is meant. What is wrong is added to the problems, with its place; what is returned then is no value."""

Model = TypeVar("Model", bound="Keys")
_NEEDED = object()


class Reads(NamedTuple):
    """A mark: the function that reads the value, or raises ValueError saying what would be right."""

    read: Callable[[Any], Any]


class Then(NamedTuple):
    """A mark: the same for what was read of a mapping."""

    read: Callable[[Any], Any]


class Written(NamedTuple):
    """A mark: what the key is called, where an attribute cannot be called so."""

    name: str


class Needed(NamedTuple):
    """A mark: what is expected where the key is missing."""

    what: str


class Keys:
    """A mapping with these keys and no others. `given` are the attributes of those that stand in it."""

    given: frozenset[str] = frozenset()

    def __init__(self, **values: Any) -> None:
        """The values are as they were read; the others are the defaults."""
        self.__dict__.update(values, given=frozenset(values))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be set: see changed()")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in sorted(self.given))})"

    def changed(self, **values: Any) -> Self:
        """The same but for these values, which count as given."""
        other = object.__new__(type(self))
        other.__dict__.update(vars(self), **values, given=self.given | values.keys())
        return other


class Key(NamedTuple):
    """A key: its attribute, its name in the mapping, its type and default, and what is expected where it is missing."""

    attribute: str
    name: str
    kind: Any
    default: Any
    needed: str

    @property
    def is_needed(self) -> bool:
        return self.default is _NEEDED


def keys_of(model: Any) -> dict[str, Key]:
    """Those that a class of Keys declares, by attribute."""
    return _declared(model)


@cache
def _declared(model: Any) -> dict[str, Key]:
    found = {}
    for attribute, kind in get_type_hints(model, include_extras=True).items():
        if attribute != "given" and not attribute.startswith("_"):
            marks = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
            name = next((mark.name for mark in marks if isinstance(mark, Written)), attribute)
            needed = next((mark.what for mark in marks if isinstance(mark, Needed)), name)
            found[attribute] = Key(attribute, name, kind, getattr(model, attribute, _NEEDED), needed)
    return found


def read_keys(model: type[Model], value: object, where: Where = ()) -> tuple[Model | None, list[Problem]]:
    """A mapping as the class has it, and what is wrong: where there is anything, there is no mapping."""
    problems: list[Problem] = []
    found = _mapping_of(model, value, where, problems)
    return (None if problems else found), problems


def _mapping_of(model: type[Model], value: object, where: Where, problems: list[Problem]) -> Model | None:
    if not isinstance(value, Mapping):
        problems.append(Problem(where, f"expected a mapping of keys and values, got {shown(value)}"))
        return None
    known = {key.name: key for key in keys_of(model).values()}
    values = {}
    for name, key in known.items():
        if name in value:
            values[key.attribute] = _reader(key.kind)(value[name], (*where, name), problems)
        elif key.is_needed:
            problems.append(Problem((*where, name), f"missing: expected {key.needed}", has_value=False))
    for name in value:
        if name not in known:
            text = f"unknown key{did_you_mean(str(name), known)}"
            problems.append(Problem((*where, _step(name)), text, has_value=False))
    return model(**values)


def _step(name: object) -> str | int:
    """A key of a mapping as a step on the way to its value."""
    return name if isinstance(name, str | int) else str(name)


@cache
def _reader(kind: Any, read: Callable[[Any], Any] | None = None) -> Read:
    """What reads a value of a type; `read` does so before."""
    if get_origin(kind) is Annotated:
        kind, *marks = get_args(kind)
        reads, then = ([mark.read for mark in marks if isinstance(mark, sort)] for sort in (Reads, Then))
        reader = _reader(kind, *reads)
        return _checked(reader, then[0]) if then else reader
    return _typed(kind) if read is None else _first(read, _typed(kind))


def _first(read: Callable[[Any], Any], then: Read) -> Read:
    def reader(value: Any, where: Where, problems: list[Problem]) -> Any:
        try:
            value = read(value)
        except ValueError as error:
            problems.append(Problem(where, str(error)))
            return None
        return then(value, where, problems)

    return reader


def _checked(first: Read, check: Callable[[Any], Any]) -> Read:
    def reader(value: Any, where: Where, problems: list[Problem]) -> Any:
        wrong = len(problems)
        found = first(value, where, problems)
        try:
            return found if len(problems) > wrong else check(found)
        except ValueError as error:
            problems.append(Problem(where, str(error)))

    return reader


def _typed(kind: Any) -> Read:
    """What makes a value one of its type, once it was read: of a part of it, by the marks of that."""
    origin, parts = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Keys):
        return lambda value, where, problems: _mapping_of(kind, value, where, problems)
    if origin in (Union, UnionType) and NoneType in parts:
        return _optional(*(part for part in parts if part is not NoneType))
    if origin is tuple:
        return _each(parts[0]) if parts[1:] == (...,) else _row(parts)
    if origin is Mapping:
        return _entries(*parts)
    if kind is float:
        return lambda value, _where, _problems: float(value)
    return _text if kind is str else _as_it_is


def _as_it_is(value: Any, _where: Where, _problems: list[Problem]) -> Any:
    return value


def _text(value: Any, where: Where, problems: list[Problem]) -> Any:
    if not isinstance(value, str):
        problems.append(Problem(where, f"not a value that can stand here: {shown(value)}"))
    return str(value)


def _optional(kind: Any) -> Read:
    read = _reader(kind)
    return lambda value, where, problems: None if value is None else read(value, where, problems)


def _each(kind: Any) -> Read:
    read = _reader(kind)

    def reader(value: Any, where: Where, problems: list[Problem]) -> Any:
        if not isinstance(value, list | tuple):
            problems.append(Problem(where, f"expected a list, got {shown(value)}"))
            return ()
        return tuple([read(item, (*where, index), problems) for index, item in enumerate(value)])

    return reader


def _row(kinds: tuple[Any, ...]) -> Read:
    reads = [_reader(kind) for kind in kinds]
    return lambda value, where, problems: tuple(
        [read(item, where, problems) for read, item in zip(reads, value, strict=True)]
    )


def _entries(name: Any, kind: Any) -> Read:
    read_name, read = _reader(name), _reader(kind)

    def reader(value: Any, where: Where, problems: list[Problem]) -> Any:
        if not isinstance(value, Mapping):
            problems.append(Problem(where, f"expected a mapping of keys and values, got {shown(value)}"))
            return {}
        places = {key: (*where, _step(key)) for key in value}
        return {read_name(key, place, problems): read(value[key], place, problems) for key, place in places.items()}

    return reader
