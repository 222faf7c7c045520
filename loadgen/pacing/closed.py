"""The closed loop: each user sends when its last reply is in, after a think time."""

from collections.abc import Sequence
from random import Random

from loadgen.base.clock import NS_PER_S, s_to_ns


class ThinkTime:
    """Pauses drawn evenly from an inclusive range of seconds; the same seed gives the same pauses."""

    def __init__(self, range_s: tuple[float, float], seed: int) -> None:
        self._low_ns, high_ns = s_to_ns(range_s[0]), s_to_ns(range_s[1])
        self._span_ns = high_ns - self._low_ns
        self._random = Random(seed).random

    @property
    def none(self) -> bool:
        """Whether there is never a pause."""
        return self._low_ns == 0 and self._span_ns == 0

    def next_ns(self) -> int:
        """The next pause."""
        return self._low_ns + int(self._random() * (self._span_ns + 1)) if self._span_ns else self._low_ns


def ramp_offset_ns(user: int, users: int, ramp_up_s: float) -> int:
    """When user `user` (from 0) of `users` starts: evenly over the ramp, the first at once."""
    return user * s_to_ns(ramp_up_s) // users


def active_spans_ns(place: int, stages: Sequence[tuple[float, float, float]]) -> list[tuple[int, int]]:
    """When user number `place` (from 0) takes part: spans of offsets in which more than `place` users are to.

    `stages` are (duration_s, from_users, to_users), linear in between; spans that touch are one.
    """
    turns: list[tuple[int, int]] = []
    start_s = 0.0
    for duration_s, low, high in stages:
        begins_s, ends_s = start_s, start_s + duration_s
        start_s = ends_s
        if low <= place and high <= place:
            continue
        if low <= place or high <= place:
            crossing_s = begins_s + duration_s * (place - low) / (high - low)
            begins_s, ends_s = (crossing_s, ends_s) if low <= place else (begins_s, crossing_s)
        begin_ns, end_ns = s_to_ns(begins_s), s_to_ns(ends_s)
        if turns and turns[-1][1] == begin_ns:
            turns[-1] = (turns[-1][0], end_ns)
        else:
            turns.append((begin_ns, end_ns))
    return turns


OPENINGS_PER_S = 5000
OPENING_BURST = 128


def opening_offset_ns(index: int, workers: int) -> int:
    """When a worker may begin its connect number `index`: all workers together keep to 5,000 a second."""
    return index * workers * NS_PER_S // OPENINGS_PER_S


FIRST_BACKOFF_NS = 10_000_000
LAST_BACKOFF_NS = 1_000_000_000


def next_backoff_ns(previous_ns: int) -> int:
    """The pause after one more failed connect in a row: 10 ms, doubled each time up to 1 s."""
    return min(previous_ns * 2, LAST_BACKOFF_NS) if previous_ns else FIRST_BACKOFF_NS
