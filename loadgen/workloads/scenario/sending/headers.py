"""The header fields that a user sends with every request."""

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from functools import lru_cache

from loadgen.base.redact import is_sensitive_header

_DISPLACING = frozenset({"host", "content-type", "expect"})


class UserHeaders(MutableMapping[str, str]):
    """Names in any case, each once, in order. `block` is their wire form, made anew after a change, which `changed` is
    told of; `learn` is told of credentials among them. `displaces`: one is there that takes the place of a request's.
    """

    __slots__ = ("_block", "_changed", "_fields", "_learn", "displaces")

    def __init__(
        self, pairs: Iterable[tuple[str, str]], changed: Callable[[], None], learn: Callable[[str], object] = str
    ) -> None:
        self._learn = learn
        self._fields = {name.lower(): (name, value) for name, value in pairs}
        self.displaces = not _DISPLACING.isdisjoint(self._fields)
        self._block: str | None = None
        self._changed = changed

    @property
    def block(self) -> str:
        """Each line ends with CRLF."""
        if self._block is None:
            self._block = "".join([f"{name}: {value}\r\n" for name, value in self._fields.values()])
        return self._block

    def without(self, replaced: Iterable[str]) -> str:
        """The block without the fields of these lowered names."""
        return "".join(f"{name}: {value}\r\n" for key, (name, value) in self._fields.items() if key not in replaced)

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()][1]

    def __setitem__(self, name: str, value: str) -> None:
        own, key = field(name, value), name.lower()
        if own == self._fields.get(key):
            return
        self._fields[key] = own
        self.displaces = self.displaces or key in _DISPLACING
        self._block = None
        self._changed()
        if _is_secret(name):
            for secret in _secrets_of(key, own[1]):
                self._learn(secret)

    def __delitem__(self, name: str) -> None:
        del self._fields[name.lower()]
        self.displaces = not _DISPLACING.isdisjoint(self._fields)
        self._block = None
        self._changed()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)


@lru_cache(maxsize=256)
def _is_name(name: str) -> bool:
    return bool(name) and name.isascii() and not any(char in name for char in ": \t\r\n")


def _secrets_of(key: str, value: str) -> tuple[str, ...]:
    """What of a credential is not to be shown: of a scheme such as Bearer and a token the token alone."""
    _, _, after = value.partition(" ")
    return (after,) if after and " " not in after and key.endswith("authorization") else (value, after)


_is_secret = lru_cache(maxsize=256)(is_sensitive_header)


@lru_cache(maxsize=4096, typed=True)
def header_line(name: str, value: object) -> tuple[str, str]:
    """The name in small letters, and the field's line. Raises as `field` does."""
    name, text = field(name, value)
    return name.lower(), f"{name}: {text}\r\n"


def field(name: str, value: object) -> tuple[str, str]:
    """A field that can be sent. Raises ValueError for what would end its line, or cannot be written in it."""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    if not _is_name(name):
        raise ValueError(f"header {name!r}: expected a name of letters, digits and dashes")
    if text.isascii() and text.isprintable():
        return name, text
    if any(char in text for char in "\r\n\0"):
        raise ValueError(f"header {name}: its value has a line break, which would end it")
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"header {name}: {text!r} has characters that no header can hold; percent-encode it") from None
    return name, text
