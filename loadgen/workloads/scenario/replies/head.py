"""The head of a reply: its fields by name, and what of it is of the final reply."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

_FOLD = re.compile(rb"\r?\n[ \t]+")
_INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)[0-9][0-9]")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


class Headers(Mapping[str, str]):
    """The header fields of a reply by name, in any case. Several of one name are joined by ", "; `pairs` has each."""

    __slots__ = ("_by_name", "pairs")

    def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
        self.pairs = pairs
        self._by_name: dict[str, tuple[str, str]] = {}
        for name, value in pairs:
            known, before = self._by_name.get(name.lower(), (name, ""))
            self._by_name[name.lower()] = (known, f"{before}, {value}" if before else value)

    def __getitem__(self, name: str) -> str:
        return self._by_name[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def __repr__(self) -> str:
        return f"Headers({dict(self)})"


@lru_cache(maxsize=1024)
def start_of_field(name: str) -> bytes:
    """What a field of that name begins with in a head in small letters."""
    return b"\n" + name.lower().encode("latin-1", "replace") + b":"


def final_head(data: bytes) -> bytes:
    """The status line and the fields, without those of interim replies, what follows, and folded lines.

    A last line that has no end is left out: it may be half a line.
    """
    end = data.find(b"\r\n\r\n")
    usual = end >= 0 and data[9:10] != b"1" and data.find(b"\n\n", 0, end) < 0
    data = data[:end] if usual else _unusual_head(data)
    return _FOLD.sub(b" ", data) if b"\n " in data or b"\n\t" in data else data


def _unusual_head(data: bytes) -> bytes:
    """After interim replies, with lines that end in LF alone, or broken off."""
    while found := _BLANK_LINE.search(data):
        if not _INTERIM.match(data):
            return data[: found.start()]
        data = data[found.end() :]
    return data[: data.rfind(b"\n") + 1]
