"""Interval logs that are written, read back by the library's own reader and by ours."""

from dataclasses import replace

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

from loadgen.measure.histogram import Histogram
from loadgen.report.files.hlog import LogPart, render_hlog, render_log
from loadgen.results.block import Block
from loadgen.results.hlog import read_log
from loadgen.results.requests import RequestResult
from loadgen.results.result import Result


def encoded(*values_us):
    counts = Histogram()
    for value_us in values_us:
        counts.add(value_us)
    return counts.encode()


RESULT = Result(
    started_at="2026-01-02T03:04:05.000+00:00",
    opening_s=0.5,
    duration_s=2.25,
    drain_s=0.125,
    blocks=[
        Block(0.0, 1.0, 2, 0, encoded(1000, 2000)),
        Block(1.0, 1.0, 0, 0, encoded()),
        Block(2.0, 1.0, 1, 0, encoded(5000)),
    ],
    histograms={"response": encoded(1000, 2000, 5000, 80_000)},
)
SEVERAL = replace(
    RESULT,
    requests={
        "GET /a": RequestResult(histograms={"response": encoded(1000, 2000)}),
        "buy": RequestResult(histograms={"response": encoded(5000, 80_000)}),
    },
)


def read_by_library(path, text, **selection):
    path.write_text(text)
    reader = HistogramLogReader(str(path), HdrHistogram(1, 3_600_000_000, 3))
    try:
        while (histogram := reader.get_next_interval_histogram(**selection)) is not None:
            yield histogram
    finally:
        reader.close()


def test_the_library_reads_every_block_and_what_came_after(tmp_path):
    seen = list(read_by_library(tmp_path / "x.hlog", render_hlog(RESULT)))
    assert [histogram.get_total_count() for histogram in seen] == [2, 0, 1, 1]
    assert [histogram.get_max_value() for histogram in seen] == [2000, 0, 5003, 80_063]
    epoch_ms = 1767323045_500
    assert [histogram.get_start_time_stamp() - epoch_ms for histogram in seen] == [0, 1000, 2000, 2250]
    assert [histogram.get_end_time_stamp() - epoch_ms for histogram in seen] == [1000, 2000, 2250, 2375]


def test_the_library_reads_a_range_of_it(tmp_path):
    text = render_hlog(RESULT)
    seen = list(read_by_library(tmp_path / "x.hlog", text, range_start_time_sec=1.5, range_end_time_sec=2.1))
    assert [histogram.get_total_count() for histogram in seen] == [1]


def test_request_names_are_tags_over_the_whole_run(tmp_path):
    seen = list(read_by_library(tmp_path / "x.hlog", render_hlog(SEVERAL)))
    assert [(histogram.get_tag(), histogram.get_total_count()) for histogram in seen[:3]] == [
        ("GET%20/a", 2),
        ("buy", 2),
        (None, 2),
    ]
    log = read_log(render_hlog(SEVERAL), "x.hlog")
    assert log.merge(log.select(None, None, "GET /a")).encode() == encoded(1000, 2000)


def test_the_untagged_lines_hold_every_response_time_once():
    log = read_log(render_hlog(SEVERAL), "x.hlog")
    assert log.merge(log.select(None, None, None)).encode() == RESULT.histograms["response"]


def test_a_result_without_blocks_is_one_interval():
    (row,) = read_log(render_hlog(replace(RESULT, blocks=[])), "x.hlog").intervals
    assert (row.start_s, row.length_s, row.encoded) == (0.0, 2.25, RESULT.histograms["response"])


def test_an_empty_result_is_a_log_without_values():
    log = read_log(render_hlog(Result()), "x.hlog")
    assert log.merge(log.select(None, None, None)) == Histogram()


def test_the_header_states_units_start_and_what_is_left_out():
    censored = replace(RESULT, histograms=RESULT.histograms | {"response_censored": encoded(9000)})
    header = [line for line in render_hlog(censored).splitlines() if line.startswith(("#", '"'))]
    assert "values are in microseconds, Interval_Max is in milliseconds" in header[0]
    assert "#[Without 1 request without a reply, cut ones and those never sent among them]" in header
    assert header[-2] == "#[StartTime: 1767323045.500 (seconds since epoch), 2026-01-02T03:04:05.500+00:00]"
    assert render_hlog(RESULT).splitlines()[6].startswith("0.000,1.000,2.000,HISTF")


def test_the_report_of_a_log_says_what_it_covers_and_what_it_leaves_out():
    log = read_log(render_hlog(SEVERAL), "x.hlog")
    chosen = log.select(0.0, 2.0, None)
    text = render_log(LogPart(log, chosen, log.merge(chosen)))
    assert text.startswith(
        "x.hlog: 2 intervals, 0s to 2s\n  Not in this: the tags GET /a, buy\n\nLatency of 2 values\n"
    )
    assert "Response times" in text
    tagged = log.select(None, None, "buy")
    assert render_log(LogPart(log, tagged, log.merge(tagged))).startswith("x.hlog: 1 interval, 0s to 2.25s, tag buy\n")


def test_the_report_of_a_log_in_a_wrong_unit_says_so():
    histogram = HdrHistogram(1, 10**13, 3)
    histogram.record_value(5_000_000_000_000)
    log = read_log(f"0.0,1.0,1.0,{histogram.encode().decode()}", "x.hlog")
    assert "1 value above 1 h: counted as 1 h; look at --unit." in render_log(
        LogPart(log, log.intervals, log.merge(log.intervals))
    )


def test_values_of_zero_and_no_values_at_all_can_be_reported():
    log = read_log(f"0.0,1.0,0.0,{encoded(0, 0)}\n1.0,1.0,0.0,{encoded()}", "x.hlog")
    assert "min        0 us" in render_log(LogPart(log, log.intervals, log.merge(log.intervals)))
    empty = log.intervals[1:]
    assert render_log(LogPart(log, empty, log.merge(empty))).endswith("Latency of 0 values")


def test_transactions_are_tags_too(tmp_path):
    result = replace(RESULT, transactions={"upload": RequestResult(histograms={"response": encoded(9000)})})
    first = next(read_by_library(tmp_path / "x.hlog", render_hlog(result)))
    assert (first.get_tag(), first.get_total_count(), first.get_max_value()) == ("upload", 1, 9007)
