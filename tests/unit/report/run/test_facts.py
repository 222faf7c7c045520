"""How a run ended, where that was not as planned."""

from dataclasses import replace

import pytest

from loadgen.report.run.facts import header
from loadgen.results.result import Result
from tests.support.results import shop


def ran(pick: str, planned_s: float | None, limit: int | None = None, not_started: int = 0) -> Result:
    result = shop()
    scenario = result.plan["scenario"] | {"feeds": [{"name": "words", "file": "words.csv", "pick": pick}]}
    plan = result.plan | {"scenario": scenario, "duration_s": planned_s, "requests_limit": limit}
    return replace(result, plan=plan, journeys=replace(result.journeys, not_started=not_started))


def told(result: Result) -> bool:
    text = "\n".join(row.text for row in header(result, 80))
    return "Ended after 10s of 1m: every row of words was used, and they go once" in text


def test_rows_that_were_used_up_before_the_time_are_told() -> None:
    assert told(ran("once", 60.0))
    assert told(ran("once", 60.0, limit=900, not_started=5))


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(ran("order", 60.0), id="rows again and again"),
        pytest.param(ran("once", 10.0), id="a whole run"),
        pytest.param(ran("once", None, limit=900), id="so many journeys"),
        pytest.param(ran("once", 60.0, limit=900), id="so many journeys within a time"),
    ],
)
def test_a_run_that_ended_as_planned_says_nothing(result: Result) -> None:
    assert not told(result)
