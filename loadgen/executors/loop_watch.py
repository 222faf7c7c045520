"""Who holds up a worker's loop: code of the user's own that blocks, or never comes back."""

import threading
from collections.abc import Callable

from loadgen.base.clock import NS_PER_S, Clock
from loadgen.base.whereabouts import whereabouts

LOOK_S = 0.1
"""Twice as long as a loop that has little to do takes from one beat to the next."""

HUNG_LOOKS = 10
"""Without a beat, when the run is to be over: who was not suspended itself, as this is counted in looks, hangs."""

PATIENCE_NS = NS_PER_S
"""After the grace, until a loop that stands still counts as lost."""


class LoopWatch:
    """A thread that looks at the loop of the thread that makes it, which tells of itself by `beat`.

    `due` says since when the run, its grace included, has been over: `on_hung` is then told, once, where a loop is that
    does not beat any more. `longest` is where it stood still for the longest time, "" while nobody of the user's own
    held it up.
    """

    def __init__(self, due: Callable[[], int], on_hung: Callable[[str], None], clock: Clock) -> None:
        self.longest = ""
        self._due = due
        self._on_hung = on_hung
        self._clock = clock
        self._watched = threading.get_ident()
        self._beats = self._seen = 0
        self._still = self._longest = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="loop watch", daemon=True)

    def start(self) -> None:
        """Look from here on."""
        self._thread.start()

    def beat(self) -> None:
        """The loop turns."""
        self._beats += 1

    def close(self) -> None:
        """There is nothing to look at any more."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_S):
            if self.look():
                return

    def look(self) -> bool:
        """Look once; whether it hangs."""
        if self._beats != self._seen:
            self._seen, self._still = self._beats, 0
            return False
        self._still += 1
        if self._still > self._longest and (where := whereabouts(self._watched)):
            self._longest, self.longest = self._still, where
        if self._still < HUNG_LOOKS or self._clock() < self._due() + PATIENCE_NS:
            return False
        self._on_hung(whereabouts(self._watched))
        return True
