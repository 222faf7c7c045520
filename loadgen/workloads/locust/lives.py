"""Where the life of a user runs, that leaves off wherever it wants something: a greenlet."""

from collections.abc import Callable
from typing import Any, Protocol

from loadgen.base.errors import UsageError

try:
    from greenlet import error as greenlet_error
    from greenlet import getcurrent, greenlet

    HAS_GREENLETS = True
except ImportError:  # there are none for this interpreter
    HAS_GREENLETS = False


class Life(Protocol):
    """`switch` and `throw` go on with it until it wants something again, and give that; None when it is over."""

    alive: bool
    """It has begun, and is not over."""

    def switch(self, answer: Any) -> Any: ...

    def throw(self, error: BaseException) -> Any: ...

    def end(self, error: BaseException) -> None:
        """Go on with it for the last time, which raises `error`."""

    def leave_with(self, wanted: Any) -> Any:
        """From inside: want something, and come back with the answer."""

    def stay(self) -> None:
        """From inside: never come back."""


class GreenletLife:
    """Begins at the first switch, in the thread that makes it; all others come from there."""

    def __init__(self, live: Callable[[], None]) -> None:
        self._live = live
        self._greenlet: greenlet | None = None
        self._driver: greenlet | None = None
        self.alive = False

    def switch(self, answer: Any) -> Any:
        inner = self._greenlet
        if inner is None:
            self._driver = getcurrent()
            inner = self._greenlet = greenlet(self._live)
            self.alive = True
            answer = None
            wanted = inner.switch()
        elif not self.alive:
            return None
        else:
            wanted = inner.switch(answer)
        if inner.dead:
            self.alive = False
        return wanted

    def throw(self, error: BaseException) -> Any:
        assert self._greenlet is not None
        wanted = self._greenlet.throw(error)
        if self._greenlet.dead:
            self.alive = False
        return wanted

    def end(self, error: BaseException) -> None:
        if self.alive:
            self.alive = False
            try:
                self._greenlet.throw(error)  # type: ignore[union-attr]
            except greenlet_error:
                """It is of a thread that has ended."""

    def leave_with(self, wanted: Any) -> Any:
        return self._driver.switch(wanted)  # type: ignore[union-attr]

    def stay(self) -> None:
        while True:
            self._driver.switch(None)  # type: ignore[union-attr]


def make_life(live: Callable[[], None]) -> Life:
    """A life. Raises UsageError where it cannot be had."""
    if not HAS_GREENLETS:
        raise UsageError(
            "a locustfile needs greenlets, which this Python lacks: `pip install greenlet`, or use a Python that has it"
        )
    return GreenletLife(live)
