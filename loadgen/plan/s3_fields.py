"""How the values of a profile's `s3` section are read."""

import re

from loadgen.base.units import parse_size
from loadgen.plan.problems import shown

SizeRange = tuple[int, int, float]

_MIXED = ("get", "stat", "put", "delete")
_FUNCTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_SMALLEST_PART = 5 << 20
_LONGEST_PREFIX = 900


def sizes(value: object) -> tuple[SizeRange, ...]:
    """The sizes of 65536, "1MiB", "4KiB..64KiB" or "4KiB:60,1MiB:30,64MiB:10": inclusive ranges with weights."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"expected a size such as 1MiB, got {shown(value)}")
    text = str(value)
    ranges = []
    for part in text.split(","):
        size, colon, weight = part.partition(":")
        ranges.append((*_range(size, text), _weight(weight, text) if colon else 1.0))
    if len(ranges) > 1 and text.count(":") != len(ranges):
        raise ValueError(f"expected a weight for every size such as 4KiB:60,1MiB:40, got {text!r}")
    return tuple(ranges)


def part_size(value: object) -> int:
    """Bytes of a part: 5 MiB at least, as every store wants of all parts but the last."""
    size = _size(value)
    if size < _SMALLEST_PART:
        raise ValueError(f"expected at least 5MiB (stores refuse smaller parts), got {shown(value)}")
    return size


def range_size(value: object) -> int:
    """Bytes of a range: at least one."""
    size = _size(value)
    if size < 1:
        raise ValueError(f"expected a size of at least 1 byte, got {shown(value)}")
    return size


def mix(value: object) -> tuple[tuple[str, float], ...]:
    """The weights of "get:45,stat:30,put:15,delete:10", or of a mapping of them."""
    pairs = list(value.items()) if isinstance(value, dict) else _pairs(value)
    weights: dict[str, float] = {}
    for name, weight in pairs:
        if name not in _MIXED or name in weights:
            raise ValueError(f"expected each of {', '.join(_MIXED)} once at most, got {shown(name)}")
        weights[name] = _weight(str(weight), str(weight))
    if not weights:
        raise ValueError("expected weights such as get:45,stat:30,put:15,delete:10, got none")
    if "delete" in weights and weights.get("put", 0.0) < weights["delete"]:
        raise ValueError("expected at least as much put as delete: only what the run itself has put is deleted")
    return tuple(weights.items())


def prefix(value: object) -> str:
    """What keys begin with."""
    if not isinstance(value, str):
        raise ValueError(f"expected a text, got {shown(value)}")
    if len(value.encode("utf-8", "replace")) > _LONGEST_PREFIX or not value.isprintable():
        raise ValueError(f"expected at most {_LONGEST_PREFIX} printable characters, got {shown(value)}")
    return str(value)


def function(value: object) -> str:
    """The name of a Python function: "module:function"."""
    if not isinstance(value, str) or not _FUNCTION.fullmatch(value):
        raise ValueError(f"expected module:function, such as thumbnails:make, got {shown(value)}")
    return str(value)


def _pairs(value: object) -> list[tuple[str, object]]:
    if not isinstance(value, str):
        raise ValueError(f"expected weights such as get:45,stat:30,put:15,delete:10, got {shown(value)}")
    split = (part.strip().partition(":") for part in value.split(",") if part.strip())
    return [(name.strip(), weight) for name, _, weight in split]


def _size(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"expected a size such as 8MiB, got {shown(value)}")
    return parse_size(value)


def _range(text: str, given: str) -> tuple[int, int]:
    low_text, dots, high_text = text.strip().partition("..")
    try:
        low = parse_size(low_text)
        high = parse_size(high_text) if dots else low
    except ValueError:
        raise ValueError(
            f"expected a size such as 1MiB, a range as 4KiB..64KiB or weights as 4KiB:60,1MiB:40, got {given!r}"
        ) from None
    if low > high:
        raise ValueError(f"expected a range from low to high such as 4KiB..64KiB, got {text.strip()!r}")
    return low, high


def _weight(weight: str, text: str) -> float:
    plain = weight.strip()
    if not plain.replace(".", "", 1).isdecimal() or not plain.isascii() or float(plain) <= 0:
        raise ValueError(f"expected a weight above zero such as 4KiB:60, got {text!r}")
    return float(plain)
