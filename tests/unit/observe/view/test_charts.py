from loadgen.observe.view.charts import AXIS, latency_chart, rate_chart
from loadgen.observe.view.so_far import CourseSecond


def drawn(lines: list) -> list[str]:
    return [row.text for row in lines]


def test_bars_rise_from_zero_and_failures_have_a_mark() -> None:
    course = [CourseSecond(0, 100), CourseSecond(1, 50, 3), CourseSecond(3, 1)]
    assert drawn(rate_chart(course, AXIS + 10, 2)) == [
        "   100/s █",
        "         ██ ▁",
        "  failed  !",
    ]


def test_a_rate_that_is_due_sets_the_scale() -> None:
    assert drawn(rate_chart([CourseSecond(0, 100)], AXIS + 10, 2, 200.0))[:2] == ["   200/s", "         █"]


def test_only_the_last_seconds_fit() -> None:
    course = [CourseSecond(t_s, t_s) for t_s in range(1, 31)]
    top, *_ = drawn(rate_chart(course, AXIS + 4, 1))
    assert top == "  30.0/s ▇▇██"


def test_latencies_are_marks_in_a_logarithmic_scale() -> None:
    course = [CourseSecond(0, 9, 0, 1.0, 10.0, 100.0), CourseSecond(1, 9, 0, 10.0, 10.0, 10.0), CourseSecond(2)]
    assert drawn(latency_chart(course, AXIS + 10, 3)) == [
        "  100 ms ×",
        "         +•",
        " 1.00 ms •",
        "         • p50  + p99  × max",
    ]


def test_without_replies_there_is_no_chart_but_its_room() -> None:
    assert drawn(latency_chart([CourseSecond(0, 5, 5)], 40, 3)) == [""] * 4
    assert len(rate_chart([], 40, 3)) == 4
