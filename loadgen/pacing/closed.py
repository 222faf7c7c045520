"""The closed loop: each user sends when its last reply is in, after a think time, while it takes part."""

from collections.abc import Callable, Sequence
from random import Random

from loadgen.base.clock import NEVER_NS, s_to_ns
from loadgen.pacing.base import Span

ALWAYS: Span = 0, NEVER_NS


class ClosedLoop:
    """Think times drawn evenly from an inclusive range of seconds: a seed draws the same ones, in the order of asking.

    `active_offsets_ns` says of each of the shard's users when it takes part, counted from the start gate.
    """

    def __init__(
        self,
        think_s: tuple[float, float],
        seed: int,
        active_offsets_ns: Callable[[int], list[Span]],
        *,
        leaves: bool = False,
    ) -> None:
        self._low_ns, high_ns = s_to_ns(think_s[0]), s_to_ns(think_s[1])
        self._range_ns = high_ns - self._low_ns
        self._random = Random(seed).random
        self._active_offsets_ns = active_offsets_ns
        self._start_ns = 0
        self.eager = not (high_ns or leaves)

    def begin(self, start_ns: int, end_ns: int) -> None:
        self._start_ns = start_ns

    def spans_ns(self, user: int) -> list[Span]:
        start_ns = self._start_ns
        return [(start_ns + begin, start_ns + end) for begin, end in self._active_offsets_ns(user)]

    def next_due_ns(self, user: int, now: int) -> int:
        if self._range_ns:
            return now + self._low_ns + int(self._random() * (self._range_ns + 1))
        return now + self._low_ns


def ramp_span_ns(rank: int, users: int, ramp_up_s: float) -> Span:
    """When the user of this rank (from 0) of `users` takes part: they start evenly over the ramp, the first at once."""
    return rank * s_to_ns(ramp_up_s) // users, NEVER_NS


def stage_spans_ns(rank: int, stages: Sequence[tuple[float, float, float]]) -> list[Span]:
    """When the user of this rank (from 0) takes part: while more than `rank` users are to.

    `stages` are (duration_s, from_users, to_users), linear in between; spans that touch are one.
    """
    spans: list[Span] = []
    start_s = 0.0
    for duration_s, low, high in stages:
        begins_s, ends_s = start_s, start_s + duration_s
        start_s = ends_s
        if low <= rank and high <= rank:
            continue
        if low <= rank or high <= rank:
            crossing_s = begins_s + duration_s * (rank - low) / (high - low)
            begins_s, ends_s = (crossing_s, ends_s) if low <= rank else (begins_s, crossing_s)
        begin_ns, end_ns = s_to_ns(begins_s), s_to_ns(ends_s)
        if spans and spans[-1][1] == begin_ns:
            spans[-1] = (spans[-1][0], end_ns)
        else:
            spans.append((begin_ns, end_ns))
    return spans
