import csv

from loadgen.base.error_class import ErrorClass
from loadgen.measure.names import Kind, Names
from loadgen.measure.request_log import COLUMNS, MOST_LINES, RequestLog

NAMES = Names([(Kind.REQUEST, "plain"), (Kind.REQUEST, 'a, "b"\nc')])


def log(every: int = 1) -> RequestLog:
    return RequestLog(every, NAMES)


def test_a_line_has_instants_of_the_epoch_and_what_came() -> None:
    made = RequestLog(1, NAMES, lambda: 0)
    made._offset_us = 5_000_000
    made.add(1, 7, (1_000_000, 2_000_000, 3_500_000), 500, 42, ErrorClass.UNEXPECTED_STATUS)
    made.add(0, 8, (1_000_000, 1_000_000, 1_000_000), 200, 10, None)
    lines, lost = made.take()
    assert lost == 0
    first, second = csv.DictReader(lines.splitlines(), COLUMNS)
    assert first == {
        "due": "5001000", "sent": "5002000", "done": "5003500", "name": 'a, "b" c', "user": "7", "status": "500",
        "bytes": "42", "error": "unexpected_status",
    }  # fmt: skip
    assert (second["name"], second["error"]) == ("plain", "")
    assert made.take() == ("", 0)


def test_each_nth_is_wanted() -> None:
    made = log(3)
    assert [made.wants() for _ in range(7)] == [False, False, True, False, False, True, False]


def test_what_is_too_much_is_counted() -> None:
    made = log()
    for _ in range(MOST_LINES + 5):
        if made.wants():
            made.add(0, 0, (0, 0, 0), 200, 0, None)
    lines, lost = made.take()
    assert (lines.count("\n"), lost) == (MOST_LINES, 5)
    assert made.wants()
