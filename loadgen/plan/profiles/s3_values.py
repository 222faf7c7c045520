"""How one value of the `s3` section of a profile is read: functions that return it or raise ValueError in words."""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from loadgen.base.pattern import pattern
from loadgen.base.units import parse_duration_s, parse_range, parse_size, shown
from loadgen.base.user_code import is_function
from loadgen.plan.jobs.s3_fields import OWN
from loadgen.plan.jobs.s3_fields import Fields as Headers
from loadgen.plan.profiles import fields

SizeRange = tuple[int, int, float]

SMALLEST_PART = 5 << 20
LARGEST_PUT = 5 << 30
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""
_MIXED = ("get", "stat", "put", "delete")
_LONGEST_PREFIX = 900
_MOST_COMPRESSIBLE = 1000
MOST_ENDPOINTS = 16
"""As many as figures by size and host have room for."""
_NUMBERS = pattern(r"(\d{1,6})\.\.\.?(\d{1,6})")
_EXPONENT = pattern(r"\d(\.\d{1,3})?")
_DAYS = pattern(r"(\d{1,5})d")


def read_sizes(value: object) -> tuple[SizeRange, ...]:
    """The sizes of 65536, "1MiB", "4KiB..64KiB" or "4KiB:60,1MiB:30,64MiB:10": inclusive ranges with weights."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"expected a size such as 1MiB, got {shown(value)}")
    text = str(value)
    expected = f"expected a size such as 1MiB, a range as 4KiB..64KiB or weights as 4KiB:60,1MiB:40, got {text!r}"
    ranges = []
    for part in text.split(","):
        size, colon, weight = part.partition(":")
        low, high = parse_range(size.strip(), parse_size, expected, "4KiB..64KiB")
        ranges.append((low, high, _weight(weight, text) if colon else 1.0))
    if len(ranges) > 1 and text.count(":") != len(ranges):
        raise ValueError(f"expected a weight for every size such as 4KiB:60,1MiB:40, got {text!r}")
    return tuple(ranges)


def read_part_size(value: object) -> int:
    """Bytes of a part: 5 MiB at least, as every store wants of all parts but the last."""
    size = parse_size(value)
    if size < SMALLEST_PART:
        raise ValueError(f"expected at least 5MiB (stores refuse smaller parts), got {shown(value)}")
    if size > LARGEST_PUT:
        raise ValueError(f"expected at most 5GiB (stores refuse larger parts), got {shown(value)}")
    return size


def read_range_size(value: object) -> int:
    """Bytes of a range: at least one."""
    size = parse_size(value)
    if size < 1:
        raise ValueError(f"expected a size of at least 1 byte, got {shown(value)}")
    return size


def read_content(value: object) -> str:
    """What objects are filled with: random, text, compressible:N or @FILE."""
    text = fields.text(value)
    kind, _, times = text.partition(":")
    if text in ("random", "text") or (text.startswith("@") and len(text) > 1):
        return text
    if kind == "compressible" and times.isascii() and times.isdecimal() and 2 <= int(times) <= _MOST_COMPRESSIBLE:
        return f"compressible:{int(times)}"
    raise ValueError(f"expected random, text, compressible:4 (to a fourth; up to 1000) or @FILE, got {shown(value)}")


def read_mix(value: object) -> tuple[tuple[str, float], ...]:
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


def read_prefix(value: object) -> str:
    """What keys begin with."""
    prefix = fields.text(value)
    if len(prefix.encode("utf-8", "replace")) > _LONGEST_PREFIX or not prefix.isprintable():
        raise ValueError(f"expected at most {_LONGEST_PREFIX} printable characters, got {shown(value)}")
    return prefix


def read_name(value: object) -> str:
    """The pattern of names: {stem}, {ext} (with its dot) and {name} stand for parts of the object's own."""
    text = fields.text(value)
    left = text.replace("{stem}", "").replace("{ext}", "").replace("{name}", "")
    if left == text or "{" in left or "}" in left or not text.isprintable():
        raise ValueError(
            f"expected a name with {{stem}}, {{ext}} or {{name}} such as {{stem}}.webp, got {shown(value)}"
        )
    return text


def read_place(value: object) -> tuple[str, str]:
    """The bucket and the prefix of s3://bucket/prefix."""
    kind, _, place = fields.text(value).partition("://")
    bucket, _, prefix = place.partition("/")
    if kind != "s3" or not bucket:
        raise ValueError(f"expected s3://bucket or s3://bucket/prefix, got {shown(value)}")
    return bucket, read_prefix(prefix)


def read_since(value: object, now_s: Callable[[], float] = time.time) -> float:
    """Seconds since the epoch of "2026-01-31", "2026-01-31T12:00:00Z", or so long ago as "7d" or "36h"."""
    text = fields.text(value)
    if days := _DAYS.fullmatch(text):
        return now_s() - int(days[1]) * 86400
    try:
        if not text.isdecimal():  # which would be an age in seconds, or a day
            return now_s() - parse_duration_s(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        raise ValueError(f"expected a day such as 2026-01-31 (UTC), or an age such as 7d, got {shown(value)}") from None


def read_headers(value: object) -> Headers:
    """Names and values of "Name: value" lines, or of a mapping. What the job makes itself is refused."""
    if isinstance(value, dict):
        pairs = [(fields.header_name(name), fields.header_value(text)) for name, text in value.items()]
    else:
        pairs = [
            fields.header_line(fields.text(line)) for line in (value if isinstance(value, list | tuple) else [value])
        ]
    for name, _ in pairs:
        if OWN.fullmatch(name.lower()):
            raise ValueError(f"expected a field that the job does not make itself, got {name}")
    return tuple(pairs)


def read_sse(value: object) -> str:
    """How objects are encrypted: s3, kms (by the key of that name: kms:KEY) or c, with a key of the run's own."""
    text = fields.text(value)
    kind, _, key = text.partition(":")
    if text in ("s3", "kms", "c") or (kind == "kms" and key.isascii() and key.isprintable() and " " not in key and key):
        return text
    raise ValueError(f"expected s3, kms, kms:KEY or c, got {shown(value)}")


def expand_endpoints(texts: Iterable[str]) -> list[str]:
    """Endpoints, of which http://10.0.0.{1...4}:9000 stands for four. Raises ValueError."""
    found: list[str] = []
    for text in texts:
        before, brace, rest = text.partition("{")
        inside, closed, after = rest.partition("}")
        if not brace:
            found.append(text)
            continue
        ends = _NUMBERS.fullmatch(inside)
        if not closed or ends is None or int(ends[2]) - int(ends[1]) not in range(MOST_ENDPOINTS):
            raise ValueError(
                f"expected numbers such as {{1...4}} in an endpoint, at most {MOST_ENDPOINTS}, got {shown(text)}"
            )
        found += expand_endpoints(f"{before}{number}{after}" for number in range(int(ends[1]), int(ends[2]) + 1))
    if len(found) > MOST_ENDPOINTS:
        raise ValueError(f"expected at most {MOST_ENDPOINTS} endpoints, got {len(found)}")
    return found


def read_endpoints(value: object) -> tuple[str, ...]:
    """Those beside the first one: a URL, with numbers as {1...4} or without, or a list of them."""
    texts = value if isinstance(value, list | tuple) else [value]
    return tuple(expand_endpoints(str(fields.text(text)) for text in texts))


def read_order(value: object) -> str:
    """The order in which objects are read: sequential, random, or zipf with its exponent."""
    text = fields.text(value)
    kind, colon, exponent = text.partition(":")
    if text in ("sequential", "random"):
        return text
    if kind == "zipf" and (not colon or _EXPONENT.fullmatch(exponent)) and (power := float(exponent or 1)) > 0:
        return f"zipf:{power:g}"
    raise ValueError(f"expected sequential, random, zipf or zipf:1.2 (its exponent), got {shown(value)}")


def read_function(value: object) -> str:
    """The name of a Python function: "module:function", or "file.py:function"."""
    if not isinstance(value, str) or not is_function(value):
        raise ValueError(f"expected module:function or file.py:function, such as thumbnails:make, got {shown(value)}")
    return str(value)


def _pairs(value: object) -> list[tuple[str, object]]:
    if not isinstance(value, str):
        raise ValueError(f"expected weights such as get:45,stat:30,put:15,delete:10, got {shown(value)}")
    split = (part.strip().partition(":") for part in value.split(",") if part.strip())
    return [(name.strip(), weight) for name, _, weight in split]


def _weight(weight: str, text: str) -> float:
    plain = weight.strip()
    if not plain.replace(".", "", 1).isdecimal() or not plain.isascii() or float(plain) <= 0:
        raise ValueError(f"expected a weight above zero such as 4KiB:60, got {text!r}")
    return float(plain)
