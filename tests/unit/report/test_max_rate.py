"""The curve of a search: what of it is known only from below."""

from dataclasses import replace

import pytest

from loadgen.measure.result import Latency, Quantile, ThresholdRow
from loadgen.report.max_rate import curve_rows, warnings
from tests.unit.report.gates import found


@pytest.mark.parametrize(
    ("expression", "p99", "said"),
    [
        ("p99 < 50ms", 60.0, "60.0 ms"),
        ("p99 < 50ms", {"at_least": 60.0}, ">= 60.0 ms"),
        ("service.p99 < 50ms", {"at_least": 70.0}, "60.0 ms"),
    ],
)
def test_a_figure_that_may_be_higher_is_marked(expression: str, p99: Quantile, said: str) -> None:
    missed = found().trials[0]
    rows = (ThresholdRow(expression, 60.0, "fail"),)
    search = replace(found(), trials=(replace(missed, met=False, response=Latency(count=9, p99=p99), slo=rows),))
    assert curve_rows(search)[1][3] == said


def test_where_no_rate_was_met_there_is_none_to_be_a_lower_bound() -> None:
    limited = found(limit="generator")
    assert "read the rate as a lower bound" in warnings(limited)[0]
    assert warnings(replace(limited, best_rps=None)) == [
        "LIMITED: the generator or its connections were at their end, so that the target's limit is not known."
    ]
