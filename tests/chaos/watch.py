"""Watch one command until it ends, and disturb it meanwhile."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.case import Anchor, Case, Disturbance, Place
from tests.chaos.processes import POLL_S, family_of, handled_signals, peak_mb, waited_s
from tests.chaos.server import HostileServer
from tests.chaos.streams import Streams

START_MARGIN_S = 10.0
"""For the start and the end of the interpreters, on a machine that is busy with something else."""
LAST_WORDS_S = 2.0
MOST_TIMES = 4
"""It may take so many times as long on a machine that is busy, and no more: who spins waits for a core, too."""


@dataclass(frozen=True)
class Sent:
    """A signal that was sent: whether the command had taken it over by then, and how far it was."""

    disturbance: Disturbance
    number: int
    caught: bool
    handlers_set: bool
    requests: int
    saved: bool


class Watch:
    """Waits for the end of the command, and disturbs it meanwhile.

    `starved_s` is the longest that it, a worker or this one waited for a core: it may take so much longer.
    """

    def __init__(
        self, case: Case, process: "subprocess.Popen[bytes]", server: HostileServer, run: Path, streams: Streams
    ) -> None:
        self.sent: list[Sent] = []
        self.most_mb = 0.0
        self.starved_s = 0.0
        self._case = case
        self._process = process
        self._server = server
        self._streams = streams
        self._saved = [
            run / output.name
            for output in case.outputs
            if output.flag == "-o" and output.place in (Place.FILE, Place.LINK)
        ]
        self._pending = list(case.disturbances)
        self._began_at: dict[Anchor, float] = {}
        self._stopped: list[int] = []

    def to_the_end(self, began: float) -> int | None:
        """The exit code; None where the command was killed after its time."""
        self._began_at[Anchor.START] = began
        allowed_s = START_MARGIN_S + self._case.planned_s
        rounds, late_s = 0, 0.0
        while (code := self._process.poll()) is None:
            now = time.monotonic()
            if now > began + min(allowed_s + self.starved_s, allowed_s * MOST_TIMES):
                self._last_words()
                return None
            self._note_anchors(now)
            self._disturb(now)
            self._streams.drain()
            rounds += 1
            if rounds % 10 == 0:
                family = (self._process.pid, *self._workers())
                self.most_mb = max(self.most_mb, *map(peak_mb, family))
                self.starved_s = max(self.starved_s, late_s, *map(waited_s, family))
            slept_from = time.monotonic()
            time.sleep(POLL_S)
            late_s += time.monotonic() - slept_from - POLL_S
        return code

    def _note_anchors(self, now: float) -> None:
        if self._server.requests:
            self._began_at.setdefault(Anchor.FIRST_REQUEST, now)
        if self._is_saved():
            self._began_at.setdefault(Anchor.SAVED, now)

    def _is_saved(self) -> bool:
        return any(path.exists() for path in self._saved)

    def _disturb(self, now: float) -> None:
        """Send what is due, in the order in which it was drawn where two are due at once."""
        for item in self._pending[:]:
            anchor = self._began_at.get(item.anchor)
            if anchor is None or now < anchor + item.after_s:
                continue
            self._pending.remove(item)
            self._send(item)

    def _send(self, item: Disturbance) -> None:
        pid = self._process.pid
        if item.signal == "HANGUP":
            self._streams.hang_up()
            number = 0
        else:
            number = int(signal.Signals[f"SIG{item.signal}"])
        caught = handled_signals(pid)
        facts = (number in caught, int(signal.SIGTERM) in caught, self._server.requests, self._is_saved())
        with suppress(ProcessLookupError):
            match item.whom:
                case "worker":
                    worker = self._worker(item)
                    if worker is None:
                        return
                    os.kill(worker, number)
                case "group":
                    os.killpg(pid, number)
                case _ if number:
                    os.kill(pid, number)
            self.sent.append(Sent(item, number, *facts))

    def _worker(self, item: Disturbance) -> int | None:
        """Any of them; and the one that was stopped, where it is to go on."""
        if item.signal == "CONT" and self._stopped:
            return self._stopped.pop(0)
        workers = self._workers()
        if not workers:
            return None
        worker = workers[hash(item.after_s) % len(workers)]
        if item.signal == "STOP":
            self._stopped.append(worker)
        return worker

    def _workers(self) -> list[int]:
        return [pid for pid in family_of(self._process.pid) if pid != self._process.pid]

    def _last_words(self) -> None:
        """Let every thread say where it is, then end it."""
        if handled_signals(self._process.pid):
            os.kill(self._process.pid, signal.SIGCONT)
            os.kill(self._process.pid, signal.SIGABRT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(LAST_WORDS_S)
