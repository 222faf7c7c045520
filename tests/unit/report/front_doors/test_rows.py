"""Rows of single requests in other tools' columns."""

from loadgen.measure.request_log import COLUMNS
from loadgen.report.front_doors.rows import Row, ab_gnuplot, hey_csv, read_rows

LOG = (
    ",".join(COLUMNS)
    + '\n1000000,1000500,1250000,GET /,0,200,80,\n1100000,1100000,1101000,"a, b",1,404,9,unexpected_status\n'
    + "1200000,1200000,3200000,GET /,0,0,0,timeout\n"
)
ROWS = [Row(1000000, 1000500, 1250000, 200), Row(1100000, 1100000, 1101000, 404), Row(1200000, 1200000, 3200000, 0)]


def test_the_log_is_read() -> None:
    assert read_rows(LOG) == ROWS
    assert read_rows(",".join(COLUMNS) + "\n") == []


def test_hey_has_replies_in_seconds_from_the_first_request_on() -> None:
    assert hey_csv(ROWS).splitlines()[1:] == ["0.2500,,,,,,200,0.0000", "0.0010,,,,,,404,0.0995"]
    assert len(hey_csv([]).splitlines()) == 1


def test_ab_has_them_in_milliseconds_the_fastest_first() -> None:
    rows = [row.split("\t") for row in ab_gnuplot(ROWS).splitlines()[1:]]
    assert [row[1:] for row in rows] == [["1", "NaN", "NaN", "1", "NaN"], ["1", "NaN", "NaN", "250", "NaN"]]
    assert all(len(row[0].split()) == 5 for row in rows)
