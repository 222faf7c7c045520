import io
import math
import re
from bisect import bisect_right
from random import Random

import pytest

from loadgen.base.errors import UsageError
from loadgen.measure.histogram import Histogram
from loadgen.report.files.hgrm import hgrm_of, render_hgrm
from loadgen.results.result import Result

FEW = """\
       Value     Percentile TotalCount 1/(1-Percentile)

       1.000 0.000000000000          1           1.00
       1.000 0.100000000000          1           1.11
       1.000 0.200000000000          1           1.25
       2.000 0.300000000000          2           1.43
       2.000 0.400000000000          2           1.67
       2.000 0.500000000000          2           2.00
       5.003 0.550000000000          4           2.22
       5.003 1.000000000000          4
#[Mean    =        3.251, StdDeviation   =        1.786]
#[Max     =        5.003, Total count    =            4]
#[Buckets =           22, SubBuckets     =         2048]
"""


def counts_of(*values_us):
    counts = Histogram()
    for value_us in values_us:
        counts.add(value_us)
    return counts


def rows(text):
    """Value, percentile and count of each line, as the plotter splits them."""
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(map(float, line[:3])) for line in lines if re.match(r"[0-9]", line[0])]


def library_text(counts):
    file = io.BytesIO()
    counts.hdr().output_percentile_distribution(file, 1000)
    return file.getvalue().decode()


def test_text_is_exactly_the_known_one():
    assert render_hgrm(counts_of(1000, 2000, 5000, 5000)) == FEW


@pytest.mark.parametrize("count", [1, 2, 7, 100, 2000])
def test_every_percentile_is_the_nearest_rank(count):
    random = Random(count)
    samples_us = sorted(int(random.lognormvariate(5, 0.5)) for _ in range(count))
    found = rows(render_hgrm(counts_of(*samples_us)))
    for value_ms, quantile, below in found:
        rank = max(1, math.ceil(round(quantile * count, 6)))
        assert round(value_ms * 1000) == samples_us[rank - 1]
        assert below == bisect_right(samples_us, round(value_ms * 1000))
    assert found[-1] == (samples_us[-1] / 1000, 1.0, count)


def test_mean_deviation_and_frame_are_those_of_the_library():
    counts = counts_of(100, 100, 900, 2000)
    ours, library = render_hgrm(counts).splitlines(), library_text(counts).splitlines()
    assert (ours[:2], ours[-1]) == (library[:2], library[-1])
    mean_us, deviation_us = counts.hdr().get_mean_value(), counts.hdr().get_stddev()
    assert ours[-3] == f"#[Mean    = {mean_us / 1000:12.3f}, StdDeviation   = {deviation_us / 1000:12.3f}]"


def test_without_values_there_is_the_frame_only():
    text = render_hgrm(Histogram())
    assert rows(text) == []
    assert "Total count    =            0" in text


def test_requests_without_a_reply_in_time_count_as_at_least_what_they_waited():
    result = Result(
        histograms={
            "response": counts_of(1000, 2000).encode(),
            "response_censored": counts_of(9000).encode(),
            "service": "not looked at",
        }
    )
    text = hgrm_of(result)
    assert rows(text)[-1][::2] == (9.007, 3)
    assert (
        text.splitlines()[-1] == "#[Censored = 1: no reply in time, cut, or never sent, so each is at least its value]"
    )


def test_a_damaged_histogram_is_a_usage_error():
    with pytest.raises(UsageError, match="damaged result: histogram 'response'"):
        hgrm_of(Result(histograms={"response": "x"}))
