"""InfluxDB's line protocol over HTTP: a point a second and name, never one a request.

Percentiles are of that second and that name: the database cannot add them up. For what it can, see `otlp`.
"""

import base64
import os
import urllib.request
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit, urlunsplit

from loadgen.observe.export.events import Began, Ended, Interval
from loadgen.observe.export.sinks.base import Sink
from loadgen.observe.export.sinks.rows import COUNTS, FIGURES, VALUE_STATISTICS, rows_of, value_rows_of

TIMEOUT_S = 3.0
TOKEN = "INFLUX_TOKEN"


class Influx(Sink):
    """`where` is the URL that takes lines; user and password in it, or a token from INFLUX_TOKEN, are sent along."""

    def __init__(self, where: str) -> None:
        parts = urlsplit(where)
        self._headers = {"Content-Type": "text/plain; charset=utf-8"}
        if os.environ.get(TOKEN):
            self._headers["Authorization"] = f"Token {os.environ[TOKEN]}"
        elif parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        self._url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        self._run = Began()

    def began(self, run: Began) -> None:
        self._run = run

    def interval(self, interval: Interval) -> None:
        lines = []
        for row in rows_of(interval):
            tags = {"name": row["name"], "group": row["group"], "part": row["part"], "plan": self._run.name}
            values = {key: row[key] for key in ("users", *COUNTS, "censored", *FIGURES)}
            lines.append(_line("loadgen", tags, values, interval.at_s))
        for row in value_rows_of(interval):
            tags = {"metric": row["name"], "unit": row["unit"], "part": row["part"], "plan": self._run.name}
            figures = {statistic: row[f"value_{statistic}"] for statistic in VALUE_STATISTICS}
            lines.append(_line("loadgen_value", tags, figures, interval.at_s))
        self._post(lines)

    def ended(self, end: Ended) -> None:
        plan = {"plan": self._run.name}
        lines = [
            _line(
                "loadgen_threshold", {"expr": row.expr, **plan},
                {"limit": row.limit, "observed": row.observed, "met": row.verdict == "pass", "verdict": row.verdict},
                end.at_s,
            )
            for row in end.result.thresholds
        ]  # fmt: skip
        verdict, ended_by = end.result.generator.verdict, end.result.ended_by
        self._post([*lines, _line("loadgen_end", plan, {"verdict": verdict, "ended_by": ended_by}, end.at_s)])

    def _post(self, lines: list[str]) -> None:
        request = urllib.request.Request(self._url, "\n".join(lines).encode() + b"\n", self._headers)
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
            reply.read()


def _line(measurement: str, tags: Mapping[str, str], values: Mapping[str, object], at_s: float) -> str:
    """Absent values are left out, and so are empty tags, which are no tags there."""
    head = measurement + "".join(f",{key}={_tag(text)}" for key, text in tags.items() if text)
    fields = ",".join(f"{key}={_field(value)}" for key, value in values.items() if value is not None)
    return f"{head} {fields} {round(at_s * 1e9)}"


def _tag(text: str) -> str:
    """A backslash at the end would hide the comma that follows."""
    for char in ",= ":
        text = text.replace(char, f"\\{char}")
    return text.replace("\n", " ").rstrip("\\") or "-"


def _field(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value}i"
        case float():
            return f"{value:.10g}"
    quoted = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'
