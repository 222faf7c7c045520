"""A sink on a thread of its own: one that waits for its server holds up no other."""

import queue
import threading
from collections.abc import Callable
from urllib.error import HTTPError, URLError

from loadgen.base.units import counted
from loadgen.observe.export.events import Interval
from loadgen.observe.export.kinds import asked_as
from loadgen.observe.export.sinks.base import Sink

MOST_WAITING = 10
"""Seconds that wait for a sink; what comes then is lost to it. A server that is away for so long is away."""

Call = Callable[[Sink], None]


class Runner:
    """Calls a sink for one event after the other, and counts what was lost to it in a run."""

    def __init__(self, kind: str, sink: Sink) -> None:
        self.sink = sink
        self._kind = kind
        self._calls: queue.SimpleQueue[tuple[Call, bool]] = queue.SimpleQueue()
        self._seconds = 0
        self._taken = 0
        self._reason = ""
        threading.Thread(target=self._work, name=kind, daemon=True).start()

    def call(self, call: Call) -> None:
        """What is never dropped: a beginning, an end."""
        self._calls.put((call, False))

    def interval(self, interval: Interval) -> None:
        """A second; lost where too many wait."""
        if type(self.sink).interval is Sink.interval:
            return
        self._seconds += 1
        if self._calls.qsize() < MOST_WAITING:
            self._calls.put((lambda sink: sink.interval(interval), True))

    def requests(self, lines: str) -> None:
        """Lines of the log of requests; lost where too much waits."""
        if type(self.sink).requests is Sink.requests:
            return
        if self._calls.qsize() < MOST_WAITING:
            self._calls.put((lambda sink: sink.requests(lines), False))
        else:
            self._reason = self._reason or "it was too slow"

    def state(self, call: Call) -> None:
        """What may be left out where it is late."""
        if not self._calls.qsize():
            self._calls.put((call, False))

    def mark(self) -> threading.Event:
        """What is set when all events so far have been taken."""
        done = threading.Event()
        self._calls.put((lambda _sink: done.set(), False))
        return done

    def settle(self, done: threading.Event, patience_s: float) -> str:
        """Wait so long for a mark; what is to be noted, or nothing. The counts begin anew."""
        in_time = done.wait(patience_s)
        lost, seconds, reason = self._seconds - self._taken, self._seconds, self._reason
        self._seconds, self._taken, self._reason = 0, 0, ""
        if lost:
            return f"{asked_as(self._kind)} lost {lost} of {counted(seconds, 'second')} ({reason or 'it was too slow'})"
        if reason:
            return f"{asked_as(self._kind)} was not told everything ({reason})"
        return "" if in_time else f"{asked_as(self._kind)} had not taken the run's end when it was reported"

    def _work(self) -> None:
        while True:
            call, is_second = self._calls.get()
            try:
                call(self.sink)
                self._taken += is_second
            except Exception as error:
                self._reason = self._reason or _reason(error)


def _reason(error: Exception) -> str:
    """In words, without the URL that was asked."""
    if isinstance(error, HTTPError):
        return f"HTTP status {error.code}"
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) or type(error).__name__
