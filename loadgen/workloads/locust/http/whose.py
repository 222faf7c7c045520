"""Whose client it is, where the file does not say it."""

from types import SimpleNamespace

from loadgen.workloads.locust.current import CURRENT
from loadgen.workloads.locust.exceptions import LocustError


class Whoever:
    """The user whose code makes a client without saying for whom."""

    _has_context = False

    def __init__(self) -> None:
        self._hub = CURRENT.get()
        self.environment = SimpleNamespace(watches=False)
        if self._hub is None:
            raise LocustError("a client is one of a user's: make it in on_start, or in a task")
