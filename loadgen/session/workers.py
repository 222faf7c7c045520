"""The workers of one run, as its coordinator sees them: at work, back, failed, or hanging."""

import asyncio
from traceback import walk_tb

from loadgen.base.clock import s_to_ns
from loadgen.executors.places.base import WorkersLostError

LEAVE_S = 5.0
"""A worker that a cut finds at work leaves within a tick, with thousands of connections within a second. One that is
not gone after this hangs in code that never returns, or its process is stopped."""

LEAVE_HUNG_S = 2.0
"""The same where it is known that code of the scenario's own does not come back, which takes a second to be seen."""


class Workers:
    """`hung` has where code of the scenario's own does not come back, "" where that is not known; `abandoned` says that
    nobody waits for those that are still at work.
    """

    def __init__(self) -> None:
        self.futures: list[asyncio.Future[None]] = []
        self.hung: list[str] = []
        self.abandoned = False

    @property
    def leave_ns(self) -> int:
        """How long they have to leave after a cut."""
        return s_to_ns(LEAVE_HUNG_S if self.hung else LEAVE_S)

    def errors(self) -> list[BaseException]:
        """What came out of those that have ended."""
        errors = (future.exception() for future in self.futures if future.done())
        return [error for error in errors if error is not None]

    def lost(self) -> tuple[str, ...]:
        """In words: what came out of those that failed, and who never came back."""
        texts = list(map(_lost_text, self.errors()))
        if self.hung:
            places = ", ".join(dict.fromkeys(filter(None, self.hung)))
            return (f"the scenario's own code did not come back{places and f' ({places})'}",)
        still = sum(not future.done() for future in self.futures) if self.abandoned else 0
        if still:
            texts.append(f"{still} of {len(self.futures)} workers did not come back within {LEAVE_S:g} s of the cut")
        return tuple(texts)


def _lost_text(error: BaseException) -> str:
    """What came out of a worker; of an exception, in whose code it was raised."""
    if isinstance(error, WorkersLostError):
        return str(error)
    frames = [frame.f_globals["__name__"] for frame, _ in walk_tb(error.__traceback__)]
    where = f" in {frames[-1]}" if frames else ""
    return f"a worker failed{where} ({type(error).__name__}: {error})"
