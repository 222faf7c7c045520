"""What files take of `locust.util`, and names that may be imported though they cannot be used."""

import time
from collections.abc import Callable
from functools import wraps
from math import copysign
from typing import Any, NoReturn

from loadgen.base.units import parse_duration_s
from loadgen.workloads.locust.exceptions import LocustError


def parse_timespan(text: str) -> int:
    """Whole seconds of "20", "3m" or "1h30m"."""
    return int(parse_duration_s(text))


def proper_round(value: float, digits: int = 0) -> float:
    """Halves are rounded away from 0."""
    scale = 10.0**digits
    return int(value * scale + copysign(0.5, value)) / scale


def memoize(timeout: float, dynamic_timeout: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What a function gives is given again for `timeout` seconds, whatever it is called with."""
    del dynamic_timeout

    def remembering(function: Callable[..., Any]) -> Callable[..., Any]:
        kept: list[tuple[float, Any]] = []

        @wraps(function)
        def remembered(*given: Any, **more: Any) -> Any:
            if not kept or time.monotonic() - kept[0][0] > timeout:
                kept[:] = [(time.monotonic(), function(*given, **more))]
            return kept[0][1]

        return remembered

    return remembering


def refused(instead: str) -> Callable[..., NoReturn]:
    """A name that may be imported; its use says what to do instead."""

    def refused(*_: Any, **__: Any) -> NoReturn:
        raise LocustError(f"not supported: {instead}")

    return refused
