"""What the workers of one machine recorded, as one recording: a coordinator of many machines has less to add up."""

from collections.abc import Sequence

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.measure.names import Names
from loadgen.measure.recording import Frame, Recording, Window

HELD_NS = 250 * NS_PER_MS
"""Workers hand over a second within milliseconds of each other, and a healthy one on a busy machine within a quarter
of a second; one that is later comes by itself."""


class Merger:
    """Frames of one machine's workers. Those of the same second and window become one; what is each worker's own stays
    with it: its delay, its usage, how far it is.

    `names` are those that the plan has. Not to be used by two threads at once.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._first = len(names)
        self._told = len(names)
        self._numbers: dict[int, list[int]] = {}
        self._held: dict[tuple[Window, int], list[Frame]] = {}
        self._since_ns = 0
        self._leader: int | None = None

    def add(self, frame: Frame, now: int) -> None:
        """Hold one."""
        if not self._held:
            self._since_ns = now
        self._held.setdefault((frame.window, frame.second), []).append(frame)

    def due(self, now: int) -> bool:
        """Whether what is held is to go."""
        return bool(self._held) and now - self._since_ns >= HELD_NS

    def take(self) -> list[Frame]:
        """All that is held, in the order in which it came; new names are told by the first."""
        held, self._held = self._held, {}
        return [frame for frames in held.values() for frame in self._merged(frames)]

    def _merged(self, frames: Sequence[Frame]) -> list[Frame]:
        """The sums under one worker's number, always the same one, whose numbers of names are the machine's."""
        if self._leader is None:
            self._leader = frames[0].worker
        sums = Recording()
        for frame in frames:
            recording = frame.recording
            numbers = self._numbers.setdefault(frame.worker, list(range(self._first)))
            numbers.extend(self._names.number(*name) for name in recording.names)
            recording.renumber(numbers)
            lag, recording.loop_lag = recording.loop_lag, Recording().loop_lag
            sums.merge(recording)
            frame.recording = Recording(loop_lag=lag)
        sums.names = [self._names[number] for number in range(self._told, len(self._names))]
        self._told = len(self._names)
        first = frames[0]
        begun_ns = first.second * NS_PER_S  # that a second is over each worker's own frame says
        return [Frame(self._leader, first.second, begun_ns, sums, first.window), *frames]
