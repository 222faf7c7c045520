"""One run, told to everybody who looks on: what they show is what its Result says."""

import csv
import json
import threading
import urllib.request
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the extra otel is not installed")

from loadgen import load_profile, run
from loadgen.base.units import format_ms
from loadgen.observe.export.exporters import Exporters
from loadgen.observe.export.kinds import Out
from loadgen.observe.export.sinks.prometheus import BOUNDS_US
from loadgen.observe.view.full_view import FullView
from loadgen.report.draw.style import Line
from loadgen.report.run.html import run_html
from loadgen.report.run.run_report import RunReport
from loadgen.results.result import Result
from tests.support.otlp import metrics_of, running_collector

PATIENCE_S = 20
PROFILE = """\
target: {url}
total_requests: 200
connections: 4
processes: 1
requests:
  - {{name: good, path: /bytes/100, weight: 3}}
  - {{name: some fail, path: /error-rate/30}}
thresholds: [p99 < 10s, error_rate < 90%]
"""


class Canvas:
    """Takes what is drawn; the last key that is pressed shows the whole run."""

    def enter(self, on_key: Any) -> None:
        """Shown nowhere."""

    def leave(self) -> None:
        """Nothing to be given back."""

    def size(self) -> tuple[int, int]:
        return 140, 40

    def show(self, lines: Sequence[Line]) -> None:
        self.text = "\n".join(line.text for line in lines)


class Told:
    """What the servers of one run said in the end: its page, and what Prometheus scraped."""

    def __init__(self) -> None:
        self.shown: dict[str, str] = {}
        self.scraped = ""
        self._threads: list[threading.Thread] = []

    def listen(self, info: str) -> None:
        """To one that says where it is."""
        url = info.rsplit(maxsplit=1)[-1]
        self._threads.append(threading.Thread(target=self._tab if "?t=" in url else self._scrape, args=(url,)))
        self._threads[-1].start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()

    def _tab(self, url: str) -> None:
        at = urlsplit(url)
        with urllib.request.urlopen(f"http://{at.netloc}/events?{at.query}", timeout=PATIENCE_S) as reply:
            for line in reply:
                if line.startswith(b"data: "):
                    self.shown |= json.loads(line.removeprefix(b"data: "))

    def _scrape(self, url: str) -> None:
        while "loadgen_valid" not in self.scraped:
            with urllib.request.urlopen(url, timeout=PATIENCE_S) as reply:
                self.scraped = reply.read().decode()


def counts_of(result: Result) -> dict[tuple[str, str], int]:
    """By name and outcome."""
    return {
        (name, outcome): getattr(part.ledger, outcome)
        for name, part in result.requests.items()
        for outcome in ("ok", "failed")
    }


def test_everybody_who_looks_on_is_told_the_figures_of_the_result(url: str, tmp_path: Path) -> None:
    canvas, told = Canvas(), Told()
    view = FullView(canvas, lambda: None, several=True)
    files = {kind: tmp_path / f"x.{kind}" for kind in ("csv", "jsonl")}
    outs = [Out(kind, str(file)) for kind, file in files.items()]
    with running_collector() as collector:
        outs += [Out("otlp", collector.url), Out("prometheus", "127.0.0.1:0"), Out("page", "127.0.0.1:0")]
        with closing(Exporters(outs, told.listen)) as exporters:
            result = run(load_profile(PROFILE.format(url=url)), observers=[view, exporters])
            view._key("w")
        told.join()
        pushed = [metrics_of(request) for request in collector.requests]
    assert result.notes == []
    counts = counts_of(result)
    assert sum(counts.values()) == result.ledger.sent
    files_agree(result, counts, files)
    prometheus_agrees(result, counts, told.scraped)
    otlp_agrees(result, counts, [each for each in pushed if "loadgen.requests" in each][-1])
    pages_agree(result, told.shown["live"])
    view_agrees(result, view, canvas.text)


def files_agree(result: Result, counts: dict[tuple[str, str], int], files: dict[str, Path]) -> None:
    with files["csv"].open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["part"] in ("second", "rest")]
    lines = [json.loads(line) for line in files["jsonl"].read_text().splitlines()]
    for told in (rows, [line for line in lines if line["part"] in ("second", "rest")]):
        sums = Counter[tuple[str, str]]()
        for row in told:
            sums.update({(row["name"], outcome): int(row[outcome]) for outcome in ("ok", "failed")})
        assert sums == counts
    late = {row["name"] for row in rows if row["part"] == "rest"}
    for row in rows:
        if row["name"] not in late:  # its one second is all of it
            response = result.requests[row["name"]].latency_ms["response"]
            assert [float(row[f"response_{of}_ms"]) for of in ("p50", "p99", "max")] == [
                response.p50, response.p99, response.max,
            ]  # fmt: skip
    observed = {row.expr: row.observed for row in result.thresholds}
    assert {row["expr"]: row["observed"] for row in lines[-1]["thresholds"]} == observed


def prometheus_agrees(result: Result, counts: dict[tuple[str, str], int], scraped: str) -> None:
    lines = dict(line.rpartition(" ")[::2] for line in scraped.splitlines() if not line.startswith("#"))
    for (name, outcome), count in counts.items():
        assert float(lines[f'loadgen_requests_total{{name="{name}",outcome="{outcome}"}}']) == count
    for name, part in result.requests.items():
        head = f'loadgen_response_seconds_bucket{{name="{name}",le="'
        buckets = [(key.removeprefix(head)[:-2], float(value)) for key, value in lines.items() if key.startswith(head)]
        rank = -(-part.ledger.ok * 99 // 100)
        bound = next(bound for bound, below in buckets if below >= rank)
        p99 = part.latency_ms["response"].p99
        assert isinstance(p99, float)
        lowest_us = max((edge for edge in BOUNDS_US if edge / 1e6 < float(bound)), default=0)
        assert lowest_us / 1000 <= p99 * 1.001
        assert p99 <= float(bound) * 1000 * 1.001
    for row in result.thresholds:
        assert row.observed is not None
        seconds = 1000 if row.unit == "ms" else 1
        assert float(lines[f'loadgen_threshold_observed{{expr="{row.expr}"}}']) == pytest.approx(row.observed / seconds)


def otlp_agrees(result: Result, counts: dict[tuple[str, str], int], metrics: dict[str, Any]) -> None:
    told = {
        tuple(of.value.string_value for key in ("name", "outcome") for of in point.attributes if of.key == key): (
            point.as_int or int(point.as_double)
        )
        for point in metrics["loadgen.requests"].sum.data_points
    }
    assert {key: told[key] for key in counts} == counts
    for point in metrics["loadgen.response.duration"].exponential_histogram.data_points:
        [name] = [of.value.string_value for of in point.attributes if of.key == "name"]
        p99 = result.requests[name].latency_ms["response"].p99
        assert isinstance(p99, float)
        left, base = -(-point.count * 99 // 100) - point.zero_count, 2.0 ** (2.0**-point.scale)
        for index, times in enumerate(point.positive.bucket_counts, point.positive.offset):
            left -= times
            if left <= 0:
                assert base**index * 0.999 <= p99 / 1000 <= base ** (index + 1) * 1.001
                break


def pages_agree(result: Result, shown: str) -> None:
    assert shown == run_html(RunReport((result,))).partition("<body>\n")[2].rpartition("\n</body>")[0]
    ledger, p99 = result.ledger, result.latency_ms["response"].p99
    assert isinstance(p99, float)
    assert f"{ledger.sent:,} sent = {ledger.ok:,} ok + {ledger.failed:,} failed" in shown
    assert f"p99 {format_ms(p99)}" in shown


def view_agrees(result: Result, view: FullView, text: str) -> None:
    """It has what ended in the measured window: all but what the last replies brought."""
    assert view._figures is not None
    so_far = view._figures.result(10, last=False)
    drained = result.ledger.sent - so_far.ledger.sent
    assert 0 <= drained <= 4
    for name, part in so_far.requests.items():
        row = next(line for line in text.splitlines() if line.startswith(name))
        assert f" {part.ledger.sent:,} " in row
        assert result.requests[name].ledger.sent - part.ledger.sent <= drained
        if result.requests[name].ledger == part.ledger:
            assert part.latency_ms["response"].p99 == result.requests[name].latency_ms["response"].p99
            assert f" {format_ms(part.latency_ms['response'].p99)} " in row  # type: ignore[arg-type]
