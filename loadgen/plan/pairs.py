"""Pairs of names and values, as queries and forms have them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any


def as_pairs(given: Any, what: str) -> list[tuple[Any, Any]]:
    """The pairs of a mapping, or of a list of them. Raises TypeError for anything else."""
    if isinstance(given, Mapping):
        return list(given.items())
    pairs = list(given) if isinstance(given, Iterable) else [given]
    for pair in pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise TypeError(f"{what}: expected a mapping, or pairs of a name and a value, got {type(pair).__name__}")
    return pairs


def encode_pairs(pairs: Iterable[tuple[Any, Any]], encode: Callable[[object], str]) -> str:
    """name=value&... with each of them encoded; a list is its name once for each value, None leaves a name out."""
    return "&".join([f"{encode(name)}={encode(value)}" for name, value in flat(pairs)])


def flat(pairs: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Each value of a list with its name, and nothing for None."""
    for name, value in pairs:
        for item in value if isinstance(value, list | tuple | set | frozenset) else (value,):
            if item is not None:
                yield name, item


def plain(value: object) -> str | bytes:
    """A text or a number as it is sent, before it is encoded. Raises ValueError for what is none."""
    if isinstance(value, str | bytes):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, Mapping | list | tuple | set | frozenset):
        raise ValueError(f"expected a text or a number as a value, got {value!r}")
    return str(value)
