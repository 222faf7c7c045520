from loadgen.observe.view.charts import AXIS, latency_chart, rate_chart
from loadgen.results.result import Second


def drawn(lines: list) -> list[str]:
    return [row.text for row in lines]


def second(t_s, p50, p99, highest):
    return Second(t_s, 9, 9, response_p50_ms=p50, response_p99_ms=p99, response_max_ms=highest)


def test_bars_rise_from_zero_and_failures_have_a_mark() -> None:
    course = [Second(0, 100), Second(1, 50, failed=3), Second(3, 1)]
    assert drawn(rate_chart(course, AXIS + 10, 2)) == [
        "   100/s █",
        "         ██ ▁",
        "  failed  !",
    ]


def test_a_rate_that_is_due_sets_the_scale() -> None:
    assert drawn(rate_chart([Second(0, 100)], AXIS + 10, 2, 200.0))[:2] == ["   200/s", "         █"]


def test_only_the_last_seconds_fit() -> None:
    course = [Second(t_s, t_s) for t_s in range(1, 31)]
    top, *_ = drawn(rate_chart(course, AXIS + 4, 1))
    assert top == "  30.0/s ▇▇██"


def test_latencies_are_marks_in_a_logarithmic_scale() -> None:
    course = [second(0, 1.0, 10.0, 100.0), second(1, 10.0, 10.0, 10.0), Second(2)]
    assert drawn(latency_chart(course, AXIS + 10, 3)) == [
        "  100 ms ×",
        "         +•",
        " 1.00 ms •",
        "         • p50  + p99  × max",
    ]


def test_without_replies_there_is_no_chart_but_its_room() -> None:
    assert drawn(latency_chart([Second(0, 5, failed=5)], 40, 3)) == [""] * 4
    assert len(rate_chart([], 40, 3)) == 4
