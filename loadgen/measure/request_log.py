"""A log of single requests, where one is asked for: a line of CSV for each Nth, until a worker hands it on.

No more than so many a second: what comes beyond is counted. Any thread may add.
"""

import csv
import io
import threading
import time
from collections.abc import Callable

from loadgen.base.clock import NS_PER_US, now_ns
from loadgen.base.error_class import ErrorClass
from loadgen.measure.names import Names

MOST_LINES = 5000
"""Of a worker between two frames, which are a second apart: half a megabyte."""

COLUMNS = ("due", "sent", "done", "name", "user", "status", "bytes", "error")
"""Instants are in microseconds of the epoch; `status` is 0 where no reply came, `bytes` are those received."""


class RequestLog:
    """Of one worker. Each `every`-th request is written down, as they end."""

    def __init__(self, every: int, names: Names, epoch_ns: Callable[[], int] = time.time_ns) -> None:
        self._every = every
        self._names = names
        self._offset_us = (epoch_ns() - now_ns()) // NS_PER_US
        self._seen = 0
        self._counting = threading.Lock()
        self._quoted: dict[int, str] = {}
        self._lines: list[str] = []
        self._lost = 0

    def wants(self) -> bool:
        """Whether the request that has just ended is to be written down: ask once for each."""
        with self._counting:
            self._seen += 1
            if self._seen % self._every:
                return False
            if len(self._lines) < MOST_LINES:
                return True
            self._lost += 1
            return False

    def add(
        self,
        name_id: int,
        user: int,
        instants_ns: tuple[int, int, int],
        status: int,
        received: int,
        error: ErrorClass | None,
    ) -> None:
        """Write one down: when it was due, sent and done."""
        due, sent, done = (at_ns // NS_PER_US + self._offset_us for at_ns in instants_ns)
        name = self._quoted.get(name_id) or self._quote(name_id)
        self._lines.append(f"{due},{sent},{done},{name},{user},{status},{received},{error.value if error else ''}\n")

    def take(self) -> tuple[str, int]:
        """The lines since the last call, and how many are missing."""
        with self._counting:
            lines, self._lines, lost, self._lost = self._lines, [], self._lost, 0
        return "".join(lines), lost

    def _quote(self, name_id: int) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow([self._names[name_id][1].replace("\n", " ")])
        quoted = self._quoted[name_id] = text.getvalue() or '""'
        return quoted
