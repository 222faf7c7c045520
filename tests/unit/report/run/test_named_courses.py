from loadgen.report.run.named_courses import named_courses
from loadgen.results.requests import CourseRow, Ledger, RequestResult

COURSE = [
    CourseRow(0.0, 2.0, 20, 0, 1.0, 2.0, 10.0, 20.0),
    CourseRow(2.0, 2.0, 40, 3, 1.0, 2.0, 10.0, 50.0),
    CourseRow(4.0, 2.0, 0, 5),
]


def page(**courses: list[CourseRow]) -> str:
    ledger = Ledger(68, 68, 0, 60, 8, 0)
    return named_courses({name: RequestResult(ledger, course=rows) for name, rows in courses.items()})


def test_each_name_has_a_row_of_small_charts() -> None:
    shown = page(**{"a<b": COURSE, "c": COURSE})
    assert shown.count("<tr>") == 3
    assert "<td>a&lt;b</td><td>20.0</td>" in shown
    assert "from 1.00 ms to 50.0 ms" in shown
    assert "at most 5 in a block" in shown


def test_a_block_without_replies_is_a_gap() -> None:
    (latency,) = [part for part in page(a=[*COURSE, COURSE[0]]).split("<td>") if "from 1.00 ms" in part]
    assert latency.count("M") == 2 * 3


def test_without_a_course_there_is_nothing() -> None:
    assert page(a=[]) == page(a=COURSE[:2]) == ""
