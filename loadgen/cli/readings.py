"""Options that other tools have, and that are not here or mean something else: the readings, and our word."""

import re
from collections.abc import Sequence
from itertools import pairwise

_NO_REDIRECT = "means to follow redirects; here: --redirects N, within the origin"
_NO_NEED = "is always so here; leave it out"
_AUTHORIZATION = "means user and password; here: -a USER:PASSWORD"
_READINGS = {
    "-A": "means user and password (ab), an Accept header (hey, oha) or the user agent (curl); here: -H 'Name: value'",
    "-D": "means a file as body (hey, oha) or a file for heads (curl); here: -b @FILE",
    "-H": "means the base URL in Locust, and a header here; for the URL: TARGET, or --target with a script",
    "-L": _NO_REDIRECT,
    "-T": "means the content type in hey, oha and ab, and a threshold here; for the type: -H 'Content-Type: ...'",
    "-d": "means the body in hey, oha and curl, and the duration here; for the body: -b",
    "-e": "means a variable (k6) or a file for percentiles (ab); here: --set KEY=VALUE, -o FILE",
    "-f": "means a locustfile (Locust) or a file as body (bombardier); here: the file as TARGET, -b @FILE",
    "-i": "means iterations (k6), a file as body (autocannon) or HEAD (ab); here: -n, -b @FILE, -m HEAD",
    "-l": "means latencies (bombardier) or replies of any length (ab); both are always so here: leave it out",
    "-p": "means a file as body (ab), what is printed (bombardier) or streams of a connection (oha); "
    "here: -b @FILE, -q, and one request at a time",
    "-q": "means the rate (oha; hey: of each worker), and quiet here, without a value; for the rate in all: -R",
    "-r": "means the rate (bombardier), users started a second (Locust), redirects (oha) or to go on after errors "
    "(ab); here: -R, --ramp-up TIME, --redirects N, always",
    "-s": "means a script (wrk), a stage (k6) or the timeout (ab); here: a scenario as TARGET, --stage, --timeout",
    "-t": "means threads (wrk), the timeout (hey, oha, bombardier) or the duration (ab, Locust); "
    "here: --workers, --timeout, -d",
    "-u": "means users (k6, Locust), user and password (curl) or a file to PUT (ab); "
    "here: -c, -a USER:PASSWORD, -m PUT -b @FILE",
    "-v": "means to show an exchange (ab, curl); here: `loadgen check`, what would be sent, and --once, what came back",
    "-2": "means HTTP/2 (ab); here: --http 2",
    "--body-file": "means a file as body; here: -b @FILE",
    "--content-type": "means a header; here: -H 'Content-Type: ...'",
    "--cookie": "means a header; here: -H 'Cookie: ...'",
    "--data-raw": "means text that may begin with @ (curl); here: -b TEXT, or -b - for standard input",
    "--env": "means a variable (k6); here: --set KEY=VALUE",
    "--headless": _NO_NEED,
    "--host": "means the base URL (Locust) or the Host header (oha); here: TARGET or --target, -H 'Host: ...'",
    "--json": "means a body (curl) or the result (Locust) as JSON; here: -b TEXT -H 'Content-Type: application/json', "
    "-o FILE",
    "--latencies": _NO_NEED,
    "--latency": _NO_NEED,
    "--location": _NO_REDIRECT,
    "--no-tui": "means no display; here: --live line, or -q",
    "--request": "means the method (curl); here: -m, and -n for the number of requests",
    "--spawn-rate": "means users started a second (Locust); here: --ramp-up TIME, in which all users start",
    "--summary-export": "means a file for the result (k6); here: -o FILE",
    "--tag": "means a label of the run (k6), or tasks to run (Locust, --tags); here: --label KEY=VALUE, "
    "--locust '--tags NAME'",
    "--tags": "means tasks to run (Locust); here: --locust '--tags NAME'",
    "--threads": "means threads (wrk); here: --workers, and --processes",
    "--user": _AUTHORIZATION,
    "--user-agent": "means a header; here: -H 'User-Agent: ...'",
}

_ADDRESS = re.compile(r"[^/]*:[0-9]+")

S3 = "s3://"


def reading_of_place(place: str) -> str:
    """What is missing beside a place of a store."""
    return (
        f"{place}: which job? `loadgen s3 get {place}`, or put, stat, list, copy, delete, multipart or mixed; "
        "the keys that a run puts are under the prefix"
    )


def reading_of(flag: str) -> str:
    """What an option means elsewhere, and what it is called here; empty where nothing is known of it."""
    return f"{flag} {_READINGS[flag]}" if flag in _READINGS else ""


def reading_of_left_over(arguments: Sequence[str]) -> str:
    """The same for a value of `-q` or `--web`, or an s3://, that are left over as arguments too many; else empty."""
    if place := next((word for word in arguments if word.startswith(S3)), ""):
        return reading_of_place(place)
    for flag, address in pairwise(arguments):
        if flag == "--web" and _ADDRESS.fullmatch(address):
            return f"--web takes its address joined to it: --web={address}"
    has_number = any(flag == "-q" and number.isdecimal() for flag, number in pairwise(arguments))
    return reading_of("-q") if has_number else ""
