"""The requests of a list, in its order, again and again."""

from collections.abc import Callable, Sequence
from itertools import repeat

from loadgen.base.exchange import Outcome, Request, RequestGroup
from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.target_list import spec_of
from loadgen.workloads.request import make_request
from loadgen.workloads.template import Sources

MOST_KEPT = 50_000
"""Requests of one script that are kept once they are made, about a kilobyte each; those after them are made anew each
time, in some twenty microseconds."""


class TargetScript:
    """Every `count`-th line from number `index` on: all scripts together send each line once before any is sent again.

    Where there are more scripts than lines, several begin at the same.
    """

    def __init__(self, job: HttpJob, lines: Sequence[bytes], index: int, count: int, seed: int) -> None:
        (self._base,) = job.requests
        self._lines = lines[index % len(lines) :: count]
        self._sources = Sources(job.variables, seed, index, count)
        self._groups: dict[str, RequestGroup] = {}
        self._kept: list[Callable[[], Request]] = []
        self._at = 0
        first = self._made(0)
        self.only = first if isinstance(first, Request) and len(self._lines) == 1 else None

    def resume(self, _outcome: Outcome | None) -> Request:
        at = self._at
        self._at = at + 1 if at + 1 < len(self._lines) else 0
        if at < len(self._kept):
            return self._kept[at]()
        made = self._made(at)
        make = repeat(made).__next__ if isinstance(made, Request) else made
        if at < MOST_KEPT:
            self._kept.append(make)
        return make()

    def _made(self, at: int) -> Request | Callable[[], Request]:
        """The replies to all requests of a method are known by the same few."""
        spec = spec_of(self._lines[at], self._base)
        group = self._groups.get(spec.method)
        if group is None:
            group = self._groups[spec.method] = RequestGroup(repeats=spec.expect.within_s is None)
        return make_request(0, spec, self._sources, group)
