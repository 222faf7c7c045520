"""Requests that are sent over and over, signed once in a while: S3 takes a signature for 15 minutes."""

from collections.abc import Callable
from time import time

from loadgen.base.exchange import Request
from loadgen.workloads.s3.credentials import Provider

GOOD_FOR_S = 60.0
MOST_KEPT = 16384
"""About 1.5 kB each; the requests for more objects than that are made each time."""


class Signed:
    """Makes the request for an object, or finds the one that was made less than a minute ago. Belongs to one thread.

    It is the same object again, also while it is under way: whoever changes it takes a `twin`. `clock` gives seconds.
    """

    __slots__ = ("_clock", "_credentials", "_kept", "_make", "_provider")

    def __init__(self, make: Callable[[int], Request], provider: Provider, clock: Callable[[], float] = time) -> None:
        self._make = make
        self._provider = provider
        self._clock = clock
        self._credentials = provider.current
        self._kept: dict[int, tuple[Request, float]] = {}

    def __call__(self, index: int) -> Request:
        """The request for object `index`."""
        if self._provider.current is not self._credentials:
            self._credentials = self._provider.current
            self._kept.clear()
        now = self._clock()
        request, until_s = self._kept.get(index, _NONE)
        if request is not None and now < until_s:
            return request
        request = self._make(index)
        if len(self._kept) < MOST_KEPT or index in self._kept:
            self._kept[index] = request, now + GOOD_FOR_S
        return request


_NONE: tuple[Request | None, float] = (None, 0.0)
