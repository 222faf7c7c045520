"""All exporters of a command: an observer that hands what it is told to a process of their own.

It never waits while a run lasts: what that process cannot take is dropped and counted. At the end of a run it waits a
moment for what is to be noted of them. Nothing that becomes of them changes the figures of a run, or its exit code.
"""

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.base.processes import STOPPING, main_of, stopping_signals_blocked
from loadgen.base.units import counted
from loadgen.measure.progress import Snapshot
from loadgen.observe.export.event_observer import EventObserver
from loadgen.observe.export.kinds import Out
from loadgen.observe.feed import Feed
from loadgen.plan.plan import Plan
from loadgen.results.result import Result

START_S = 60.0
"""For a process to start and open what it needs: a second, on a machine that does ten things at once half a minute."""

END_S = 2.5
"""For the last figures to be handed over and passed on."""

LEAVE_S = 65.0
"""After the last run: a sink that is asked for its figures waits up to a minute to be asked once more."""

LINGER_S = 0.1
"""So late at most is a signal seen that ends the lingering."""

CHILD = "loadgen.observe.export.child"


class Exporters(EventObserver):
    """`tell` shows a line to the user. `linger`: where the last run was ended by no signal, they stay until a signal
    comes. Raises UsageError where one of them cannot begin.
    """

    def __init__(
        self,
        outs: Sequence[Out],
        tell: Callable[[str], None],
        *,
        command: Sequence[str] | None = None,
        end_s: float = END_S,
        linger: bool = False,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(labels)
        with stopping_signals_blocked():
            self._child = subprocess.Popen(
                command or main_of(CHILD),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._answers = self._child.stdout
        self._feed = Feed(os.dup(self._child.stdin.fileno()))
        self._child.stdin.close()
        self._end_s = end_s
        self._lingers = linger
        self._stays = False
        self._tell = tell
        self._wants_all = any(out.kind == "page" for out in outs)
        self._lost = 0
        try:
            self._begin(outs, tell)
        except BaseException:
            self._kill()
            raise

    def _begin(self, outs: Sequence[Out], tell: Callable[[str], None]) -> None:
        until = time.monotonic() + START_S
        self._feed.write_last(json.dumps([[out.kind, out.where] for out in outs]).encode() + b"\n", until)
        match self._answer(until):
            case {"ready": infos}:
                for info in infos:
                    tell(info)
            case {"usage_error": text}:
                raise UsageError(text)
            case _:
                raise UsageError("--out: the exporters' process did not start")

    def started(self, plan: Plan) -> None:
        self._lost = 0
        super().started(plan)

    def progress(self, snapshot: Snapshot) -> None:
        self._feed.go_on()
        super().progress(snapshot)

    def requests(self, lines: str, lost: int) -> None:
        self._lost += lost
        if lines and not self.write({"requests": lines}):
            self._lost += lines.count("\n")

    def ended(self, result: Result) -> list[str]:
        until = time.monotonic() + self._end_s
        self._stays = self._lingers and result.ended_by != "signal"
        notes = []
        if self._dropped and not self._feed.gone:
            notes.append(
                f"exporters were behind: they were told {counted(self._dropped, 'second')} only as a part of the rest"
            )
        if self._lost and not self._feed.gone:
            notes.append(
                f"--out requests lacks {counted(self._lost, 'request')}: too many came; requests:N=FILE takes each Nth"
            )
        message = self.ending(result, whole=self._wants_all)
        if self._feed.write_last(json.dumps(message).encode() + b"\n", until):
            match self._answer(until):
                case {"notes": more}:
                    return [*notes, *more]
        lost = "are gone" if self._feed.gone or self._child.poll() is not None else "did not come to an end in time"
        self._kill()
        return [*notes, f"exporters {lost}: what they were told last may be missing"]

    def close(self) -> None:
        """No run follows. Waits for one that is to be asked once more, unless a signal comes."""
        if self._stays and not self._feed.gone:
            self._linger()
        self._feed.close()
        with _signals(self._child.kill), suppress(subprocess.TimeoutExpired):
            self._child.wait(LEAVE_S)
        self._kill()

    def _linger(self) -> None:
        self._tell("the page stays until Ctrl-C (--linger)")
        signals: list[bool] = []
        with _signals(lambda: signals.append(True)):
            while not signals and self._child.poll() is None:
                time.sleep(LINGER_S)

    def _kill(self) -> None:
        """Let it go, and what it holds of ours."""
        self._feed.close()
        self._child.kill()
        self._child.wait()
        self._answers.close()

    def write(self, message: dict[str, Any]) -> bool:
        return self._feed.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def _answer(self, until_s: float) -> Any:
        """The next line that the process says; None where none comes."""
        readable = select.poll()
        readable.register(self._answers.fileno(), select.POLLIN)
        if not readable.poll(max(0.0, until_s - time.monotonic()) * 1000):
            return None
        with suppress(ValueError):
            return json.loads(self._answers.readline())
        return None


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: stop()) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
