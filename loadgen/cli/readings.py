"""Options that other tools have, and that are not here or mean something else: the readings, and our word."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

_NO_REDIRECT = "means to follow redirects; here: --redirects N, within the origin"
_NO_NEED = "is always so here; leave it out"
_NOT_ASKED = "is so here unless it is asked for (--compressed, --redirects N); leave it out"
_ONCE = "means to show exchanges; here: `loadgen check`, what would be sent, and --once, what came back"
_MACHINES = "means load from several machines (Locust); here: --machine COMMAND, or --cluster ADDRESS"
_HOST = (
    "means the base URL (Locust), the Host header (hey, oha) or the store (warp); here: TARGET or --target, "
    "-H 'Host: ...', --endpoint http://HOST:PORT"
)
_AUTHORIZATION = "means user and password; here: -a USER:PASSWORD"
_CLIENT = "means the client (bombardier); here: leave it out, or --http 1.1"
_BURSTS = "means requests in bursts (oha); here: -R with --arrival poisson, or --stage"
_HEAD = "means a request for the head alone; here: -m HEAD"
_KEYS = "means the keys of a store (warp); here: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment"
_SIZES = "means the size of objects (warp); here: --size 1MiB, or --size 4KiB..1MiB for random ones"
_SHARES = "means a share of requests (warp); here: --mix get:45,stat:30,put:15,delete:10"
READINGS = {
    "-A": "means user and password (ab), an Accept header (hey, oha) or the user agent (curl); here: -H 'Name: value'",
    "-D": "means a file as body (hey, oha) or a file for heads (curl); here: -b @FILE",
    "-H": "means the base URL in Locust, and a header here; for the URL: TARGET, or --target with a script",
    "-L": _NO_REDIRECT,
    "-T": "means the content type in hey, oha and ab, and a threshold here; for the type: -H 'Content-Type: ...'",
    "-G": "means that data goes into the URL (curl); here: write it there",
    "-I": _HEAD,
    "-U": "means the user agent (hey) or user and password of a proxy (curl); here: -H 'User-Agent: ...', "
    "-x USER:PASSWORD@HOST:PORT",
    "-V": "means the version; here: `loadgen version`",
    "-W": "means a warm-up (autocannon); here: --warmup TIME",
    "-X": "means a proxy in ab, and the method here; for the proxy: -x HOST:PORT",
    "-a": "means the number of requests (autocannon) or no keep-alive (bombardier), and USER:PASSWORD here; "
    "for those: -n, --no-keepalive",
    "-d": "means the body in hey, oha and curl, and the duration here, such as 30s; for the body: -b",
    "-e": "means a variable (k6) or a file for percentiles (ab); here: --set KEY=VALUE, -o FILE",
    "-f": "means a locustfile (Locust) or a file as body (bombardier); here: the file as TARGET, -b @FILE",
    "-i": "means iterations (k6), a file as body (autocannon) or HEAD (ab); here: -n, -b @FILE, -m HEAD",
    "-l": "means latencies (bombardier) or replies of any length (ab); both are always so here: leave it out",
    "-m": "means streams of a connection (h2load), and the method here; for those: --http 2 --streams N",
    "-p": "means a file as body (ab), what is printed (bombardier) or streams of a connection (oha); "
    "here: -b @FILE, -q, and over HTTP/2 --streams",
    "-q": "means the rate (oha; hey: of each worker), and quiet here, without a value; for the rate in all: -R",
    "-r": "means the rate (bombardier), users started a second (Locust), redirects (oha) or to go on after errors "
    "(ab); here: -R, --ramp-up TIME, --redirects N, always",
    "-s": "means a script (wrk), a stage (k6) or the timeout (ab); here: a scenario as TARGET, --stage, --timeout",
    "-t": "means threads (wrk), the timeout (hey, oha, bombardier) or the duration (ab, Locust); "
    "here: --workers, --timeout, -d",
    "-u": "means users (k6, Locust), user and password (curl) or a file to PUT (ab); "
    "here: -c, -a USER:PASSWORD, -m PUT -b @FILE",
    "-v": _ONCE,
    "-2": "means HTTP/2 (ab); here: --http 2",
    "-C": "means a cookie (ab); here: -H 'Cookie: ...'",
    "-E": "means a client certificate (ab, curl); here: --cert FILE --key FILE",
    "-P": "means user and password of a proxy (ab); here: -x USER:PASSWORD@HOST:PORT",
    "-S": _NO_NEED,
    "-g": "means a file with a row for each request (ab); here: --out requests=FILE",
    "-j": "means the result as JSON (oha, autocannon); here: --format json",
    "-w": "means a page (ab), workers (autocannon) or what curl prints; here: --html FILE, --processes, --format json",
    "-body": "means a file as body (vegeta); here: -b @FILE",
    "-chunked": "means a body in chunks (vegeta); here it goes with its length: leave it out",
    "-connections": "means idle connections that are kept (vegeta); here: -c, users with a connection each",
    "-disable-compression": _NOT_ASKED,
    "-disable-redirects": _NOT_ASKED,
    "-format": "means the form of the targets (vegeta); here --targets sees it: leave it out",
    "-host": _HOST,
    "-keepalive": "means whether connections are kept (vegeta); here they are, unless --no-keepalive",
    "-lazy": "means targets that are read as they are needed (vegeta); here --targets reads all: leave it out",
    "-max-body": "means how much of a body is kept (vegeta); here none is: leave it out",
    "-name": "means a label of the run (vegeta); here: --label name=NAME",
    "-output": "means a file for the result (vegeta); here: -o FILE",
    "-prometheus-addr": "means to be scraped (vegeta); here: --out prometheus=HOST:PORT",
    "-resolvers": "means servers for names (vegeta); here: --resolve HOST:PORT:ADDRESS",
    "-session-tickets": "means sessions of TLS taken up again (vegeta); here: --tls-resume",
    "-workers": "means connections (vegeta); here: -c, and --max-connections",
    "--body-file": "means a file as body; here: -b @FILE",
    "--content-type": "means a header; here: -H 'Content-Type: ...'",
    "--autoquit": _NO_NEED,
    "--autostart": _NO_NEED,
    "--burst-delay": _BURSTS,
    "--burst-rate": _BURSTS,
    "--cookie": "means a header; here: -H 'Cookie: ...'",
    "--data-raw": "means text that may begin with @ (curl); here: -b TEXT, or -b - for standard input",
    "--csv": "means files of figures (Locust); here: --out csv=FILE, each second",
    "--data-urlencode": "means a form (curl); here: -F NAME=VALUE",
    "--debug": _ONCE,
    "--disable-color": "means no colour; here: NO_COLOR=1 in the environment",
    "--disable-compression": _NOT_ASKED,
    "--discard-response-bodies": _NO_NEED,
    "--dns": "means how names are looked up (k6); here: --dns-ttl TIME, -4 and -6",
    "--env": "means a variable (k6); here: --set KEY=VALUE",
    "--exit-code-on-error": "means the exit code after failures (Locust); here: -T 'error_rate < 1%', else 0",
    "--expect-workers": _MACHINES,
    "--fail": "means to fail for a bad status (curl); here such a reply is a failure: leave it out",
    "--fasthttp": _CLIENT,
    "--fps": "means how often the display is drawn (oha); here: --live FORM",
    "--head": _HEAD,
    "--headless": _NO_NEED,
    "--host": _HOST,
    "--http-debug": _ONCE,
    "--http1": _CLIENT,
    "--http3": "is not spoken here; there are --http 1.1, 2 and auto",
    "--json": "means a body (curl) or the result (Locust) as JSON; here: -b TEXT -H 'Content-Type: application/json', "
    "-o FILE",
    "--latency-correction": "means latencies from when requests were due (oha); at a rate (-R) they always are",
    "--latencies": _NO_NEED,
    "--latency": _NO_NEED,
    "--location": _NO_REDIRECT,
    "--master": _MACHINES,
    "--no-color": "means no colour; here: NO_COLOR=1 in the environment",
    "--no-vu-connection-reuse": "means new connections for each iteration (k6); here: @scenario(fresh=True)",
    "--no-summary": "means no report (k6); here: -q",
    "--no-usage-report": _NO_NEED,
    "--no-tui": "means no display; here: --live line, or -q",
    "--only-summary": "means no progress (Locust); here: --live none",
    "--otel": "means OpenTelemetry (Locust); here: --out otlp=URL",
    "--output-format": "means the form of the result (oha); here: --format FORM, and --out csv=FILE",
    "--pipelining": "means several requests under way on a connection (autocannon); here each waits for its reply; "
    "over HTTP/2: --streams N",
    "--print": "means what is printed (bombardier); here: -q, --format FORM",
    "--rand-regex-url": "means URLs that change (oha); here: '${ID:random:1..1000}' in the URL",
    "--request": "means the method (curl); here: -m, and -n for the number of requests",
    "--script": "means a script (wrk); here: a scenario as TARGET",
    "--spawn-rate": "means users started a second (Locust); here: --ramp-up TIME, in which all users start",
    "--stats-success-breakdown": _NO_NEED,
    "--stream": "means a body that is read while it is sent (bombardier); here a large -b @FILE is: leave it out",
    "--summary-export": "means a file for the result (k6); here: -o FILE",
    "--tag": "means a label of the run (k6), or tasks to run (Locust, --tags); here: --label KEY=VALUE, "
    "--locust '--tags NAME'",
    "--tags": "means tasks to run (Locust); here: --locust '--tags NAME'",
    "--threads": "means threads (wrk); here: --workers, and --processes",
    "--url": "means the URL (curl); here: TARGET",
    "--verbose": _ONCE,
    "--user": _AUTHORIZATION,
    "--user-agent": "means a header; here: -H 'User-Agent: ...'",
    "--wait-ongoing-requests-after-deadline": "means to wait for replies at the end (oha); here: --grace TIME",
    "--worker": _MACHINES,
    "--access-key": _KEYS,
    "--secret-key": _KEYS,
    "--autoterm": "means to end when it is steady (warp); here: --until-steady 5%",
    "--benchdata": "means a file for the result (warp); here: -o FILE",
    "--encrypt": "means encryption by a key of one's own (warp); here: --sse c",
    "--sse-s3-encrypt": "means encryption by the store's key (warp); here: --sse s3",
    "--list-existing": "means objects that are there already (warp); here: --existing PREFIX",
    "--noclear": "means to leave what was put (warp); here: --keep",
    "--obj.generator": "means what objects are filled with (warp); here: --content",
    "--obj.randsize": _SIZES,
    "--obj.size": _SIZES,
    "--storage-class": "means a header field (warp); here: -H 'x-amz-storage-class: NAME'",
    "--tls": "means https to the store (warp); here: --endpoint https://HOST:PORT",
    "--warp-client": "means load from several machines (warp); here: --machine COMMAND, or --cluster ADDRESS",
    **dict.fromkeys(("--get-distrib", "--put-distrib", "--stat-distrib", "--delete-distrib"), _SHARES),
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
    return f"{flag} {READINGS[flag]}" if flag in READINGS else ""


def reading_of_word(arguments: Sequence[str]) -> str:
    """The same for the first word behind a single dash, which else would be read letter by letter; empty for none."""
    words = (word.partition("=")[0] for word in arguments)
    return next((reading_of(word) for word in words if word in READINGS and word[1] != "-" and len(word) > 2), "")


def reading_of_number(flag: str, found: Mapping[str, Any]) -> str:
    """What was expected of a whole number, of what pydantic says of its value; empty where it is about another."""
    least = {"int_parsing": "a whole number", "greater_than_equal": f"at least {found.get('ctx', {}).get('ge')}"}
    return f"{flag}: expected {least[found['type']]}, got {found['input']!r}" if found["type"] in least else ""


def reading_of_left_over(arguments: Sequence[str]) -> str:
    """The same for a value of `-q` or `--web`, or an s3://, that are left over as arguments too many; else empty."""
    if place := next((word for word in arguments if word.startswith(S3)), ""):
        return reading_of_place(place)
    for flag, address in pairwise(arguments):
        if flag == "-a" and address.startswith("-"):
            return reading_of(flag)
        if flag == "--web" and _ADDRESS.fullmatch(address):
            return f"--web takes its address joined to it: --web={address}"
    has_number = any(flag == "-q" and number.isdecimal() for flag, number in pairwise(arguments))
    return reading_of("-q") if has_number else ""
