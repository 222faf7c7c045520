"""ab's command line."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.cli.front_doors.asked import Asked, basic, file_body, refuse, short_options, whole
from loadgen.plan.profiles.address import parse_target
from loadgen.report.front_doors.ab import AbOptions, ab_csv, ab_text
from loadgen.report.front_doors.rows import ab_gnuplot

USAGE = """\
Usage: loadgen ab [OPTIONS] URL: what ab prints, measured by loadgen

  -n N    requests (1)                -c N    at the same time (1)
  -t S    seconds at the most; implies -n 50000
  -k      keep connections open       -s S    seconds for one reply (30)
  -p F    POST this file              -u F    PUT this file
  -T T    content type of the file (text/plain)
  -m M    method                      -i      HEAD
  -H H    a header; repeatable        -C C    a cookie; repeatable
  -A U:P  basic authentication        -E F    client certificate with its key
  -X P    proxy, host:port            -P U:P  its user and password
  -B A    own address                 -d, -S  less in the report
  -e F    CSV of percentages          -g F    a row for each request; what is
                                      not measured of it is NaN
  -l -q -r -v and -b are accepted. -w, -Z, -f are not done.
"""
_REFUSED = {
    "-w": "is not done: `--html FILE` of `loadgen run` is a page",
    "-Z": "is not done: TLS takes what both sides prefer",
    "-f": "is not done: TLS takes what both sides prefer",
    "-I": "is not done: the name is always sent",
}
_WITHIN_A_TIME = 50_000
"""The requests that -t implies."""


def read_ab(arguments: Sequence[str]) -> Asked:
    """Raises UsageError. Requests are HTTP/1.1, and without -k each has a connection of its own."""
    options, url = short_options("ab", arguments, "n:c:t:s:b:B:p:u:T:vwix:y:z:C:H:A:P:X:VkdSqlg:e:rm:IZ:f:E:")
    count, connections, headers, cookies = 1, 1, [], []
    flags: dict[str, Any] = {"timeout": 30.0, "phases": True, "keepalive": False, "processes": 1}
    content_type, names = "text/plain", {name for name, _ in options}
    files, given = {}, dict[str, str]()
    for option, value in options:
        match option:
            case "-n":
                count = whole("ab", option, value)
            case "-c":
                connections = whole("ab", option, value)
            case "-t":
                flags["duration"], count = float(whole("ab", option, value)), _WITHIN_A_TIME
            case "-s":
                flags["timeout"] = float(whole("ab", option, value))
            case "-k":
                flags["keepalive"] = True
            case "-p" | "-u":
                flags |= {"body": file_body("ab", option, value), "method": "POST" if option == "-p" else "PUT"}
            case "-T":
                content_type = value
            case "-H":
                headers.append(value)
            case "-C":
                cookies.append(value)
            case "-A":
                headers.append(basic(value))
            case "-i":
                flags["method"] = "HEAD"
            case "-m":
                flags["method"] = value
            case "-E":
                flags |= {"cert": value, "key": value}
            case "-e":
                files[value] = ab_csv
            case "-B":
                flags["local_address"] = value
            case "-g" | "-X" | "-P":
                given[option] = value
            case _ if option in _REFUSED:
                refuse("ab", option, _REFUSED[option])
    if connections > count:
        raise UsageError("ab: cannot use concurrency level greater than total number of requests")
    if cookies:
        headers.append(f"Cookie: {'; '.join(cookies)}")
    if "body" in flags:
        headers.append(f"Content-Type: {content_type}")
    if "-X" in given:
        flags["proxy"] = f"{given['-P']}@{given['-X']}" if "-P" in given else given["-X"]
    target = _target(url)
    shown = AbOptions(
        target.origin, target.path, connections, len(flags.get("body", b"")), flags.get("method", "GET"),
        keep_alive=flags["keepalive"], percentages="-d" not in names, deviations="-S" not in names,
    )  # fmt: skip
    flags |= {"connections": connections, "total_requests": count, "headers": headers}
    head = f"This is what ab prints, measured by loadgen\n\nBenchmarking {target.origin.host} (be patient).....done\n"
    text, rows = partial(_text, options=shown, head=head), ab_gnuplot if "-g" in given else None
    return Asked(url, flags, text, files=files, rows=rows, rows_file=given.get("-g"))


def _text(result: Any, options: AbOptions, head: str) -> str:
    return f"{head}{ab_text(result, options)}"


def _target(url: str) -> Any:
    try:
        return parse_target(url)
    except ValueError as error:
        raise UsageError(f"ab: {error}") from None
