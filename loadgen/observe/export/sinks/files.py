"""A row a second and name, in a file that is flushed each second: what was written survives a kill."""

import csv
import json
from pathlib import Path
from typing import Any, TextIO

from loadgen.observe.export.events import Began, Ended, Interval
from loadgen.observe.export.sinks.base import Sink
from loadgen.observe.export.sinks.rows import (
    COUNTS,
    FIGURES,
    VALUE_STATISTICS,
    rows_of,
    threshold_figures,
    value_rows_of,
)

COLUMNS = (
    "run", "time", "t_s", "part", "group", "name", "users", *COUNTS, "censored", *FIGURES,
    "limit", "observed", "unit", "verdict", *(f"value_{statistic}" for statistic in VALUE_STATISTICS),
)  # fmt: skip


def _opened(where: str) -> TextIO:
    return Path(where).open("w", encoding="utf-8", newline="")


class CsvFile(Sink):
    """Comma-separated values under a line of names. At the end a row for each threshold, and one for the run."""

    def __init__(self, where: str) -> None:
        self._file = _opened(where)
        self._writer = csv.DictWriter(self._file, COLUMNS)
        self._writer.writeheader()
        self._file.flush()
        self._run = 1

    def began(self, run: Began) -> None:
        self._run = run.round
        began = {"run": self._run, "time": round(run.at_s, 3), "part": "began", "name": run.name}
        self._writer.writerow(began)
        self._file.flush()

    def interval(self, interval: Interval) -> None:
        self._writer.writerows({"run": self._run, **row} for row in (*rows_of(interval), *value_rows_of(interval)))
        self._file.flush()

    def ended(self, end: Ended) -> None:
        shared = {"run": self._run, "time": round(end.at_s, 3), "t_s": end.result.duration_s}
        for row in end.result.thresholds:
            self._writer.writerow({**shared, "part": "threshold", "name": row.expr, **threshold_figures(row)})
        verdict = end.result.generator.verdict
        self._writer.writerow({**shared, "part": "end", "name": end.result.ended_by, "verdict": verdict})
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class JsonLines(Sink):
    """A JSON object on each line; its `part` says what it is: began, second, rest or end."""

    def __init__(self, where: str) -> None:
        self._file = _opened(where)
        self._run = 1

    def began(self, run: Began) -> None:
        self._run = run.round
        self._write(
            [
                {
                    "part": "began",
                    "time": round(run.at_s, 3),
                    "plan": run.name,
                    "target": run.target,
                    "labels": run.labels,
                }
            ]
        )

    def interval(self, interval: Interval) -> None:
        more = {
            key: {
                "statuses": tally.statuses,
                "errors": {error: count.count for error, count in tally.errors.items()},
            }
            for key, tally in interval.tallies.items()
        }
        rows = [{**row, **more[row["group"], row["name"]]} for row in rows_of(interval)]
        self._write([*rows, *value_rows_of(interval)])

    def ended(self, end: Ended) -> None:
        result = end.result
        self._write([{
            "part": "end",
            "time": round(end.at_s, 3),
            "t_s": result.duration_s,
            "ended_by": result.ended_by,
            "verdict": result.generator.verdict,
            "reasons": result.generator.reasons,
            "thresholds": [{"expr": row.expr, **threshold_figures(row)} for row in result.thresholds],
        }])  # fmt: skip

    def close(self) -> None:
        self._file.close()

    def _write(self, rows: list[dict[str, Any]]) -> None:
        self._file.writelines(json.dumps({"run": self._run, **row}, ensure_ascii=False) + "\n" for row in rows)
        self._file.flush()
