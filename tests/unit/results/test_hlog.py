import pytest
from hdrh.histogram import HdrHistogram

from loadgen.base.errors import UsageError
from loadgen.measure.histogram import Histogram
from loadgen.results.hlog import LEGEND, read_log, tag_of


def encoded(value, times=1):
    histogram = HdrHistogram(1, 3_600_000_000_000, 3)
    histogram.record_value(value, times)
    return histogram.encode().decode()


def interval(start, value, *, tag=""):
    return f"{f'Tag={tag},' if tag else ''}{start:.3f},1.000,{value / 1e6:.3f},{encoded(value)}"


LOG = "\n".join(
    [
        "#[Logged with another program 1.0]",
        "#[Histogram log format version 1.3]",
        "#[StartTime: 1700000000.250 (seconds since epoch), Tue Nov 14 22:13:20 UTC 2023]",
        LEGEND,
        interval(0.0, 1_000_000),
        interval(0.0, 9_000_000, tag="GET%20/a"),
        interval(1.0, 2_000_000),
        "",
        interval(2.0, 3_000_000),
    ]
)


def values(log, *selection):
    return sorted(log.merge(log.select(*selection)).buckets)


def test_intervals_of_another_program_in_nanoseconds_are_read_in_microseconds():
    log = read_log(LOG, "x.hlog", "ns")
    assert [(row.start_s, row.length_s, row.tag) for row in log.select(None, None, None)] == [
        (0.0, 1.0, ""),
        (1.0, 1.0, ""),
        (2.0, 1.0, ""),
    ]
    assert log.merge(log.select(None, None, None)).quantiles_us([0.5]) == [2000]


def test_a_range_takes_the_intervals_that_begin_in_it():
    log = read_log(LOG, "x.hlog", "ns")
    assert values(log, 1.0, None, None) == [2000, 3000]
    assert values(log, None, 1.0, None) == [1000]
    assert values(log, 0.5, 2.0, None) == [2000]


@pytest.mark.parametrize("name", ["GET%20/a", "GET /a"])
def test_a_tag_is_found_as_written_and_as_it_was_named(name):
    assert values(read_log(LOG, "x.hlog", "ns"), None, None, name) == [9000]


@pytest.mark.parametrize(
    ("header", "stamps"),
    [
        ([], (1700000005.0, 1700000006.0)),
        (["#[StartTime: 1700000005.000 (seconds since epoch), x]"], (1700000005.0, 1700000006.0)),
        (["#[StartTime: 1700000005.000 (seconds since epoch), x]"], (0.0, 1.0)),
        (["#[StartTime: 1700000005 (seconds since epoch), x]", "#[BaseTime: 1700000000.0 (seconds)]"], (5.0, 6.0)),
    ],
)
def test_absolute_and_relative_timestamps_count_from_the_log_s_start(header, stamps):
    text = "\n".join([*header, *(interval(template, 5) for template in stamps)])
    assert [row.start_s for row in read_log(text, "x.hlog").intervals] == [0.0, 1.0]


def test_an_empty_interval_has_no_values():
    log = read_log(f"0.0,1.0,0.0,{Histogram().encode()}", "x.hlog")
    assert log.merge(log.intervals) == Histogram()


@pytest.mark.parametrize(
    ("text", "selection", "said"),
    [
        ("", (None, None, None), "no intervals in this log"),
        ("#[StartTime: 1.0 (seconds since epoch), x]\n", (None, None, "a"), "no intervals in this log"),
        (LOG, (None, None, "b"), "no interval has the tag 'b'; there are GET /a"),
        (LOG, (3.0, None, None), "no interval begins in this range; they begin from 0s to 2s"),
        (interval(0.0, 5, tag="a"), (None, None, None), "choose one with --tag: a"),
        (interval(0.0, 5), (None, None, "a"), "no interval has the tag 'a', nor any other"),
    ],
)
def test_a_selection_of_nothing_says_what_there_is(text, selection, said):
    log = read_log(text, "x.hlog")
    with pytest.raises(UsageError) as caught:
        log.select(*selection)
    assert str(caught.value) == f"x.hlog: {said}"


@pytest.mark.parametrize(
    "line", ["no log", "1,2", "a,1.0,2.0,HISTF", "nan,1.0,2.0,HISTF", "0.0,1.0,2.0,", "Tag=a", "0.0,1.0,2.0,HIST,F"]
)
def test_a_line_that_is_no_interval_is_named(line):
    with pytest.raises(UsageError, match=r"^x\.hlog: line 2: expected START,LENGTH,MAX,HISTOGRAM"):
        read_log(f"{LEGEND}\n{line}", "x.hlog")


@pytest.mark.parametrize("cut", [5, 40])
def test_a_damaged_histogram_is_named_by_its_line(cut):
    log = read_log(f"{interval(0.0, 5)}\n{interval(1.0, 5)[:-cut]}", "x.hlog")
    with pytest.raises(UsageError, match=r"^x\.hlog: line 2: not an HdrHistogram V2"):
        log.merge(log.intervals)


def test_a_name_becomes_a_tag_without_blanks_commas_or_line_breaks():
    assert tag_of("GET /items?a=1,2\n100%") == "GET%20/items?a=1%2C2%0A100%25"
    assert tag_of("browse") == "browse"
