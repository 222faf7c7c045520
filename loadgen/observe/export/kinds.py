"""The table of exporters, and what a person writes to have one: `--out KIND[=WHERE]`.

A new one is a Sink and a row. This file imports no sink: only the exporters' process does.
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from loadgen.base.address import host_and_port
from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.files import check_writable
from loadgen.base.suggest import did_you_mean
from loadgen.base.units import shown
from loadgen.observe.web.place import ANYWHERE, WebPlace


@dataclass(frozen=True, slots=True)
class Out:
    """One exporter that was asked for; that of requests takes each `every`-th."""

    kind: str
    where: str
    every: int = 1


@dataclass(frozen=True, slots=True)
class ExporterKind:
    """A row. `where` is what follows the equals sign, `default` what stands for it where it may be left out (None: it
    may not), `check` raises ValueError for a wrong one. `sink` is the class, `module:name` in the folder of sinks.
    """

    name: str
    where: str
    sink: str
    check: Callable[[str], None]
    default: str | None = None


def _file(where: str) -> None:
    try:
        check_writable(Path(where))
    except OSError as error:
        raise ValueError(f"cannot write {where!r}: {error.strerror}") from None


def _address(where: str) -> None:
    host_and_port(where)


def _web(where: str) -> None:
    WebPlace.read(where).check()


def _write_url(where: str) -> None:
    parts = urlsplit(where)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path in ("", "/"):
        raise ValueError(
            "expected the URL that takes lines, as http://HOST:8086/write?db=NAME or "
            "http://HOST:8086/api/v2/write?org=NAME&bucket=NAME (its token is taken from INFLUX_TOKEN)"
        )


def _collector(where: str) -> None:
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.exporter") is None:
        raise ValueError("needs OpenTelemetry's exporter: pip install 'loadgen[otel]'")
    if where and urlsplit(where).scheme not in ("http", "https"):
        raise ValueError(f"expected a URL such as http://HOST:4318/v1/metrics, got {shown(where)}")


PAGE = "page"
"""The live page, which `--web` asks for as well."""

LOG = "requests"
"""What is told of single requests, and of no second."""

KINDS = {
    row.name: row
    for row in (
        ExporterKind("csv", "FILE", "files:CsvFile", _file),
        ExporterKind("jsonl", "FILE", "files:JsonLines", _file),
        ExporterKind("requests", "FILE", "requests:RequestsFile", _file),
        ExporterKind("prometheus", "HOST:PORT", "prometheus:Prometheus", _address, "127.0.0.1:9464"),
        ExporterKind("influx", "URL", "influx:Influx", _write_url),
        ExporterKind(PAGE, "HOST:PORT", "page:Page", _web, ANYWHERE),
        ExporterKind("statsd", "HOST:PORT", "statsd:Statsd", _address, "127.0.0.1:8125"),
        ExporterKind("otlp", "URL", "otlp:Otlp", _collector, ""),
    )
}


def asked_as(kind: str) -> str:
    """How a user knows an exporter."""
    return "--web" if kind == PAGE else f"--out {kind}"


def log_every(outs: Sequence[Out]) -> int:
    """Which requests are to be written down: each Nth; 0 where none is. Raises UsageError for two logs."""
    logs = [out.every for out in outs if out.kind == LOG]
    if len(logs) > 1:
        raise UsageError(f"--out: there may be one log of {LOG}")
    return logs[0] if logs else 0


def parse_outs(texts: Sequence[str], more: Sequence[Out] = ()) -> list[Out]:
    """What `--out` was given, and `more`. Raises UsageError, also for what could not work from the start."""
    outs = [*map(_parse, texts), *more]
    for out in outs:
        if outs.count(out) > 1:
            raise UsageError(f"--out: {out.kind} is there twice, to the same place")
    return outs


def _parse(text: str) -> Out:
    head, equals, where = text.strip().partition("=")
    name, colon, every = head.partition(":")
    kind = KINDS.get(name)
    if kind is None:
        raise UsageError(
            f"--out: expected KIND or KIND=WHERE such as csv=seconds.csv, got {shown(name)}{did_you_mean(name, KINDS)}"
        )
    if kind.default is None and not where:
        raise UsageError(f"--out: {name} needs to know where: {name}={kind.where}")
    if equals and not where:
        raise UsageError(f"--out: expected {name}={kind.where} or {name} alone")
    if colon and (name != LOG or not every.isdecimal() or not int(every)):
        raise UsageError(f"--out: expected {LOG}:N={kind.where} for each Nth request, got {shown(head)}")
    where = where or kind.default or ""
    try:
        kind.check(where)
    except ValueError as error:
        raise UsageError(f"--out: {name}: {error}") from None
    return Out(name, where, int(every or 1))
