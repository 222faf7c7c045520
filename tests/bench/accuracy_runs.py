"""What the accuracy scenarios share: runs of `loadgen run`, checks against targets, and a little statistics."""

import math
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from loadgen.results.documents import from_json
from loadgen.results.requests import Quantile
from loadgen.results.result import Result
from tests.bench.machine import pinned
from tests.bench.runs import Bench
from tests.bench.servers import free_port, running
from tests.bench.table import Section

LOADGEN = (sys.executable, "-m", "loadgen")
ONE_WORKER = ("--processes", "1", "--workers", "1")
START_AND_DRAIN_S = 60.0
COLUMNS = ("what", "reached", "target", "")


@dataclass(frozen=True, slots=True)
class Check:
    """One figure against its target; without a target it is told, not judged."""

    what: str
    reached: str
    target: str = ""
    met: bool | None = None

    @property
    def row(self) -> tuple[str, str, str, str]:
        """Cells of the section's table."""
        return self.what, self.reached, self.target, {None: "", True: "met", False: "NOT met"}[self.met]


def at_most(what: str, value: float | None, limit: float, unit: str) -> Check:
    """`value` may not be above `limit`; none at all misses the target."""
    reached = "none" if value is None else f"{value:,.4g} {unit}"
    return Check(what, reached, f"<= {limit:g} {unit}", value is not None and value <= limit)


def close_to(what: str, value: float | None, wanted: float, tolerance: float, unit: str) -> Check:
    """`value` may differ from `wanted` by `tolerance`, in the same unit."""
    reached = "none" if value is None else f"{value:,.4g} {unit}"
    met = value is not None and abs(value - wanted) <= tolerance
    return Check(what, reached, f"{wanted:,.4g} +- {tolerance:.2g} {unit}", met)


@dataclass(frozen=True, slots=True)
class Finished:
    """One run of loadgen. `result` is None where it wrote none."""

    exit_code: int
    stderr: str
    result: Result | None

    @property
    def figures(self) -> Result:
        """The Result. Raises RuntimeError, with what was said instead, where there is none."""
        if self.result is None:
            raise RuntimeError(f"exit {self.exit_code}: {' / '.join(self.stderr.splitlines()[-2:])[:300]}")
        return self.result


def load(
    bench: Bench,
    url: str,
    options: Sequence[str],
    *,
    prefix: Sequence[str] = (),
    meanwhile: Callable[[int], None] | None = None,
) -> Finished:
    """`loadgen run` on the generator's core, while nothing else of ours runs; `meanwhile` gets its process id.

    `prefix` is a command that runs the rest of its arguments.
    """
    with TemporaryDirectory(prefix="loadgen-bench-") as folder:
        output = Path(folder) / "result.json"
        command = [*prefix, *LOADGEN, "run", url, *options, "-q", "-o", str(output)]
        with pinned(bench.layout.generator):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            if meanwhile:
                meanwhile(process.pid)
            _, stderr = process.communicate(timeout=_length_s(options) + START_AND_DRAIN_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        result = from_json(output.read_text("utf-8")) if output.exists() else None
    bench.log(f"loadgen run {' '.join(options)}: exit {process.returncode}")
    return Finished(process.returncode, stderr, result)


def _length_s(options: Sequence[str]) -> float:
    """Of a run that ends with its requests as good as nothing."""
    return float(options[options.index("-d") + 1].rstrip("s")) if "-d" in options else 0.0


@contextmanager
def server(bench: Bench, *options: str) -> Iterator[str]:
    """The URL of accuracy_server.py on the server's core. It has written its log when the block is left."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.accuracy_server", "--port", str(port), *options]
    with running(command, port, bench.layout.server):
        yield f"http://127.0.0.1:{port}/"


def section(name: str, title: str, checks: Sequence[Check], notes: Sequence[str] = (), **data: Any) -> Section:
    """Checks as a section of the benchmark's report."""
    rows = [check.row for check in checks]
    return Section(name, title, COLUMNS, rows, [*notes], {"checks": [asdict(check) for check in checks], **data})


def ms(value: Quantile) -> float | None:
    """A quantile of a Result; of one that is only known to be at least something, that."""
    return value["at_least"] if isinstance(value, dict) else value


def us(value: Quantile) -> float | None:
    """The same in microseconds."""
    milliseconds = ms(value)
    return None if milliseconds is None else milliseconds * 1000


def nearest_rank(ordered: Sequence[float], share: float) -> float:
    """The quantile of values in order."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def per_second(arrivals_ns: Sequence[int], rate: int) -> list[int]:
    """How many of the arrivals of a constant rate fell into each second of the timetable's own grid.

    The grid begins where the least delayed arrival says.
    """
    ordered = sorted(arrivals_ns)
    gap_ns = 1e9 / rate
    first_ns = min((at_ns - index * gap_ns for index, at_ns in enumerate(ordered)), default=0.0)
    counts = Counter(int((at_ns - first_ns) // 1e9) for at_ns in ordered)
    return [counts[second] for second in range(max(counts, default=-1) + 1)]


def furthest_off(counts: Sequence[int], rate: int, seconds: int) -> int:
    """The most requests by which a second misses the rate; after the last one there should be none."""
    wanted = [rate] * seconds + [0] * (len(counts) - seconds)
    return max(abs(count - due) for count, due in zip_longest(counts, wanted, fillvalue=0))


def standard_error(values: Sequence[float], batches: int = 20) -> float:
    """Of the mean of correlated values, by the means of batches in their order."""
    size = len(values) // batches
    means = [statistics.fmean(values[index * size : (index + 1) * size]) for index in range(batches)]
    return statistics.stdev(means) / math.sqrt(batches)


def wait_s(seconds: float) -> None:
    """Let a run that another process does go on."""
    time.sleep(seconds)
