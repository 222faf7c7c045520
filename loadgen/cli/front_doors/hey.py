"""hey's command line."""

from collections.abc import Sequence
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.base.units import parse_duration_s
from loadgen.cli.front_doors.asked import Asked, basic, file_body, go_options, whole
from loadgen.report.front_doors.hey import hey_text
from loadgen.report.front_doors.rows import hey_csv

USAGE = """\
Usage: loadgen hey [OPTIONS] URL: what hey prints, measured by loadgen

  -n N    requests (200)              -z T    for so long, whatever -n says
  -c N    workers, a connection each (50)
  -q N    requests a second of each worker
  -m M    method (GET)                -H H    a header; repeatable
  -d B    body                        -D F    body, from a file
  -T T    content type (text/html)    -A A    accept header
  -t S    seconds for one request (20; 0 for none)
  -a U:P  basic authentication        -host H host header
  -disable-keepalive    -disable-compression    -cpus N
  -x A    proxy, host:port            -h2     HTTP/2, over TLS alone
  -o csv  a row for each request in place of the report; times of connecting,
          writing and reading are not measured one by one, and are empty
  Redirects are not followed.
"""
_VALUED = ("n", "c", "q", "z", "o", "m", "H", "t", "A", "d", "D", "T", "a", "x", "host", "cpus")
_PLAIN = ("h2", "disable-compression", "disable-keepalive", "disable-redirects", "more")
_ENDLESS_S = 86400.0


def read_hey(arguments: Sequence[str]) -> Asked:
    """Raises UsageError. Compression is asked for, as hey does."""
    options, url = go_options("hey", arguments, _VALUED, _PLAIN)
    given = dict(options)
    if given.get("o", "csv") != "csv":
        raise UsageError(f"hey: -o: expected csv, got {given['o']!r}")
    users = whole("hey", "-c", given.get("c", "50"))
    headers = [value for name, value in options if name == "H"]
    own = {line.partition(":")[0].strip().lower() for line in headers}
    for field, value in (
        ("Content-Type", given.get("T", "text/html")),
        ("Accept", given.get("A")),
        ("Host", given.get("host")),
        ("Accept-Encoding", None if "disable-compression" in given else "gzip"),
    ):
        if value is not None and field.lower() not in own:
            headers.append(f"{field}: {value}")
    if "a" in given and "authorization" not in own:
        headers.append(basic(given["a"]))
    timeout_s = _seconds("-t", given.get("t", "20"))
    flags: dict[str, Any] = {
        "connections": users,
        "method": given.get("m", "GET"),
        "headers": headers,
        "timeout": timeout_s or _ENDLESS_S,
        "keepalive": "disable-keepalive" not in given,
        "phases": True,
    }
    if "z" in given:
        flags["duration"] = _seconds("-z", given["z"])
    else:
        count = whole("hey", "-n", given.get("n", "200"))
        if count < users:
            raise UsageError("hey: -n cannot be less than -c")
        flags["total_requests"] = count // users * users  # as many for each worker
    if "D" in given:
        flags["body"] = file_body("hey", "-D", given["D"])
    elif "d" in given:
        flags["body"] = given["d"].encode()
    if "q" in given:
        flags["rate"] = _rate(given["q"]) * users
    if "x" in given:
        flags["proxy"] = given["x"]
    if "h2" in given and url.startswith("https://"):
        flags["http"] = "auto"
    if "cpus" in given:
        flags["processes"] = min(whole("hey", "-cpus", given["cpus"]), users)
    return Asked(url, flags, hey_text, rows=hey_csv if "o" in given else None)


def _seconds(option: str, text: str) -> float:
    try:
        return parse_duration_s(text)
    except ValueError as error:
        raise UsageError(f"hey: {option}: {error}") from None


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        raise UsageError(f"hey: -q: expected requests a second of each worker, got {text!r}")
    return rate
