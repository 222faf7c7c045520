"""Transactions: what takes several requests, such as an upload in parts, and how long each took as a whole."""

from collections.abc import Callable

from loadgen.base.clock import now_ns
from loadgen.base.exchange import ErrorClass
from loadgen.measure.recording import CENSORED, Tally


class Transactions:
    """Those of one worker. Written by one thread at a time; `take` may be called from another."""

    def __init__(self, clock: Callable[[], int] = now_ns) -> None:
        self._clock = clock
        self._begun = 0
        self._open: dict[int, int] = {}
        self._ended: list[tuple[ErrorClass | None, int, int]] = []

    def begin(self) -> int:
        """The number of another one, whose first request is sent now."""
        self._begun += 1
        self._open[self._begun] = self._clock()
        return self._begun

    def end(self, number: int, error: ErrorClass | None, payload: int = 0) -> None:
        """It is done, and has moved `payload` bytes of the application's data; or it has failed, for the first time.

        One whose request was cut off has neither been done nor failed.
        """
        if error is ErrorClass.CUT:
            return
        began_ns = self._open.pop(number, None)
        if began_ns is not None:
            self._ended.append((error, self._clock() - began_ns, payload))

    def take(self, *, last: bool) -> Tally:
        """The sums since the last `take`. The very last one counts those under way as unknown, and their time so far
        as a lower bound; nobody writes any more.
        """
        tally = Tally()
        ended = self._ended[:]
        del self._ended[: len(ended)]
        for error, took_ns, payload in ended:
            if error is None:
                tally.ok += 1
                tally.payload += payload
            else:
                tally.failed += 1
            tally.clock("service" if error is None else "failed").add(took_ns // 1000)
        if last:
            now = self._clock()
            for began_ns in self._open.values():
                tally.unknown += 1
                tally.clock("service" + CENSORED).add((now - began_ns) // 1000)
            self._open.clear()
        return tally
