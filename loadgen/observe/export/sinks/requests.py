"""A row for each request that was written down, in a file: CSV, or JSON lines where its name ends in .jsonl."""

import csv
import json
from pathlib import Path
from typing import TextIO

from loadgen.measure.request_log import COLUMNS
from loadgen.observe.export.sinks.base import Sink

NUMBERS = frozenset(COLUMNS) - {"name", "error"}


class RequestsFile(Sink):
    """See the columns."""

    def __init__(self, where: str) -> None:
        self._is_json = where.endswith((".jsonl", ".ndjson"))
        self._file: TextIO = Path(where).open("w", encoding="utf-8", newline="")  # noqa: SIM115
        if not self._is_json:
            self._file.write(",".join(COLUMNS) + "\n")
            self._file.flush()

    def requests(self, lines: str) -> None:
        if self._is_json:
            rows = (zip(COLUMNS, row, strict=True) for row in csv.reader(lines.splitlines()))
            objects = ({key: int(text) if key in NUMBERS else text for key, text in row} for row in rows)
            lines = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in objects)
        self._file.write(lines)
        self._file.flush()

    def close(self) -> None:
        self._file.close()
