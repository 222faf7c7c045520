"""wrk's command line, and the rate of wrk2's."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from loadgen.base.environment import usable_cores
from loadgen.base.errors import UsageError
from loadgen.base.units import parse_duration_s, scaled_number
from loadgen.cli.front_doors.asked import Asked, refuse, short_options
from loadgen.report.front_doors.wrk import wrk_head, wrk_text

USAGE = """\
Usage: loadgen wrk [OPTIONS] URL: what wrk prints, measured by loadgen

  -c, --connections N   connections to keep open (10)
  -d, --duration T      how long: 30s, 2m, 1h (10s)
  -t, --threads N       threads; here processes, no more than cores (2)
  -H, --header H        a header; repeatable
      --latency         print the latency distribution
      --timeout T       for one request (2s)
  -R, --rate N          requests a second, as wrk2 has it; latencies count
                        from when a request was due
  -s is not done: a script of Lua is a scenario here
"""
_WORDS = ("connections=", "duration=", "threads=", "script=", "header=", "latency", "timeout=", "rate=", "version",
          "u_latency")  # fmt: skip


def read_wrk(arguments: Sequence[str]) -> Asked:
    """Raises UsageError."""
    options, url = short_options("wrk", arguments, "t:c:d:s:H:T:R:LU", _WORDS)
    threads, connections, duration_s, latency = 2, 10, 10.0, False
    flags: dict[str, Any] = {"timeout": 2.0, "headers": []}
    for option, value in options:
        match option:
            case "-t" | "--threads":
                threads = _number(option, value)
            case "-c" | "--connections":
                connections = _number(option, value)
            case "-d" | "--duration":
                duration_s = _seconds(option, value)
            case "-H" | "--header":
                flags["headers"].append(value)
            case "-T" | "--timeout":
                flags["timeout"] = _seconds(option, value)
            case "-R" | "--rate":
                flags["rate"] = float(_number(option, value))
            case "-s" | "--script":
                refuse("wrk", option, "is a script of Lua; here a scenario says what is sent")
            case _:
                latency = True
    if connections < threads:
        raise UsageError("wrk: number of connections must be >= threads")
    flags |= {
        "connections": connections,
        "duration": duration_s,
        "processes": min(threads, usable_cores(), connections),
    }
    text = partial(wrk_text, threads=threads, latency=latency, rate="rate" in flags)
    return Asked(url, flags, text, wrk_head(url, threads, connections, duration_s))


def _number(option: str, text: str) -> int:
    number = scaled_number(text)
    if number is None or number.denominator != 1 or number < 1:
        raise UsageError(f"wrk: {option}: expected a number such as 64 or 1k, got {text!r}")
    return int(number)


def _seconds(option: str, text: str) -> float:
    try:
        seconds = parse_duration_s(text)
    except ValueError as error:
        raise UsageError(f"wrk: {option}: {error}") from None
    if not seconds:
        raise UsageError(f"wrk: {option}: expected a time above 0, got {text!r}")
    return seconds
