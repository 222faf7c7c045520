"""How programs write a secret: in base64, and with its characters as in a URL, a form, JSON or HTML."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import cache
from urllib.parse import quote

SHORT = 4
"""Of fewer characters a secret is too short to be looked for within a word."""

_SHORTEST_BASE64 = 8
_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}


def forms_of(secret: str) -> Iterator[str]:
    """A secret as it is and in base64; none of blanks alone."""
    if not secret.strip():
        return
    data = secret.encode("utf-8", "surrogatepass")
    yield secret
    for plain in (b64encode(data).decode().rstrip("="), *_base64_forms(data)):
        yield from (plain, plain.replace("+", "-").replace("/", "_"))


def _base64_forms(data: bytes) -> Iterator[str]:
    """What of `data` is the same in every base64 text that holds it, for each of the three ways to be aligned."""
    for offset in range(3):
        encoded = b64encode(bytes(offset) + data).decode()
        inner = encoded[(offset * 8 + 5) // 6 : (offset + len(data)) * 8 // 6]
        if len(inner) >= _SHORTEST_BASE64:
            yield inner


@cache
def spellings_of(character: str) -> tuple[str, ...]:
    """The ways in which programs write a character, the longest first; all but itself in small letters."""
    if character.isascii() and character.isalnum():
        return (character,)
    data = character.encode("utf-8", "surrogatepass")
    number = ord(character)
    found = {
        quote(data, safe="").lower(),
        "".join(f"%{byte:02x}" for byte in data),
        data.decode("latin-1"),
        json.dumps(character)[1:-1].lower(),
        repr(character)[1:-1].lower(),
        f"&#{number};",
        f"&#x{number:x};",
        f"&#x{number:02x};",
        f"\\u{number:04x}",
        f"\\x{number:02x}",
        f"\\{character}",
    }
    if character == " ":
        found.add("+")
    if character in _ENTITIES:
        found.add(f"&{_ENTITIES[character]};")
    return (*sorted(found - {character, ""}, key=len, reverse=True), character)


def pattern_of(form: str) -> str:
    """An expression for `form`, each of its characters in any spelling."""
    parts = []
    for character in form:
        *others, itself = map(re.escape, spellings_of(character))
        parts.append(f"(?:(?i:{'|'.join(others)})|{itself})" if others else itself)
    return "".join(parts)


def cut_length(text: str, spellings: Sequence[tuple[str, ...]]) -> int:
    """How many characters at the end of `text` are the beginning of what `spellings` spell."""
    longest = sum(len(ways[0]) for ways in spellings)
    for start in range(max(0, len(text) - longest), len(text) - SHORT + 1):
        positions = {start}
        for ways in spellings:
            positions = {after for position in positions for after in _after(text, position, ways)}
            if not positions:
                break
            if len(text) in positions:
                return len(text) - start
    return 0


def _after(text: str, position: int, ways: tuple[str, ...]) -> Iterator[int]:
    """The places behind the character at `position` in each of its spellings, which may be cut at the end."""
    for way in ways:
        found = text[position : position + len(way)]
        if way.startswith(found.lower()) if way is not ways[-1] else found == way:
            yield position + len(found)
