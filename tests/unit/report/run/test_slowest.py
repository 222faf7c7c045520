from loadgen.report.run.slowest import MOST_ROWS, slowest
from loadgen.results.requests import RequestResult, SlowRow
from loadgen.results.result import Result

ROW = SlowRow(1_800_000_000.5, 812.0, 0.0, 3, True, 200, 1024, "", "db;dur=<5>", "abc")


def page(*rows: SlowRow) -> str:
    return slowest(Result(requests={"GET <a>": RequestResult(slowest=list(rows))}))


def test_each_is_a_row_with_what_is_known() -> None:
    shown = page(ROW)
    assert "<td>GET &lt;a&gt;</td><td>08:00:00.500</td><td>812 ms</td><td>reused</td><td>200</td>" in shown
    assert "db;dur=&lt;5&gt;" in shown
    assert "send lag" not in shown


def test_a_failure_says_which_and_columns_of_nothing_are_left_out() -> None:
    shown = page(SlowRow(0.0, 1.0, 0.5, 1, None, 0, 0, "early_close"))
    assert "early close" in shown
    assert "connection" not in shown
    assert "trace" not in shown


def test_there_is_an_end() -> None:
    assert page() == ""
    assert page(*[ROW] * (MOST_ROWS + 5)).endswith("... and 5 more</p>")
