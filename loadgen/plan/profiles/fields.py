"""How one value of a profile is read: functions that return the value or raise ValueError with a plain sentence.

Numbers and booleans in quotes are refused, except where the text came from a flag, `--set` or the environment.
"""

import math
import re
from collections.abc import Callable, Collection
from typing import Any, Literal, NamedTuple, TypeVar

from loadgen.base.pattern import pattern
from loadgen.base.units import listed, parse_duration_s, parse_rate, scaled_number, shown
from loadgen.plan.condition import Condition, Use, parse_condition
from loadgen.plan.profiles.values import Raw

Names = TypeVar("Names", bound=Collection[str])
LARGEST = 10**15
_LONGEST_NAME, _LONGEST_NUMBER = 100, 20
_INTEGER = pattern(r"[+-]?[0-9]{1,18}")
_TOKEN = pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE = pattern("[\r\n\0\ud800-\udfff]")
_STATUS = pattern(r"([1-5])xx|([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?", re.IGNORECASE)
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
_LONGEST_HOST = 253
_REGION_AND_SERVICE = pattern(r"(?:aws:amz:)?([a-z0-9-]{1,64}):([a-z0-9-]{1,64})")
_HOST_NAME = pattern(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_FRAMING = ("content-length", "transfer-encoding")


def integer(lowest: int) -> Callable[[object], int]:
    """A reader of integers from `lowest` on; from outside also of "10k" and "1e3"."""

    def read(value: object) -> int:
        if isinstance(value, Raw) and _INTEGER.fullmatch(value):
            value = int(value)
        elif isinstance(value, Raw) and len(value) <= _LONGEST_NUMBER and (number := scaled_number(value)) is not None:
            value = int(number) if number.denominator == 1 else value
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= LARGEST:
            raise ValueError(f"expected an integer >= {lowest}, got {shown(value)}")
        return value

    return read


def positive_number(value: object) -> float:
    """A number above zero."""
    try:
        number = float(value) if isinstance(value, int | float | Raw) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not 0 < number < math.inf:
        raise ValueError(f"expected a number > 0, got {shown(value)}")
    return number


def boolean(value: object) -> bool:
    """True or false."""
    if isinstance(value, Raw) and value.lower() in _TRUE + _FALSE:
        return value.lower() in _TRUE
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, got {shown(value)}")
    return value


def text(value: object) -> str:
    """A text as it is."""
    if not isinstance(value, str):
        raise ValueError(f"expected a text, got {shown(value)}")
    return str(value)


def file_name(value: object) -> str:
    """The name of a file; whether it can be read is seen when the plan is made."""
    name = text(value)
    if not name or "\0" in name:
        raise ValueError(f"expected the name of a file, got {shown(value)}")
    return name


def one_of(*names: str) -> Callable[[object], str]:
    """A reader of one word out of `names`."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in names:
            raise ValueError(f"expected {listed(names, 'or')}, got {shown(value)}")
        return str(value)

    return read


def positive_duration(value: object) -> float:
    """Seconds, more than zero."""
    seconds = parse_duration_s(value)
    if seconds == 0:
        raise ValueError(f"expected a duration above zero such as 30s, got {shown(value)}")
    return seconds


class StageEnd(NamedTuple):
    """A stage as a person writes it: how long it takes, and the rate per second or the number of users at its end."""

    duration_s: float
    to: float
    of: Literal["rate", "users"]


def stage(value: object) -> StageEnd:
    """A stage of "30s:1000/s" or "30s:100", or of a mapping of `duration` and `rate` or `users`."""
    match value:
        case {"duration": length, "rate": to, **rest} if not rest:
            return StageEnd(parse_duration_s(length), _stage_rate(to), "rate")
        case {"duration": length, "users": to, **rest} if not rest:
            return StageEnd(parse_duration_s(length), integer(0)(to), "users")
        case str() if ":" in value:
            length, _, to = (part.strip() for part in value.partition(":"))
            seconds = parse_duration_s(length)
            if "/" in to:
                return StageEnd(seconds, parse_rate(to), "rate")
            try:
                return StageEnd(seconds, integer(0)(Raw(to)), "users")
            except ValueError:
                raise ValueError(
                    f"expected a rate such as 1000/s, or a number of users such as 100, got {shown(to)}"
                ) from None
    raise ValueError(
        "expected a duration with a rate, such as 30s:1000/s or {duration: 30s, rate: 1000/s}, "
        f"or with users, such as 30s:100 or {{duration: 30s, users: 100}}, got {shown(value)}"
    )


def _stage_rate(value: object) -> float:
    """A rate with its unit: a bare number would be a number of users."""
    per_second = parse_rate(value)
    if not isinstance(value, str) or "/" not in value:
        raise ValueError(f"expected a rate with its unit such as {value}/s, got {shown(value)}")
    return per_second


def one_or_many(value: object) -> tuple[object, ...]:
    """The values of a list; anything else is the only one."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def body(value: object) -> bytes:
    """A request's body: text as UTF-8, or bytes as they are."""
    if isinstance(value, bytes):
        return value
    try:
        return text(value).encode()
    except UnicodeEncodeError:
        raise ValueError("expected text that can be written as UTF-8") from None


def method(value: object) -> str:
    """An HTTP method, in capitals."""
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise ValueError(f"expected an HTTP method such as GET or POST, got {shown(value)}")
    return value.upper()


def path(value: object) -> str:
    """A path or URL without line breaks; what it means is known only beside the target."""
    return sendable(text(value))


def sendable(value: str) -> str:
    """A text that cannot break out of its line of a request."""
    if _UNSENDABLE.search(value):
        raise ValueError("expected one line: line breaks and NUL cannot be sent here")
    return value


def header_name(value: object) -> str:
    """The name of a header field that a person may set."""
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise ValueError(f"expected the name of a header such as Accept, got {shown(value)}")
    if value.lower() in _FRAMING:
        raise ValueError(f"{value} is set from the body and cannot be given")
    return str(value)


def header_value(value: object) -> str:
    """The value of a header field, without blanks around it. Errors never show it: it may be a secret."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"expected a text, got {shown(value)}")
    stripped = sendable(str(value)).strip(" \t")
    if not all(character == "\t" or (" " <= character <= "\xff" and character != "\x7f") for character in stripped):
        raise ValueError("expected characters of latin-1 (header fields hold no others)")
    return stripped


def one_host(names: Names) -> Names:
    """Names of headers, in a mapping or a list, as they are. Raises ValueError where Host is among them twice."""
    if [name.lower() for name in names].count("host") > 1:
        raise ValueError("Host is given twice: a request has one")
    return names


def header_line(value: str) -> tuple[str, str]:
    """A "Name: value" of the command line."""
    name, colon, rest = value.partition(":")
    if not colon:
        raise ValueError("expected a header such as 'Accept: text/html', found no colon")
    return header_name(name.strip(" \t")), header_value(rest)


def user_and_password(value: object) -> str:
    """USER:PASSWORD. Errors never show it."""
    if not isinstance(value, str) or ":" not in value or _UNSENDABLE.search(value):
        raise ValueError("expected USER:PASSWORD on one line")
    return str(value)


def region_and_service(value: object) -> tuple[str, str]:
    """REGION:SERVICE, or what curl takes for it, aws:amz:REGION:SERVICE."""
    match = _REGION_AND_SERVICE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected REGION:SERVICE such as eu-central-1:execute-api, got {shown(value)}")
    return match[1], match[2]


def host_name(value: object) -> str:
    """The name of a host, as TLS asks for it."""
    if not isinstance(value, str) or len(value) > _LONGEST_HOST or not _HOST_NAME.fullmatch(value):
        raise ValueError(f"expected the name of a host such as www.example.com, got {shown(value)}")
    return str(value)


def http_version(value: object) -> str:
    """1.1 or 2, which YAML reads as numbers, or auto."""
    return one_of("1.1", "2", "auto")(str(value) if isinstance(value, int | float) else value)


def tls_version(value: object) -> str:
    """1.0 to 1.3, which YAML reads as a number."""
    text = str(value).removeprefix("TLSv")
    if isinstance(value, bool) or text not in TLS_VERSIONS:
        raise ValueError(f"expected a version of TLS, {listed(TLS_VERSIONS, 'or')}, got {shown(value)}")
    return text


def statuses(value: object) -> tuple[tuple[int, int], ...]:
    """Inclusive ranges of 200, "2xx", "200-299" or a list of them."""
    items: list[Any] = value if isinstance(value, list) else [value]
    if not items:
        raise ValueError('expected a status such as 200, "2xx" or "200-299", got an empty list')
    return tuple(_status(item) for item in items)


def _status(value: object) -> tuple[int, int]:
    match = _STATUS.fullmatch(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None
    if match is None:
        raise ValueError(f'expected a status such as 200, "2xx" or "200-299", got {shown(value)}')
    if match[1]:
        return int(match[1]) * 100, int(match[1]) * 100 + 99
    low, high = int(match[2]), int(match[3] or match[2])
    if low > high:
        raise ValueError(f"expected a range of statuses from low to high, got {shown(value)}")
    return low, high


def name(value: object) -> str:
    """A name for reports: one printable line."""
    found = text(value).strip()
    if not found or len(found) > _LONGEST_NAME or not found.isprintable():
        raise ValueError(f"expected a name of 1 to {_LONGEST_NAME} printable characters, got {shown(value)}")
    return found


def condition(use: Use) -> Callable[[object], Condition]:
    """A reader of conditions."""
    return lambda value: parse_condition(text(value), use=use)


def json_path(value: object) -> str:
    """A path into JSON."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError(f"expected a path into JSON such as items.0.id or items.*.id, got {shown(value)}")
    return str(value)
