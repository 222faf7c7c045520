"""`loadgen run --out`: figures for other programs agree with the Result, and what becomes of them changes nothing."""

import csv
import json
import signal
import socket
import threading
import urllib.request
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.command import MODES, Command, Mode, load, loadgen, wait_until

ONE_PROCESS = MODES["pool"]


def test_rows_of_all_exporters_add_up_to_the_result(url: str, tmp_path: Path) -> None:
    files = {name: tmp_path / f"x.{name}" for name in ("csv", "jsonl", "json")}
    loadgen(
        "run", f"{url}/error-rate/20", "-c", "4", "-n", "400", "-T", "p99 < 10s", *ONE_PROCESS,
        "--out", f"csv={files['csv']}", "--out", f"jsonl={files['jsonl']}", "-o", files["json"],
    )  # fmt: skip
    result = load(files["json"])
    assert result.notes == []
    with files["csv"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    sums = Counter[str]()
    for row in rows:
        if row["part"] in ("second", "rest"):
            sums.update({key: int(row[key]) for key in ("ok", "failed", "bytes_received")})
    [part] = result.requests.values()
    assert sums == {"ok": part.ledger.ok, "failed": part.ledger.failed, "bytes_received": part.bytes.received}
    lines = [json.loads(line) for line in files["jsonl"].read_text().splitlines()]
    statuses = Counter[str]()
    for line in lines:
        statuses.update(line.get("statuses", {}))
    assert statuses == result.status_codes
    [threshold] = result.thresholds
    assert lines[-1]["thresholds"][0]["observed"] == threshold.observed
    assert [row["observed"] for row in rows if row["part"] == "threshold"] == [str(threshold.observed)]


def test_prometheus_has_the_sums_of_the_result_in_the_end(url: str, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    argv = ["run", url, "-c", "2", "-n", "100", *ONE_PROCESS, "-q", "-o", saved]
    with Command(*argv[:-3], "--out", "prometheus=127.0.0.1:0", "-o", saved, "-R", "100", "-d", "1s") as command:
        assert command._process.stderr is not None
        page_url = command._process.stderr.readline().split()[-1]
        pages: list[str] = []

        def scrape() -> None:
            while "loadgen_valid" not in (pages or [""])[-1]:
                with urllib.request.urlopen(page_url, timeout=20) as reply:
                    pages.append(reply.read().decode())

        scraper = threading.Thread(target=scrape)
        scraper.start()
        done = command.finish()
        scraper.join(20)
    result = load(saved)
    assert done.code == 0
    good = f'loadgen_requests_total{{name="GET /",outcome="ok"}} {result.ledger.ok}'
    assert good in pages[-1].splitlines()


def test_a_collector_has_the_sums_and_percentiles_of_the_result_in_the_end(url: str, tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the extra otel is not installed")
    from tests.support.otlp import by, metrics_of, running_collector

    saved = tmp_path / "r.json"
    with running_collector() as collector:
        argv = ["run", f"{url}/error-rate/20", "-c", "4", "-n", "400", *ONE_PROCESS, "-o", saved]
        done = loadgen(*argv, "--out", f"otlp={collector.url}")
        told = [metrics_of(request) for request in collector.requests]
    assert done.err == ""
    result = load(saved)
    [last] = [each for each in told if "loadgen.requests" in each][-1:]
    ledger = result.ledger
    assert by(last["loadgen.requests"], "outcome") == {"ok": ledger.ok, "failed": ledger.failed, "unknown": 0}
    assert by(last["loadgen.bytes"], "direction")["received"] == result.bytes.received
    [point] = last["loadgen.response.duration"].exponential_histogram.data_points
    assert point.count == ledger.ok
    p99 = result.latency_ms["response"].p99
    base, left = 2.0 ** (2.0**-point.scale), -(-point.count * 99 // 100) - point.zero_count
    for index, times in enumerate(point.positive.bucket_counts, point.positive.offset):
        left -= times
        if left <= 0:
            assert base**index <= p99 / 1000 * 1.000001 <= base ** (index + 1) * 1.000002
            break


def test_a_server_that_is_gone_is_one_note_and_no_exit_code(url: str, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    outs = ["--out", "influx=http://127.0.0.1:1/write?db=x", "--out", f"csv={tmp_path}/x.csv"]
    done = loadgen("run", url, "-c", "2", "-n", "50", *ONE_PROCESS, *outs, "-o", saved)
    result = load(saved)
    assert (done.code, result.ledger.ok) == (0, 50)
    [note] = result.notes
    assert note.startswith("--out influx lost ")
    assert note.endswith("(Connection refused)")
    assert "influx lost" in done.out


def test_what_cannot_begin_is_said_before_the_run(url: str, tmp_path: Path) -> None:
    done = loadgen("run", url, "-n", "1", "--out", "csv=/dev/full")
    assert (done.code, done.out) == (2, "")
    assert done.err == "loadgen: --out csv: No space left on device\n"


def test_what_was_written_survives_a_kill(url: str, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    with Command("run", url, "-R", "20", "-d", "60s", *ONE_PROCESS, "--out", f"jsonl={file}") as command:
        wait_until(lambda: file.exists() and '"part": "second"' in file.read_text(), "a second")
        command.send(signal.SIGKILL)
    assert all(json.loads(line) for line in file.read_text().splitlines())


def test_each_request_is_a_row_of_the_log(url: str, tmp_path: Path, local_mode: Mode) -> None:
    file, saved = tmp_path / "requests.csv", tmp_path / "r.json"
    argv = ["run", f"{url}/error-rate/20", "-c", "3", "-n", "100", *local_mode, "-o", saved]
    assert loadgen(*argv, "--out", f"requests={file}").code == 0
    with file.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    result = load(saved)
    assert Counter(row["status"] for row in rows) == result.status_codes
    assert sum(row["error"] == "unexpected_status" for row in rows) == result.ledger.failed
    assert {row["user"] for row in rows} <= {"0", "1", "2"}
    assert all(int(row["due"]) <= int(row["sent"]) <= int(row["done"]) for row in rows)
    assert sum(int(row["bytes"]) for row in rows) == result.bytes.received


def test_each_tenth_as_json_and_not_of_several_runs(url: str, tmp_path: Path) -> None:
    file = tmp_path / "requests.jsonl"
    assert loadgen("run", url, "-c", "1", "-n", "100", *ONE_PROCESS, "--out", f"requests:10={file}").code == 0
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["status"] for row in rows] == [200] * 10
    done = loadgen("run", url, "--rounds", "2", "--out", f"requests={file}")
    assert (done.code, "--out requests: is of one run" in done.err) == (2, True)


def test_a_page_has_the_report_in_the_end_and_a_tab_that_never_reads_costs_nothing(url: str, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    argv = ["run", url, "-R", "50", "-d", "1s", *ONE_PROCESS, "-q", "-o", saved]
    with Command(*argv, "--web", "--linger") as command:
        assert command._process.stderr is not None
        at = urlsplit(command._process.stderr.readline().split()[-1])
        events = f"/events?{at.query}"
        with socket.create_connection((at.hostname, at.port), 20) as deaf:
            deaf.sendall(f"GET {events} HTTP/1.1\r\nHost: {at.netloc}\r\n\r\n".encode())
            with urllib.request.urlopen(f"http://{at.netloc}{events}", timeout=20) as tab:
                shown = next(line for line in tab if b"Verdict" in line)
            assert command._process.stderr.readline() == "loadgen: the page stays until Ctrl-C (--linger)\n"
            with urllib.request.urlopen(f"http://{at.netloc}/?{at.query}", timeout=20) as reply:
                again = reply.read().decode()
            command.send(signal.SIGINT)
            done = command.finish()
    result = load(saved)
    assert (done.code, result.ended_by, result.notes) == (0, "completed", [])
    assert json.loads(shown.removeprefix(b"data: "))["live"] in again
    assert f"{result.ledger.sent:,} sent" in again


def test_a_page_for_others_takes_tls_or_a_word(url: str) -> None:
    done = loadgen("run", url, "-n", "1", "--web=0.0.0.0:0")
    assert (done.code, "--web-cert FILE serves it over TLS, --insecure-web without" in done.err) == (2, True)
    done = loadgen("run", url, "-n", "1", "--web=127.0.0.1:0", "--web-cert", "/nowhere.pem")
    assert (
        done.err
        == "loadgen: --web: cannot read the certificate '/nowhere.pem' and its key: No such file or directory\n"
    )
    assert loadgen("run", url, "-n", "1", "--linger").err == "loadgen: --linger is about the page of --web: add --web\n"
    joined = loadgen("run", "--web", "127.0.0.1:9", url).err
    assert joined.startswith("loadgen: --web takes its address joined to it: --web=127.0.0.1:9")


def test_each_run_of_a_comparison_and_of_a_search_is_told_by_its_name(url: str, tmp_path: Path) -> None:
    compared, searched = tmp_path / "c.csv", tmp_path / "m.jsonl"
    argv = ["-c", "1", "-d", "200ms", "--settle", "0s", "--rounds", "1", "--modes", "threads,async", "-q"]
    loadgen("compare", url, *argv, "--out", f"csv={compared}")
    with compared.open(newline="") as file:
        began = [row["name"] for row in csv.DictReader(file) if row["part"] == "began"]
    assert sorted(name.rpartition(" (")[2] for name in began) == ["1/1 async)", "1/1 threads)"]
    search = ["--slo", "p99 < 1us", "-R", "20", "-d", "100ms", "--mode", "async", "-q"]
    loadgen("find-max", url, *search, "--out", f"jsonl={searched}")
    lines = [json.loads(line) for line in searched.read_text().splitlines()]
    [first, *_] = [line["plan"] for line in lines if line["part"] == "began"]
    assert first.endswith(" (20.0/s)")
    done = loadgen("compare", url, "--out", f"requests={tmp_path}/x")
    assert (done.code, "--out requests: is of one run" in done.err) == (2, True)
