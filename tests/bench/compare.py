"""Compare two tools: run them in turn, A B A B ..., and look at each pair, because a machine drifts by the minute."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.jobs import Job, Peer
from tests.bench.runs import Bench, Run
from tests.bench.servers import Count

METRICS = ("rps", "cpu_us", "cpu_us_net", "peak_rss_mb", "p50_ms", "p99_ms", "server_rps")


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median of paired ratios and their ends."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.low:.2f}-{self.high:.2f})"


@dataclass(frozen=True, slots=True)
class Pairs:
    """Runs of ours and theirs, taken in turn under the same job; `ours[i]` and `theirs[i]` are neighbours in time."""

    label: str
    ours: tuple[Run, ...]
    theirs: tuple[Run, ...]

    def ratio(self, metric: str) -> Ratio | None:
        """Ours divided by theirs; None if no pair has both."""
        both = [(getattr(a, metric), getattr(b, metric)) for a, b in zip(self.ours, self.theirs, strict=True)]
        ratios = [a / b for a, b in both if a is not None and b]
        return Ratio(median(ratios), min(ratios), max(ratios)) if ratios else None


@dataclass(frozen=True, slots=True)
class Goal:
    """A target: the ratio of `metric` between loadgen and `peer` under `label`, at most or at least `limit`."""

    text: str
    label: str
    peer: str
    metric: str
    at_most: float | None = None
    at_least: float | None = None

    def verdict(self, compared: Sequence[Pairs]) -> str:
        """One line: the target, what was reached, and whether it was."""
        wanted = f"<= {self.at_most:g}" if self.at_most is not None else f">= {self.at_least:g}"
        pairs = next(
            (pairs for pairs in compared if (pairs.label, pairs.theirs[0].tool) == (self.label, self.peer)), None
        )
        ratio = pairs.ratio(self.metric) if pairs else None
        if pairs is None or ratio is None:
            return f"{self.text} {wanted}: not measured"
        met = ratio.middle <= self.at_most if self.at_most is not None else ratio.middle >= (self.at_least or 0.0)
        process = pairs.ratio("cpu_us") if self.metric == "cpu_us_net" else None
        aside = f", whole process {process}" if process else ""
        return f"{self.text} {wanted}: {ratio}{aside}: {'met' if met else 'NOT met'}"


def interleave(
    bench: Bench, label: str, ours: Peer, theirs: Peer, job: Job, counter: Callable[[], Count] | None = None
) -> Pairs:
    """Run both in turn, `bench.pairs` times. A tool that fails once is not tried again."""
    return alternate(
        label, bench.pairs, lambda: bench.measure(ours, job, counter), lambda: bench.measure(theirs, job, counter)
    )


def alternate(label: str, times: int, ours: Callable[[], Run], theirs: Callable[[], Run]) -> Pairs:
    """The same for any two ways to get a run."""
    pairs: list[tuple[Run, Run]] = []
    while len(pairs) < times and not any(run.problem for run in (pairs[-1] if pairs else ())):
        pairs.append((ours(), theirs()))
    return Pairs(label, tuple(a for a, _ in pairs), tuple(b for _, b in pairs))


def medians(runs: Sequence[Run]) -> dict[str, float | None]:
    """The median of each metric over the runs that have it."""
    values = {metric: [getattr(run, metric) for run in runs] for metric in METRICS}
    measured = {metric: [value for value in column if value is not None] for metric, column in values.items()}
    return {metric: median(column) if column else None for metric, column in measured.items()}
