"""The options of a run, as one table: every command that makes load takes the same ones.

Values left out are absent, so that they do not override a profile. Each may come from LOADGEN_FLAG in the environment.
"""

import inspect
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.imported import imported

LOAD = "Load"
ARRIVALS = "Arrivals at a rate (the open model)"
REQUEST = "Request"
WHERE = "Where users run"
CONNECTION = "Connection"
PROXIES = "Other addresses and proxies"
TLS = "TLS"
STOPPING = "Stopping"
JUDGING = "Judging"
_COMPARISON = set("<>=")
FLAG = " "
"""The metavar of one without a value: with none it would be shown as <bool>."""


@dataclass(frozen=True, slots=True)
class RunOption:
    """One option: the profile's key, its flags, what `--help` says.

    `aliases` are what other tools call the same; they are accepted, and not in the help. `short` are flags that stand
    for a value of it.
    """

    key: str
    flags: tuple[str, ...]
    panel: str
    help: str
    metavar: str = "N"
    kind: Any = str
    aliases: tuple[str, ...] = ()
    short: tuple[tuple[str, str], ...] = ()


OPTIONS = (
    RunOption(
        "connections", ("-c", "--connections"), LOAD, "Virtual users, one connection each. (default: 50)",
        aliases=("--users", "--vus", "--concurrency", "--concurrent"),
    ),
    RunOption(
        "duration", ("-d", "--duration"), LOAD, "Time to run. (default: 10s unless -n is given)", "TIME",
        aliases=("-z", "--run-time", "-duration"),
    ),
    RunOption(
        "total_requests", ("-n", "--requests"), LOAD, "Requests or journeys; with -d, what comes first.",
        aliases=("--iterations", "--amount"),
    ),
    RunOption("journeys_per_user", ("--journeys-per-user",), LOAD, "Journeys of each user; they end the run."),
    RunOption("only", ("--scenario",), LOAD, "This scenario alone; repeatable.", "NAME", list[str]),
    RunOption("finish", ("--finish",), LOAD, "At the end, let journeys under way end within --grace.", "", bool),
    RunOption("think", ("--think",), LOAD, "Pause of a user after each reply: 100ms or 1s..3s. (default: 0s)", "TIME"),
    RunOption("ramp_up", ("--ramp-up",), LOAD, "Start the users evenly over this time. (default: 0s)", "TIME"),
    RunOption(
        "stages", ("--stage",), LOAD,
        "Go evenly to so many users, 30s:100, or to a rate, 30s:1000/s; repeatable.", "STAGE", list[str],
    ),
    RunOption(
        "warmup", ("--warmup",), LOAD, "The same load before the measured time. (default: 0s)", "TIME",
        aliases=("--warm-up",),
    ),
    RunOption(
        "until_steady", ("--until-steady",), LOAD,
        "End when '5% over 10s': five stretches so near their mean. (-d at the latest, or 5m.)", "EXPR",
    ),
    RunOption("cool_down", ("--cool-down",), LOAD, "The same load after the measured time. (default: 0s)", "TIME"),
    RunOption("seed", ("--seed",), LOAD, "Seed of everything random. (default: 1)"),
    RunOption(
        "rate", ("-R", "--rate"), ARRIVALS,
        "Due a second, whatever the server does: 5000, 300/m.", "RATE",
        aliases=("--qps", "--rps", "-qps", "-rate", "--rps-limit"),
    ),
    RunOption("arrival", ("--arrival",), ARRIVALS, "constant or poisson intervals. (default: constant)", "KIND"),
    RunOption(
        "max_connections", ("--max-connections",), ARRIVALS,
        "Open up to so many, each when an arrival finds none free. (default: as -c)",
        aliases=("-max-workers", "-max-connections"),
    ),
    RunOption("open_ahead", ("--open-ahead",), ARRIVALS, "Open -c connections before the first arrival.", "", bool),
    RunOption(
        "when_busy", ("--when-busy",), ARRIVALS, "queue (timed from when due) or drop, after that. (default: queue)",
        "ACTION",
    ),
    RunOption("precise", ("--precise",), ARRIVALS, "Spin between arrivals: less send lag, a core a worker.", "", bool),
    RunOption("leads_to", ("--target",), REQUEST, "Where a scenario's or profile's paths lead.", "URL"),
    RunOption(
        "targets", ("--targets",), REQUEST, "The requests of a file in turn: a URL a line, or vegeta's.", "FILE",
        aliases=("-targets", "--urls-from-file"),
    ),
    RunOption(
        "locust", ("--locust",), REQUEST, "Options of a locustfile, as Locust takes them: '--tags checkout'.", "OPTIONS"
    ),
    RunOption(
        "method", ("-m", "--method"), REQUEST, "(default: GET, or POST with a body)", "METHOD", aliases=("-X",)
    ),
    RunOption(
        "headers", ("-H", "--header"), REQUEST, "'Name: value'; repeatable.", "HEADER", list[str],
        aliases=("--headers", "-header"),
    ),
    RunOption(
        "body", ("-b", "--body"), REQUEST, "Text, @FILE, or - for standard input.", "BODY",
        aliases=("--data", "--data-binary"),
    ),
    RunOption(
        "form_fields", ("-F", "--form"), REQUEST, "A field, 'name=value', or file, 'name=@FILE'; repeatable.", "FIELD",
        list[str],
    ),
    RunOption(
        "redirects", ("--redirects",), REQUEST, "Follow so many within the origin, each a request. (default: 0)",
        aliases=("--max-redirects", "-redirects", "--redirect"),
    ),
    RunOption("compressed", ("--compressed",), REQUEST, "Ask for gzip, br, zstd; expect looks inside.", "", bool),
    RunOption("aws_sigv4", ("--aws-sigv4",), REQUEST, "Sign requests to AWS.", "REGION:SERVICE"),
    RunOption("basic_auth", ("-a", "--basic-auth"), REQUEST, "Sent with each request.", "USER:PASSWORD"),
    RunOption("mode", ("--mode",), WHERE, "pool, threads or async. (default: pool)", "MODE"),
    RunOption("workers", ("--workers",), WHERE, "Threads with a loop each, per process. (default: by mode)"),
    RunOption(
        "processes", ("--processes",), WHERE, "Processes. (default: a core each in pool, else 1)",
        aliases=("-cpus", "--cpus")
    ),
    RunOption("client", ("--client",), WHERE, "raw or httpx. (default: raw)", "CLIENT"),
    RunOption(
        "http", ("--http",), CONNECTION, "1.1, 2, or auto: as the server's TLS agrees. (default: 1.1)", "VERSION",
        short=(("--http2", "2"), ("-http2", "2"), ("-h2", "2"), ("-h2c", "2")),
    ),
    RunOption("streams", ("--streams",), CONNECTION, "Users that share an HTTP/2 connection. (default: 100)"),
    RunOption(
        "timeout", ("--timeout",), CONNECTION, "For one whole request. (default: 10s)", "TIME",
        aliases=("--max-time", "--request-timeout", "-timeout"),
    ),
    RunOption("connect_timeout", ("--connect-timeout",), CONNECTION, "(default: 5s)", "TIME"),
    RunOption(
        "dns_ttl", ("--dns-ttl",), CONNECTION, "Look the name up again so often, for new connections.", "TIME",
        aliases=("-dns-ttl",),
    ),
    RunOption("wait", ("--wait",), CONNECTION, "Let the target come up for so long first. (default: 0s)", "TIME"),
    RunOption(
        "keepalive", ("--no-keepalive",), CONNECTION, "A new connection for every request.", "", bool,
        aliases=("--disable-keepalive", "--no-keep-alive", "--no-connection-reuse", "-disable-keepalive"),
    ),
    RunOption(
        "requests_per_connection", ("--requests-per-connection",), CONNECTION, "Then close it, and open another.",
    ),
    RunOption(
        "proxy", ("-x", "--proxy"), PROXIES,
        "http://HOST:PORT, socks5h://..., or env for those of *_PROXY.", "URL",
    ),
    RunOption("unix_socket", ("--unix-socket",), PROXIES, "Connect to this socket.", "FILE", aliases=("-unix-socket",)),
    RunOption(
        "connect_to", ("--connect-to",), PROXIES, "HOST:PORT:HOST:PORT, asked for and connected to; repeatable.",
        "PLACE", list[str], aliases=("-connect-to",),
    ),
    RunOption("resolve", ("--resolve",), PROXIES, "HOST:PORT:ADDRESS; repeatable.", "PLACE", list[str]),
    RunOption("ipv4", ("-4", "--ipv4"), PROXIES, "IPv4 addresses alone.", "", bool),
    RunOption("ipv6", ("-6", "--ipv6"), PROXIES, "IPv6 addresses alone.", "", bool),
    RunOption(
        "local_address", ("--local-address",), PROXIES, "Connect from here; several in turn; repeatable.", "ADDRESS",
        list[str], aliases=("--interface", "--local-ips", "-laddr", "-B"),
    ),
    RunOption(
        "insecure", ("-k", "--insecure"), TLS, "Accept any certificate.", "", bool,
        aliases=("--insecure-skip-tls-verify", "-insecure"),
    ),
    RunOption("cacert", ("--cacert",), TLS, "Trust this CA (PEM).", "FILE", aliases=("--root-certs", "-root-certs")),
    RunOption("cert", ("--cert",), TLS, "Client certificate (PEM).", "FILE"),
    RunOption("key", ("--key",), TLS, "Its private key (PEM).", "FILE"),
    RunOption("sni", ("--sni",), TLS, "Ask for this name, not the URL's.", "HOST"),
    RunOption("tls_min", ("--tls-min",), TLS, "1.0 to 1.3, at least; 1.2 unless given.", "VERSION"),
    RunOption("tls_max", ("--tls-max",), TLS, "At most.", "VERSION"),
    RunOption("ciphers", ("--ciphers",), TLS, "OpenSSL's names, for up to 1.2.", "LIST"),
    RunOption("tls_resume", ("--tls-resume",), TLS, "Reconnect with the last session.", "", bool),
    RunOption("fail_fast", ("--fail-fast",), STOPPING, "Stop at the first failure.", "", bool),
    RunOption("max_errors", ("--max-errors",), STOPPING, "Stop at the Nth failure.", aliases=("--bailout",)),
    RunOption(
        "abort_if", ("--abort-if",), STOPPING, "'error_rate > 5% over 10s min 200'; repeatable.", "EXPR", list[str]
    ),
    RunOption(
        "grace", ("--grace",), STOPPING, "For requests in flight at the end. (default: 5s)", "TIME",
        aliases=("--stop-timeout",),
    ),
    RunOption(
        "thresholds", ("-T", "--threshold"), JUDGING,
        "'p99 < 250ms', 'ok_rate > 99% over 10s' or 'p99 < 1s abort', else exit code 99; repeatable.", "EXPR",
        list[str],
    ),
    RunOption("phases", ("--phases",), JUDGING, "Also time DNS, connect, TLS, first byte and transfer.", "", bool),
    RunOption("strict", ("--strict",), JUDGING, "Exit code 121 unless the run is valid.", "", bool),
)  # fmt: skip
ALIASES = {option.flags[-1]: option.aliases for option in OPTIONS if option.aliases}
"""What else an option may be called, by its long flag."""

SHORT = {option.flags[-1]: option.short for option in OPTIONS if option.short}
"""Flags that stand for a value of an option, by its long flag."""


def parameter(name: str, kind: Any, option: Any, default: object = None) -> inspect.Parameter:
    """One that Typer reads."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


def own_option(
    flags: Sequence[str],
    panel: str,
    text: str,
    metavar: str = "FILE",
    least: int | None = None,
    *,
    inherits: bool = True,
) -> Any:
    """An option; one that `inherits` may come from the environment."""
    return typer.Option(
        *flags,
        help=text,
        metavar=metavar,
        envvar=variable_of(flags) if inherits else None,
        show_envvar=False,
        rich_help_panel=panel,
        min=least,
    )


def variable_of(flags: Sequence[str]) -> str:
    """The environment variable: LOADGEN_ and the long flag; lists take one entry a line."""
    return "LOADGEN_" + flags[-1].strip("-").replace("-", "_").upper()


@dataclass(frozen=True, slots=True)
class Options:
    """A table as a group of parameters: a command receives those that were set, by their keys."""

    rows: tuple[RunOption, ...]

    def parameters(self) -> Iterator[inspect.Parameter]:
        """All rows."""
        yield from map(_parameter, self.rows)

    def take(self, values: dict[str, Any]) -> dict[str, Any]:
        """Those that were set, taken out of a command's values."""
        flags = {row.key: values.pop(row.key) for row in self.rows}
        for row in self.rows:
            if row.kind == list[str]:
                inherited = os.environ.get(variable_of(row.flags), "").splitlines()
                flags[row.key] = _joined(row.key, inherited, flags[row.key] or [])
        given = {key: value for key, value in flags.items() if value not in (None, [])}
        if "leads_to" in given:  # a parameter of the other name is the command's TARGET
            given["target"] = given.pop("leads_to")
        if reading := _other_meaning(given):
            raise UsageError(reading)
        if "keepalive" in given:
            given["keepalive"] = not given["keepalive"]  # LOADGEN_NO_KEEPALIVE=0 keeps them
        return given


def _other_meaning(given: Mapping[str, Any]) -> str:
    """What was meant with a value that the letter takes in other tools, and never here; empty where there is none."""
    duration, method, auth = given.get("duration", ""), given.get("method", ""), given.get("basic_auth", ":")
    meant = {
        "-d": duration[:1] in tuple('{[@<"') or "=" in duration,
        "-X": ":" in method or "." in method,
        "-a": ":" not in auth or auth.startswith(("http://", "https://")),
        "-m": method.isdecimal(),
        "-H": any(line.startswith(("http://", "https://")) for line in given.get("headers", ())),
        "-T": any("/" in line and not _COMPARISON & {*line} for line in given.get("thresholds", ())),
    }
    flag = next((flag for flag, is_meant in meant.items() if is_meant), "")
    return str(imported("loadgen.cli.readings", "reading_of")(flag)) if flag else ""


def _joined(key: str, inherited: list[str], given: list[str]) -> list[str]:
    """What the environment and the command line say together: headers add up, unless they have the same name."""
    if key != "headers":
        return given or inherited
    names = {_name(line) for line in given}
    return [*(line for line in inherited if _name(line) not in names), *given]


def _name(header: str) -> str:
    return header.partition(":")[0].strip().lower()


def _parameter(option: RunOption) -> inspect.Parameter:
    metavar = FLAG if option.kind is bool else option.metavar
    several = option.kind == list[str]
    information = own_option(option.flags, option.panel, option.help, metavar, inherits=not several)
    return parameter(option.key, option.kind | None, information)
