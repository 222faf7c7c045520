"""The value of one variable: fixed, perhaps from outside the profile, or new with every request."""

from typing import Any

from loadgen.base.units import shown
from loadgen.plan.jobs.http import Variable

PER_REQUEST = ("random", "sequence", "choice", "uuid")


class Raw(str):
    """Text that came from outside YAML, so that "100" may still become a number."""

    __slots__ = ()


def like(default: Any, text: str) -> Any:
    """A text from outside as the type of the default it takes the place of, where it can be read so."""
    try:
        if isinstance(default, bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(default, int | float):
            return type(default)(text)
    except (KeyError, ValueError):
        pass
    return Raw(text)


def changing(name: str, kind: str, found: Any) -> Variable:
    """The variable of one `{kind: found}` entry. Raises ValueError saying what would be right."""
    match kind, found:
        case "random", [int(low), int(high)] if low <= high and bool not in (type(low), type(high)):
            return Variable(name, "random", (low, high))
        case "sequence", int(first) if not isinstance(first, bool):
            return Variable(name, "sequence", (first,))
        case "choice", [_, *_] if all(isinstance(item, str | int | float) for item in found):
            return Variable(name, "choice", tuple(_choice(item) for item in found))
        case "uuid", True:
            return Variable(name, "uuid")
    right = {
        "random": "the lowest and the highest integer such as [1, 1000]",
        "sequence": "the first integer such as 1",
        "choice": "a list of texts or numbers such as [a, b]",
        "uuid": "true",
    }
    raise ValueError(f"expected {right[kind]}, got {shown(found)}")


def _choice(item: str | float) -> int | str:
    return item if isinstance(item, int) and not isinstance(item, bool) else as_text(item)


def as_text(value: object) -> str:
    """A value as it stands inside a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)
