"""The Python function that a batch calls for each object: bytes in, bytes out, with header fields or not, or None."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from loadgen.base import user_code
from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.exits import exits_raised
from loadgen.base.units import shown


@dataclass(frozen=True, slots=True)
class Made:
    """What a function made of an object; `fields` are header fields of the new one, by their names in small letters."""

    data: bytes
    fields: Mapping[str, str] = field(default_factory=dict)


Function = Callable[[bytes, str], Made | None]
"""Takes an object and its key. None: nothing is to be put."""


def touch(data: bytes) -> bytes:
    """The default: look at every byte, and hand the object on with its CRC at the end."""
    return data + zlib.crc32(data).to_bytes(4, "big")


def load_function(name: str | None) -> Function:
    """The function of "module:function" or "file.py:function", which takes an object, or that and its key; None: the
    default. Raises UsageError.
    """
    if name is None:
        return _calling(touch, with_key=False)
    try:
        with exits_raised():
            function = user_code.load_function(name)
    except UsageError as error:
        raise UsageError(f"--function {name}: {error}") from None
    takes_one = user_code.takes(function, b"")
    if not (takes_one or user_code.takes(function, b"", "")):
        raise UsageError(f"--function {name}: expected a function that takes and returns bytes")
    return _calling(function, with_key=not takes_one)


def _calling(function: Callable[..., Any], *, with_key: bool) -> Function:
    def made(data: bytes, key: str) -> Made | None:
        with exits_raised():
            result = function(data, key) if with_key else function(data)
        return _made(result)

    return made


def _made(result: Any) -> Made | None:
    """What a function returned: bytes, or a pair of them and header fields. Raises TypeError for anything else."""
    fields: Any = {}
    if isinstance(result, tuple) and len(result) == 2:
        result, fields = result
    if result is None:
        return None
    if not isinstance(result, bytes | bytearray | memoryview):
        raise TypeError(f"the function returned {type(result).__name__}, expected bytes, bytes and a dict, or None")
    if not isinstance(fields, Mapping) or not all(isinstance(text, str) for pair in fields.items() for text in pair):
        raise TypeError(f"the function returned {shown(fields)} with the bytes, expected a dict of header fields")
    for name, value in fields.items():
        if not name.isascii() or not value.isprintable() or not name.replace("-", "").isalnum():
            raise TypeError(f"the function returned a header field that cannot be sent: {shown(name)}")
    return Made(bytes(result), {name.lower(): value for name, value in fields.items()})


def raised(error: BaseException) -> str:
    """What a person's code raised, in words."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
