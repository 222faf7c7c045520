"""Single requests as hey (`-o csv`) and ab (`-g`) write them, out of the log that a run keeps of them.

What the log does not have is left empty for hey, and NaN for ab, which gnuplot passes over.
"""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime

from loadgen.base.dataclass import dataclass

_HEY = "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset"
_AB = "starttime\tseconds\tctime\tdtime\tttime\twait"
US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One request: when it was due, sent and done, in microseconds of the epoch; `status` is 0 without a reply."""

    due_us: int
    sent_us: int
    done_us: int
    status: int


def read_rows(text: str) -> list[Row]:
    """The requests of a log in CSV, with its line of heads."""
    found = csv.DictReader(text.splitlines())
    return [Row(*(int(row[key]) for key in ("due", "sent", "done", "status"))) for row in found]


def hey_csv(rows: Sequence[Row]) -> str:
    """hey's columns, in the order in which replies came; requests without one are in none of its rows."""
    first_us = min((row.sent_us for row in rows), default=0)
    lines = [
        f"{(row.done_us - row.due_us) / US_PER_S:4.4f},,,,,,{row.status},{(row.sent_us - first_us) / US_PER_S:4.4f}"
        for row in rows
        if row.status
    ]
    return "\n".join([_HEY, *lines, ""])


def ab_gnuplot(rows: Sequence[Row]) -> str:
    """ab's columns in whole milliseconds, the fastest first: `ttime` is the whole, of which parts are not known."""
    lines = [_AB]
    for row in sorted(rows, key=lambda row: row.done_us - row.due_us):
        if row.status:
            started = datetime.fromtimestamp(row.sent_us // US_PER_S, UTC).astimezone()
            whole_ms = round((row.done_us - row.due_us) / 1000)
            lines.append(f"{started:%a %b %d %H:%M:%S %Y}\t{row.sent_us // US_PER_S}\tNaN\tNaN\t{whole_ms}\tNaN")
    return "\n".join([*lines, ""])
