"""`loadgen wrk|hey|ab` against a server: what they print is what it counted."""

import re
from pathlib import Path

import pytest

from tests.support.command import loadgen, stats_of


def number(text: str, pattern: str) -> float:
    found = re.search(pattern, text, re.M)
    assert found, text
    return float(found[1])


def test_ab_counts_what_the_server_counts(url: str, tmp_path: Path) -> None:
    done = loadgen("ab", "-n", 40, "-c", 4, "-e", tmp_path / "e.csv", f"{url}/bytes/500")
    counted = stats_of(url)
    assert done.code == 0
    assert number(done.out, r"^Complete requests: +(\d+)$") == counted["requests"] == 40
    assert number(done.out, r"^Total transferred: +(\d+) bytes$") == counted["bytes_out"]
    assert number(done.out, r"^HTML transferred: +(\d+) bytes$") == 40 * 500
    assert number(done.out, r"^Document Length: +(\d+) bytes$") == 500
    assert counted["connections_total"] - 1 == 40
    assert "Keep-Alive requests" not in done.out
    assert len((tmp_path / "e.csv").read_text().splitlines()) == 102


def test_hey_counts_what_the_server_counts_whatever_its_status(url: str) -> None:
    done = loadgen("hey", "-n", 40, "-c", 4, f"{url}/status/503")
    assert done.code == 99, "not one good reply"
    assert stats_of(url)["by_status"] == {"503": 40}
    assert "  [503]\t40 responses" in done.out
    each = number(done.out, r"Size/request:\t(\d+) bytes")
    assert number(done.out, r"Total data:\t(\d+) bytes") == 40 * each
    assert "Error distribution" not in done.out


def test_hey_has_a_row_for_each_reply(url: str) -> None:
    done = loadgen("hey", "-n", 40, "-c", 4, "-o", "csv", f"{url}/status/503")
    head, *rows = done.out.splitlines()
    assert head.startswith("response-time,DNS+dialup,DNS,")
    assert {len(row.split(",")) for row in rows} == {len(head.split(","))}
    assert [row.split(",")[6] for row in rows] == ["503"] * 40
    assert min(float(row.split(",")[7]) for row in rows) == 0.0
    assert all(0 <= float(row.split(",")[0]) < 20 for row in rows)


def test_ab_writes_a_row_for_each_reply_and_its_report(url: str, tmp_path: Path) -> None:
    done = loadgen("ab", "-n", 20, "-c", 2, "-g", tmp_path / "g.tsv", f"{url}/bytes/5")
    head, *rows = (tmp_path / "g.tsv").read_text().splitlines()
    assert (done.code, len(rows), head.split("\t")[4]) == (0, 20, "ttime")
    times = [int(row.split("\t")[4]) for row in rows]
    assert times == sorted(times)
    assert "Complete requests:      20" in done.out


@pytest.mark.slow  # wrk has no other end than a duration
def test_wrk_counts_what_the_server_counts(url: str) -> None:
    done = loadgen("wrk", "-t1", "-c2", "-d", "0.3s", "--latency", f"{url}/bytes/10")
    counted = stats_of(url)
    assert done.code == 0
    assert number(done.out, r"^  (\d+) requests in 300\.00ms, ") == counted["requests"]
    assert number(done.out, r"^Requests/sec: +([0-9.]+)$") == pytest.approx(counted["requests"] / 0.3, rel=0.1)
    assert re.search(r"^     99% +[0-9.]+[um]s$", done.out, re.M)
