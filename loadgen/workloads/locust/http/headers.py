"""Header fields whose names are in any case, as requests has them."""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any


class HeaderDict(MutableMapping[str, Any]):
    """Names in any case, each once, in order. `version` is another number after each change."""

    __slots__ = ("_fields", "version")

    def __init__(self, data: Any = None, **more: Any) -> None:
        self._fields: dict[str, tuple[str, Any]] = {}
        self.version = 0
        self.update(data or {}, **more)

    def __getitem__(self, name: str) -> Any:
        return self._fields[name.lower()][1]

    def __setitem__(self, name: str, value: Any) -> None:
        self._fields[name.lower()] = (name, value)
        self.version += 1

    def __delitem__(self, name: str) -> None:
        del self._fields[name.lower()]
        self.version += 1

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)

    def copy(self) -> "HeaderDict":
        return HeaderDict(self)

    def __repr__(self) -> str:
        return str(dict(self))


def merged(of_client: Mapping[str, Any], of_request: Any) -> HeaderDict:
    """The client's fields with those of one request in their place; None takes one away.

    What is no mapping, such as "", stands for no fields at all.
    """
    if of_request is None:
        of_request = {}
    if not isinstance(of_request, Mapping):
        return HeaderDict(of_request or {})
    fields = HeaderDict(of_client)
    fields.update(of_request)
    for name in [name for name, value in fields.items() if value is None]:
        del fields[name]
    return fields


def as_pairs(fields: Mapping[str, Any], takes_numbers: bool = False) -> tuple[tuple[str, str], ...]:
    """The fields as they are sent; numbers where that is allowed. Raises ValueError for what no header can hold."""
    pairs = []
    for name, value in fields.items():
        name = name.decode("latin-1") if isinstance(name, bytes) else name
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        if takes_numbers and isinstance(text, int | float):
            text = str(text)
        if not isinstance(text, str):
            raise ValueError(f"header {name}: expected text, got {value!r}: write str(...)")
        if any(char in name + text for char in "\r\n\0") or text[:1].isspace():
            raise ValueError(f"header {name}: {text!r} has a line break in it, or begins with a space")
        try:
            (name + text).encode("latin-1")
        except UnicodeEncodeError:
            text = text.encode().decode("latin-1")  # as UTF-8
        pairs.append((name, text))
    return tuple(pairs)
