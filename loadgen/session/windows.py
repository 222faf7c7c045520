"""What thresholds over windows look at, kept finely enough for all of their windows."""

from collections.abc import Iterable
from math import gcd

from loadgen.measure.histogram import Histogram
from loadgen.measure.names import Kind, Name, Names
from loadgen.measure.recording import Recording, Tally
from loadgen.plan.condition import Condition
from loadgen.plan.named import JOURNEYS
from loadgen.session.blocks import Blocks, Slice


class Windows:
    """Takes the seconds of a run in their order. Of each name that a threshold with a window may mean, and of all
    requests where their latency is judged so, it has blocks of which every window is a whole number.
    """

    def __init__(self, conditions: Iterable[Condition], names: Names) -> None:
        looked_at = [item for item in conditions if item.window_s and (item.metric.of or item.metric.kind == "latency")]
        self._names = names
        self._of = {condition.metric.of for condition in looked_at}
        self._within = gcd(*(round(condition.window_s or 0) for condition in looked_at))
        self._wanted: dict[int, bool] = {}
        self._blocks: dict[int | None, Blocks] = {}

    def add(self, t_s: int, recording: Recording, every: Slice) -> None:
        """One more second; `every` are its requests together. What it holds stays as it is."""
        if not self._of:
            return
        for blocks in self._blocks.values():
            blocks.reach(t_s)
        if None in self._of:
            self._series(None).add(every)
        for tallies in (recording.tallies, recording.transactions):
            for number, tally in tallies.items():
                if self._is_wanted(number):
                    self._series(number).add(slice_of(t_s, tally))

    def of(self, number: int | None) -> list[Slice]:
        """The blocks of one name, or of all requests."""
        return self._blocks[number].slices if number in self._blocks else []

    def _series(self, number: int | None) -> Blocks:
        if number not in self._blocks:
            self._blocks[number] = Blocks(within=self._within)
        return self._blocks[number]

    def _is_wanted(self, number: int) -> bool:
        if number not in self._wanted:
            self._wanted[number] = any(_may_mean(of, self._names[number]) for of in self._of if of is not None)
        return self._wanted[number]


def slice_of(t_s: int, tally: Tally) -> Slice:
    """A second of one name."""
    return Slice(t_s, 1, tally.ok, tally.failed, response_of(tally))


def response_of(tally: Tally) -> Histogram:
    """The response times, which a closed loop without pauses keeps as service times."""
    return tally.clocks.get("response") or tally.clocks.get("service") or Histogram()


def _may_mean(of: str, name: Name) -> bool:
    kind, text = name
    return text == of or text.endswith(f"/{of}") or (of == JOURNEYS and kind is Kind.JOURNEY)
