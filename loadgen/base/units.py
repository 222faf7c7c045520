"""Durations, sizes, rates and shares as people write and read them.

Every `parse_` function raises ValueError with one sentence that says what would be right; none accepts a negative
number, NaN or infinity. Every `format_` function returns text for a person.
"""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import TypeVar

from loadgen.base.pattern import pattern

Number = TypeVar("Number", int, float)
MAX_DURATION_S = 1e8

_NUMBER = r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
_NUMBER_ALONE = pattern(_NUMBER)
_NUMBER_AND_UNIT = pattern(rf"({_NUMBER})\s*([A-Za-zµμ]*)")
_SCALED = pattern(rf"({_NUMBER})(?:([kKM])|e\+?([0-9]))?")
_DURATION = pattern(rf"(?:(?:{_NUMBER})\s*[A-Za-zµμ]+\s*)+")
_DURATION_PART = pattern(rf"({_NUMBER})\s*([A-Za-zµμ]+)")
_UNIT_LEFT_OUT = pattern(r"(?<=[0-9])([mh])[0-5]?[0-9]\Z")
_DURATION_UNITS_S = {
    "ns": Fraction(1, 10**9), "us": Fraction(1, 10**6), "µs": Fraction(1, 10**6), "μs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600), "d": Fraction(86400),
}  # fmt: skip
_LONG_UNITS = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d", "days": "d", "msec": "ms", "usec": "us",
}  # fmt: skip
_DURATION_UNITS_S |= {unit: _DURATION_UNITS_S[short] for unit, short in _LONG_UNITS.items()}
_SIZE_UNITS = {
    "": 1, "b": 1,
    "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
_RATE_UNITS_S = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
_SCALES = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6}
_LONGEST_TEXT = 64
_MOST_BITS = 60


def parse_duration_s(value: object) -> float:
    """Seconds of "30s", "5m", "250ms", "1h30m", "1m30", "10 sec" or a bare number of seconds."""
    expected = f"expected a duration such as 30s, 5m or 250ms, got {shown(value)}"
    text = _text(value, expected)
    if _NUMBER_ALONE.fullmatch(text):
        seconds = Fraction(_padded(text))
    elif _DURATION.fullmatch(text := _with_all_units(text)):
        parts = _DURATION_PART.findall(text)
        if any(unit not in _DURATION_UNITS_S for _, unit in parts):
            raise ValueError(expected)
        seconds = sum((Fraction(_padded(number)) * _DURATION_UNITS_S[unit] for number, unit in parts), Fraction())
    else:
        raise ValueError(expected)
    if seconds > MAX_DURATION_S:
        raise ValueError(f"expected a duration of at most three years, got {shown(value)}")
    return float(seconds)


def parse_range(value: object, parse: Callable[[object], Number], expected: str, example: str) -> tuple[Number, Number]:
    """The two ends of a range such as the example, each as `parse` reads it; a single value is both ends."""
    low_text, dots, high_text = value.partition("..") if isinstance(value, str) else (value, "", "")
    try:
        low = parse(low_text)
        high = parse(high_text) if dots else low
    except ValueError:
        raise ValueError(expected) from None
    if low > high:
        raise ValueError(f"expected a range from low to high such as {example}, got {shown(value)}")
    return low, high


def parse_range_s(value: object) -> tuple[float, float]:
    """The two ends, in seconds, of "100ms..300ms"; a single duration is both ends."""
    expected = f"expected a duration such as 1s or a range such as 100ms..300ms, got {shown(value)}"
    return parse_range(value, parse_duration_s, expected, "100ms..300ms")


def parse_size(value: object) -> int:
    """Bytes of "10KiB" (1024), "10KB" (1000), "1.5MiB" or a bare number of bytes."""
    expected = f"expected a size in bytes such as 512, 10KiB or 5MB, got {shown(value)}"
    match = _NUMBER_AND_UNIT.fullmatch(_text(value, expected))
    if match is None or match[2].lower() not in _SIZE_UNITS:
        raise ValueError(expected)
    size = Fraction(_padded(match[1])) * _SIZE_UNITS[match[2].lower()]
    if size.denominator != 1:
        raise ValueError(f"expected a whole number of bytes, got {shown(value)}")
    return int(size)


def parse_rate(value: object) -> float:
    """Per second: of "5000/s", "300/m", "10/h" or a bare number; also "5k/s", "1e3" and "50/1s"."""
    expected = f"expected a rate such as 5000/s or 300/m, got {shown(value)}"
    number, slash, unit = (part.strip() for part in _text(value, expected).partition("/"))
    scaled, unit = scaled_number(number), unit.removeprefix("1")
    if scaled is None or (slash and unit not in _RATE_UNITS_S):
        raise ValueError(expected)
    return float(scaled / _RATE_UNITS_S[unit or "s"])


def scaled_number(text: str) -> Fraction | None:
    """The number of "1500", "1.5k" or "1e3"; None for anything else. K is 1000, not 1024: sizes have parse_size."""
    match = _SCALED.fullmatch(text)
    return match and Fraction(_padded(match[1])) * _SCALES[match[2] or ""] * 10 ** int(match[3] or 0)


def parse_percent(value: object) -> float:
    """A share from 0 to 1: of "5%", or of the fraction "0.05" itself."""
    expected = f"expected a share such as 5% or a fraction from 0 to 1, got {shown(value)}"
    text = _text(value, expected)
    number = text.removesuffix("%").rstrip()
    if not _NUMBER_ALONE.fullmatch(number):
        raise ValueError(expected)
    part = Fraction(_padded(number)) / (100 if text.endswith("%") else 1)
    if part > 1:
        raise ValueError(expected)
    return float(part)


def format_ms(milliseconds: float) -> str:
    """Three significant digits in the unit that suits: "850 us", "1.23 ms", "2.40 s"; whole seconds from 1000 s on."""
    if milliseconds == 0:
        return "0 us"
    for factor, unit in ((1e6, "ns"), (1e3, "us"), (1.0, "ms")):
        number = _three_digits(milliseconds * factor)
        if abs(float(number)) < 1000:
            return f"{number} {unit}"
    return f"{_three_digits(milliseconds / 1e3)} s"


def format_bytes(size: float) -> str:
    """Three significant digits with a binary unit: "512 B", "1.21 KiB", "38.0 MiB"."""
    if abs(size) < 1024:
        return f"{size:.0f} B"
    for unit in ("KiB", "MiB", "GiB"):
        size /= 1024
        number = _three_digits(size)
        if abs(float(number)) < 1024:
            return f"{number} {unit}"
    return f"{_three_digits(size / 1024)} TiB"


def listed(items: Iterable[str], joint: str = "and") -> str:
    """At least one: "a", "a and b", "a, b and c"."""
    *most, last = items
    return f"{', '.join(most)} {joint} {last}" if most else last


def few(names: Sequence[str], most: int = 4) -> str:
    """The same of names that may be very many: "a, b, c and 97 more"."""
    return listed(names if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"])


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """`1 worker`, `2 workers`; `plural` where it is not the noun with an s. They may have what follows from
    the number, too: "request is", "requests are"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def format_duration_s(seconds: float) -> str:
    """As a person would type it, so that `parse_duration_s` reads it back to the microsecond: "1h30m", "2.5s"."""
    if abs(seconds) >= 60:
        return _hours_minutes(seconds)
    if abs(seconds) >= 1 or seconds == 0:
        return f"{_trimmed(seconds, 6)}s"
    if abs(seconds) >= 1e-3:
        return f"{_trimmed(seconds * 1e3, 3)}ms"
    return f"{_trimmed(seconds * 1e6, 3)}us"


def _hours_minutes(seconds: float) -> str:
    sign, microseconds = ("-" if seconds < 0 else ""), round(abs(seconds) * 1e6)
    minutes, rest = divmod(microseconds, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{_trimmed(rest / 1e6, 6)}s" if rest else ""
    return sign + (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes else "") + tail


def _trimmed(number: float, digits: int) -> str:
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".")


def _three_digits(number: float) -> str:
    for digits in (2, 1):
        text = f"{number:.{digits}f}"
        if len(text.lstrip("-")) <= 4:
            return text
    return f"{number:.0f}"


def _text(value: object, expected: str) -> str:
    """The text of a number or a text of sensible length."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(expected)
    if isinstance(value, int) and value.bit_length() > 4 * _LONGEST_TEXT:
        raise ValueError(expected)
    text = _decimal(value) if isinstance(value, float) else str(value).strip()
    if len(text) > _LONGEST_TEXT and isinstance(value, str):
        raise ValueError(expected)
    return text


def _decimal(value: float) -> str:
    """Without an exponent; NaN and infinity stay texts that no pattern accepts."""
    text = repr(value)
    return text if "e" not in text else f"{value:.{0 if abs(value) >= 1 else 400}f}"


def _with_all_units(text: str) -> str:
    """For "1m30": "1m30s", and for "1h30": "1h30m"."""
    match = _UNIT_LEFT_OUT.search(text)
    return text + {"m": "s", "h": "m"}[match[1]] if match else text


def _padded(number: str) -> str:
    return f"0{number}0" if "." in number else number


def shown(value: object) -> str:
    """A found value in plain words. A long text is shortened only after secrets are taken out of it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return repr(str(value))
        case int() if value.bit_length() > _MOST_BITS:
            return "a very large number"
        case int() | float():
            return str(value)
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return f"a {type(value).__name__}"
