"""Keys and queries in the one form that S3 signs: percent-encoded once, never normalised, queries sorted."""

import re
from urllib.parse import quote

from loadgen.base.errors import UsageError

_is_plain = re.compile(r"[A-Za-z0-9/_.~-]*").fullmatch


def encode_key(key: str) -> str:
    """An object's key as it stands in a path; "/" separates, and "." and ".." are names like any other.

    Raises UsageError for a key that is not UTF-8.
    """
    if _is_plain(key):
        return key
    try:
        return quote(key, safe="/~")
    except UnicodeEncodeError:
        raise UsageError(f"an S3 key must be UTF-8, got {key!a}") from None


class Query:
    """A query string: `canonical` as it is signed, `wire` as it is sent ("uploads", where that is signed "uploads=").

    A value of None stands for a name alone.
    """

    __slots__ = ("canonical", "suffix", "wire")

    def __init__(self, *pairs: tuple[str, str | None]) -> None:
        encoded = sorted((quote(name, safe="~"), quote(value or "", safe="~")) for name, value in pairs)
        alone = {quote(name, safe="~") for name, value in pairs if value is None}
        self.canonical = "&".join(f"{name}={value}" for name, value in encoded)
        self.wire = "&".join(name if name in alone else f"{name}={value}" for name, value in encoded)
        self.suffix = f"?{self.wire}" if self.wire else ""
