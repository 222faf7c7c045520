"""The Python function that a batch calls for each object: bytes in, bytes out."""

import zlib
from collections.abc import Callable

from loadgen.base import user_code
from loadgen.base.errors import UsageError
from loadgen.base.exits import exits_raised

Function = Callable[[bytes], bytes]


def touch(data: bytes) -> bytes:
    """The default: look at every byte, and hand the object on with its CRC at the end."""
    return data + zlib.crc32(data).to_bytes(4, "big")


def load_function(name: str | None) -> Function:
    """The function of "module:function" or "file.py:function"; None: the default. Raises UsageError."""
    if name is None:
        return touch
    try:
        with exits_raised():
            function = user_code.load_function(name)
    except UsageError as error:
        raise UsageError(f"--function {name}: {error}") from None
    if not user_code.takes_one(function, b""):
        raise UsageError(f"--function {name}: expected a function that takes and returns bytes")
    return function


def processed(function: Function, data: bytes) -> bytes:
    """What the function makes of an object. Raises TypeError where that is not bytes."""
    with exits_raised():
        result = function(data)
    if not isinstance(result, bytes | bytearray | memoryview):
        raise TypeError(f"the function returned {type(result).__name__}, expected bytes")
    return bytes(result)


def raised(error: BaseException) -> str:
    """What a person's code raised, in words."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
