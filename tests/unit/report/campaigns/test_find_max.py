"""The curve of a search: what of it is known only from below."""

from dataclasses import replace

import pytest

from loadgen.report.campaigns.find_max import curve_rows, spoken, warnings
from tests.support.gates import found
from tests.support.results import judged


@pytest.mark.parametrize(("at_least", "said"), [(False, "60.0 ms"), (True, ">= 60.0 ms")])
def test_a_figure_that_may_be_higher_is_marked(at_least: bool, said: str) -> None:
    rows = (judged("p99 < 50ms", 60.0, "fail", at_least),)
    search = replace(found(), trials=(replace(found().trials[0], met=False, slo=rows),))
    assert curve_rows(search)[1][3] == said


def test_a_rate_that_was_met_now_and_then_is_not_denied() -> None:
    none = replace(found(edge_rps=0.4), best_rps=None)
    assert spoken(none).startswith("No rate met the SLO, down to ")
    once = replace(none, trials=(replace(none.trials[0], met=True), *none.trials[1:]))
    assert spoken(once).startswith("No rate met the SLO every time, down to ")


def test_where_no_rate_was_met_there_is_none_to_be_a_lower_bound() -> None:
    limited = found(limit="generator")
    assert "read the rate as a lower bound" in warnings(limited)[0]
    assert warnings(replace(limited, best_rps=None)) == [
        "LIMITED: the generator or its connections were at their end, so that the target's limit is not known."
    ]
