"""The tables of journeys, beyond what the golden report shows."""

from loadgen.report.run.journeys import MOST_ROWS, journeys_table
from loadgen.report.run.text import render_text
from loadgen.results.journeys import Journeys
from loadgen.results.requests import Ledger, RequestResult
from loadgen.results.result import Result

TEN = Ledger(10, 10, 0, 10)


def shown(requests, journeys=("buy",), **more):
    result = Result(
        duration_s=1.0,
        ledger=TEN,
        requests={name: RequestResult(TEN) for name in requests},
        transactions={name: RequestResult(TEN, kind="journey") for name in journeys},
        journeys=Journeys(10, 10, 0, 10),
        **more,
    )
    return result, [row.paint(80, colour=False).split("  ")[:2] for row in journeys_table(result, 80)]


def test_what_is_of_no_journey_has_a_heading_of_its_own():
    _, rows = shown(["buy/pay", "GET /"])
    assert [row[0] or row[-1] for row in rows] == ["Journey", "buy", "pay", "", "Request", "GET /"]


def test_a_name_that_begins_like_a_journey_belongs_to_it_only_behind_a_slash():
    _, rows = shown(["buyer/pay", "buy/pay"])
    assert [row[0] or row[-1] for row in rows] == ["Journey", "buy", "pay", "", "Request", "buyer/pay"]


def test_more_names_than_anybody_reads_are_counted():
    result, rows = shown([f"buy/{number}" for number in range(500)])
    assert len(rows) == 1 + MOST_ROWS + 1
    assert f"... and {501 - MOST_ROWS} more" in render_text(result)


def test_a_run_of_requests_has_no_such_table():
    assert journeys_table(Result(ledger=TEN, requests={"a": RequestResult(TEN)}), 80) == []
