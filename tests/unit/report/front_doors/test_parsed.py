"""What scripts take out of the reports of wrk, hey and ab, they take out of ours, and the figures are the run's."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from loadgen.base.endpoint import Origin
from loadgen.measure.reply_hints import FirstReply
from loadgen.report.front_doors.ab import AbOptions, ab_csv, ab_text
from loadgen.report.front_doors.hey import hey_text
from loadgen.report.front_doors.wrk import wrk_head, wrk_text
from loadgen.results.requests import Bytes, ErrorRow, RequestResult
from loadgen.results.result import Result, Second
from tests.support.results import histogram, nothing_came_back

URL = "http://127.0.0.1:8080/page"
TIMES = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
SIZES = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}

WRK = """\
Running 2s test @ http://127.0.0.1:8080/page
  2 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   456.49us    0.97ms  10.16ms   88.85%
    Req/Sec    38.89k    16.41k   74.63k    51.22%
  Latency Distribution
     50%   65.00us
     75%  237.00us
     90%    1.58ms
     99%    4.64ms
  158566 requests in 2.10s, 85.59MB read
Requests/sec:  75539.74
Transfer/sec:     40.77MB
"""
HEY = """

Summary:
  Total:	2.0003 secs
  Slowest:	0.0135 secs
  Fastest:	0.0000 secs
  Average:	0.0002 secs
  Requests/sec:	36861.0926

  Total data:	36866500 bytes
  Size/request:	500 bytes

Latency distribution:
  10% in 0.0000 secs
  50% in 0.0001 secs
  90% in 0.0003 secs
  99% in 0.0022 secs

Status code distribution:
  [200]	73733 responses
"""
AB = """
Document Length:        500 bytes

Complete requests:      200
Failed requests:        0
Total transferred:      117000 bytes
HTML transferred:       100000 bytes
Requests per second:    13296.10 [#/sec] (mean)
Time per request:       0.602 [ms] (mean)
Time per request:       0.075 [ms] (mean, across all concurrent requests)
Transfer rate:          7595.92 [Kbytes/sec] received

Percentage of the requests served within a certain time (ms)
  50%      1
  90%      1
  99%      1
 100%      1 (longest request)
"""


def parsed_wrk(text: str) -> tuple[float, dict[int, float], float]:
    """Requests a second, seconds by percentile, bytes a second: as scripts split lines by blanks."""
    rows = [line.split() for line in text.splitlines()]
    rate = next(float(row[1]) for row in rows if row[:1] == ["Requests/sec:"])
    transfer = next(in_unit(row[1], SIZES) for row in rows if row[:1] == ["Transfer/sec:"])
    shares = {
        int(row[0][:-1]): in_unit(row[1], TIMES) for row in rows if len(row) == 2 and re.fullmatch(r"[0-9]+%", row[0])
    }
    return rate, shares, transfer


def parsed_hey(text: str) -> tuple[float, dict[int, float], float]:
    rate = float(re.search(r"Requests/sec:\t([0-9.]+)", text)[1])  # type: ignore[index]
    total_s = float(re.search(r"Total:\t([0-9.]+) secs", text)[1])  # type: ignore[index]
    data = int(re.search(r"Total data:\t([0-9]+) bytes", text)[1])  # type: ignore[index]
    shares = {int(share): float(value) for share, value in re.findall(r"^  ([0-9]+)% in ([0-9.]+) secs$", text, re.M)}
    return rate, shares, data / total_s


def parsed_ab(text: str) -> tuple[float, dict[int, float], float]:
    rate = float(re.search(r"^Requests per second: +([0-9.]+) \[#/sec\] \(mean\)$", text, re.M)[1])  # type: ignore[index]
    transfer = float(re.search(r"^Transfer rate: +([0-9.]+) \[Kbytes/sec\] received$", text, re.M)[1])  # type: ignore[index]
    shares = {int(share): float(value) / 1000 for share, value in re.findall(r"^ +([0-9]+)% +([0-9]+)\b", text, re.M)}
    return rate, shares, transfer * 1024


def in_unit(text: str, units: dict[str, float]) -> float:
    found = re.fullmatch(r"([0-9.]+)([a-zA-Z]+)", text)
    assert found
    return float(found[1]) * units[found[2]]


def a_run(**more: object) -> Result:
    """900 good replies of 10 to 909 ms, 100 bad ones of 2 s, in 10 s; 600 bytes each, 100 of them head."""
    return replace(
        Result(
            duration_s=10.0,
            status_codes={"200": 900, "503": 100},
            bytes=Bytes(50_000, 600_000),
            requests={"GET /page": RequestResult(first_reply=FirstReply(100, 500, "nginx/1.24"))},
            timeline=[Second(float(at), 100, 90, 10) for at in range(10)],
            histograms={
                "response": histogram([10.0 + at for at in range(900)]),
                "failed": histogram([2000.0] * 100),
            },
        ),
        **more,
    )


OPTIONS = AbOptions(Origin("http", "127.0.0.1", 8080), "/page", 8)
DOORS: dict[str, tuple[str, Callable[[Result], str], Callable[[str], tuple[float, dict[int, float], float]]]] = {
    "wrk": (WRK, lambda result: wrk_head(URL, 2, 8, 10.0) + wrk_text(result, 2, latency=True), parsed_wrk),
    "hey": (HEY, hey_text, parsed_hey),
    "ab": (AB, lambda result: ab_text(result, OPTIONS), parsed_ab),
}


@pytest.mark.parametrize("door", DOORS)
def test_one_script_reads_the_tool_s_report_and_ours(door: str) -> None:
    theirs, ours, parsed = DOORS[door]
    of_theirs, of_ours = parsed(theirs), parsed(ours(a_run()))
    assert of_theirs[0] > 0
    assert of_theirs[1]
    assert of_theirs[1].keys() <= of_ours[1].keys()
    assert of_ours[0] == 100.0
    assert of_ours[2] == pytest.approx(50_000 if door == "hey" else 60_000, rel=0.001)
    assert of_ours[1][50] == pytest.approx(0.509, rel=0.01)
    assert of_ours[1][99] == pytest.approx(2.0, rel=0.01)


@pytest.mark.parametrize("door", DOORS)
def test_every_line_that_scripts_look_for_is_there(door: str) -> None:
    theirs, ours, _ = DOORS[door]
    words = re.compile(r"^ *(?:[A-Za-z/]+[ :-]){1,3}", re.M)
    found = ours(a_run())
    assert [text for text in {match.strip() for match in words.findall(theirs)} if text not in found] == []


@pytest.mark.parametrize("door", DOORS)
def test_without_a_reply_there_are_no_figures_of_any(door: str) -> None:
    text = DOORS[door][1](nothing_came_back())
    assert "nan" not in text.lower()
    assert re.search(r"Requests/sec:\s+0\.0+$|Complete requests: +0$", text, re.M)


def test_wrk_counts_bad_statuses_and_broken_connections_apart() -> None:
    errors = [
        ErrorRow("unexpected_status", "target", "", 100),
        ErrorRow("connection_refused", "target", "", 3),
        ErrorRow("early_close", "target", "", 2),
        ErrorRow("timeout", "target", "", 1),
    ]
    lines = wrk_text(a_run(errors=errors), 2).splitlines()
    assert "  Socket errors: connect 3, read 2, write 0, timeout 1" in lines
    assert "  Non-2xx or 3xx responses: 100" in lines
    assert "  1000 requests in 10.00s, 585.94KB read" in lines
    assert not any("Distribution" in line for line in lines)


def test_wrk2_has_its_own_percentiles() -> None:
    text = wrk_text(a_run(), 2, latency=True, rate=True)
    assert re.search(r"^ 50\.000% 509\.[0-9]{2}ms$", text, re.M)
    assert "100.000%    2.00s" in text


def test_hey_lists_statuses_errors_and_eleven_rows_of_latencies() -> None:
    text = hey_text(a_run(errors=[ErrorRow("timeout", "target", "no complete reply within --timeout", 7)]))
    assert "  [200]\t900 responses\n  [503]\t100 responses" in text
    assert "Error distribution:\n  [7]\tno complete reply within --timeout" in text
    counts = [int(count) for count in re.findall(r"^  [0-9.]+ \[([0-9]+)\]\t\|", text, re.M)]
    assert (len(counts), sum(counts), counts[-1]) == (11, 1000, 100)


def test_ab_has_the_server_the_document_and_what_was_bad() -> None:
    text = ab_text(a_run(), replace(OPTIONS, keep_alive=True, deviations=False, percentages=False))
    for line in (
        "Server Software:        nginx/1.24",
        "Document Length:        500 bytes",
        "HTML transferred:       500000 bytes",
        "Non-2xx responses:      100",
        "Keep-Alive requests:    1000",
        "Time per request:       80.000 [ms] (mean)",
        "Time per request:       10.000 [ms] (mean, across all concurrent requests)",
    ):
        assert line in text.splitlines()
    assert "Percentage" not in text
    assert "[+/-sd]" not in text


def test_ab_s_csv_has_every_per_cent() -> None:
    rows = ab_csv(a_run()).splitlines()
    assert rows[0] == "Percentage served,Time in ms"
    assert [row.partition(",")[0] for row in rows[1:]] == [str(percent) for percent in range(101)]
    assert 10.0 <= float(rows[1].partition(",")[2]) < 10.01
