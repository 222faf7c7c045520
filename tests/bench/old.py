"""An old commit against the working tree: what a request or a start costs now, beside what it cost then and the noise.

The commit is checked out into a temporary git worktree. Both trees run under this interpreter, on the same core,
against the same nginx, in rounds of three: old, new, and old once more. The ratio of the two old runs is what this
machine does to equals; the new tree is as fast as the old one where it stays within 3 %, or within that.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.bench import profiles, s3
from tests.bench.compare import Pairs, Ratio
from tests.bench.jobs import Job, Peer
from tests.bench.peers import loadgen
from tests.bench.probes import START_LIMITS_S, STARTS, start_s
from tests.bench.runs import Bench, Run
from tests.bench.servers import Nginx, nginx
from tests.bench.table import Section, amount

ROOT = Path(__file__).parents[2]
BENCHES = ("http", "tls", "threads", "templates", "s3", "startup")
CONNECTIONS = (64, 2_000, 10_000)
SLOWER_AT_MOST = 1.03
"""What a change may cost where the noise is smaller than that."""

OLD, NEW, AGAIN = "old", "new", "old again"
ORDERS = (
    (OLD, NEW, AGAIN),
    (AGAIN, NEW, OLD),
    (NEW, AGAIN, OLD),
    (OLD, AGAIN, NEW),
    (AGAIN, OLD, NEW),
    (NEW, OLD, AGAIN),
)
COLUMNS = ("bench", "job", "measured", "old", "new", "new/old", "old/old", "new/old req/s")
MEASURED = {"cpu_us_net": "us CPU, steady", "cpu_us": "us CPU, whole life", "wall_s": "s from spawn"}


@dataclass(frozen=True, slots=True)
class Case:
    """One row: how a tree is measured, once under the name of its side; and by which metric sides are compared."""

    bench: str
    label: str
    run: Callable[[str, Path], Run]
    metric: str = "cpu_us_net"


def old(bench: Bench, commit: str, names: Sequence[str]) -> Section:
    """The cases of the benches `names`, or of all. Raises RuntimeError where `commit` cannot be made to run."""
    with checked_out(commit) as tree, nginx(bench.layout.server) as server, TemporaryDirectory() as folder:
        chosen = [case for case in _cases(bench, server, Path(folder)) if case.bench in (names or BENCHES)]
        compared = [(case, *rounds(case, tree, bench.pairs)) for case in chosen]
    title = f"The working tree against {commit}, {bench.pairs} rounds of old, new and old again, in turning order"
    return section(title, compared)


def section(title: str, compared: Sequence[tuple[Case, Pairs, Pairs]]) -> Section:
    """A row and a verdict for each case, with new against old and old against old."""
    data = [
        {
            "bench": case.bench,
            "label": case.label,
            "runs": [asdict(run) for run in (*new.ours, *new.theirs, *same.ours)],
        }
        for case, new, same in compared
    ]
    rows = [_row(case, new, same) for case, new, same in compared]
    return Section("old", title, COLUMNS, rows, [_verdict(*each) for each in compared], {"cases": data})


def _row(case: Case, new: Pairs, same: Pairs) -> tuple[str, ...]:
    ratios = (new.ratio(case.metric), same.ratio(case.metric), new.ratio("rps"))
    costs = (_middle(case, runs) for runs in (new.theirs, new.ours))
    return (case.bench, case.label, MEASURED[case.metric], *costs, *(_percent(ratio) for ratio in ratios))


def _middle(case: Case, runs: Sequence[Run]) -> str:
    values = [value for run in runs if (value := getattr(run, case.metric))]
    return amount(median(values), 3) if values else "-"


def _percent(ratio: Ratio | None) -> str:
    """With three decimals: here one percent matters."""
    return f"{ratio.middle:.3f} ({ratio.low:.3f}-{ratio.high:.3f})" if ratio else "-"


def _verdict(case: Case, new: Pairs, same: Pairs) -> str:
    text = f"{case.bench}, {case.label}: new/old <= {SLOWER_AT_MOST:g}, or within old/old"
    problems = [f"{run.tool}: {run.problem}" for run in (*new.ours, *new.theirs, *same.ours) if run.problem]
    ratio, noise = new.ratio(case.metric), same.ratio(case.metric)
    if problems or ratio is None or noise is None:
        return f"{text}: {'; '.join(problems) or 'not measured'}"
    met = ratio.middle <= max(SLOWER_AT_MOST, noise.high, 1 / noise.low)  # either old run may stand for the new one
    return f"{text}: {_percent(ratio)}, old/old {_percent(noise)}: {'met' if met else 'NOT met'}"


def rounds(case: Case, tree: Path, times: int) -> tuple[Pairs, Pairs]:
    """New against old, and old against old, of the same rounds. The first failure ends them."""
    sides = {OLD: tree, NEW: ROOT, AGAIN: tree}
    taken: dict[str, list[Run]] = {name: [] for name in sides}
    for number in range(times):
        for name in ORDERS[number % len(ORDERS)]:
            taken[name].append(case.run(name, sides[name]))
        if any(runs[-1].problem for runs in taken.values()):
            break
    new, old_runs, again = (tuple(taken[name]) for name in (NEW, OLD, AGAIN))
    return Pairs(case.label, new, old_runs), Pairs(case.label, again, old_runs)


def environment(tree: Path) -> dict[str, str]:
    """Makes `python -m loadgen`, and each process it starts, import the package of `tree` and of no working folder.

    Both sides keep their bytecode, so that only the first start compiles.
    """
    return {"PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": ""}


@contextmanager
def checked_out(commit: str, repository: Path = ROOT) -> Iterator[Path]:
    """A temporary worktree of `commit`. Raises RuntimeError where there can be none."""
    with TemporaryDirectory(prefix="loadgen-bench-") as folder:
        tree = Path(folder) / "old"
        _do("git", "-C", str(repository), "worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            _do("git", "-C", str(repository), "worktree", "remove", "--force", str(tree))


def _do(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-300:]}")


def _cases(bench: Bench, server: Nginx, folder: Path) -> list[Case]:
    plain = Job(f"{server.url}/12", seconds=bench.seconds)
    changing = replace(plain, url=str(profiles.changing(folder, server.url)))
    large = replace(plain, url=s3.large_object(server), connections=1)

    def load(name: str, label: str, peer: Peer, job: Job, metric: str = "cpu_us_net") -> Case:
        def run(side: str, tree: Path) -> Run:
            there = replace(peer, name=f"{side} {peer.name}", environment={**peer.environment, **environment(tree)})
            return bench.measure(there, job, server.count)

        return Case(name, label, run, metric)

    return [
        *(load("http", f"{many:,} connections", loadgen(), replace(plain, connections=many)) for many in CONNECTIONS),
        load("tls", "64 connections", loadgen(), replace(plain, url=f"{server.tls_url}/12")),
        load("threads", "64 threads", loadgen(mode="threads"), plain),
        load("templates", "ten with values that change", loadgen(), changing),
        load("s3", f"{s3.SMALL} GET", s3.peer("get", server.url, "1KiB"), plain),
        load("s3", f"{s3.SMALL} PUT", s3.peer("put", server.url, "1KiB"), plain),
        load("s3", "4 KiB PUT", s3.peer("put", server.url, "4KiB"), plain),
        load("s3", "1 MiB GET", s3.peer("get", server.url, "1MiB"), plain),
        load("s3", "1 MiB PUT", s3.peer("put", server.url, "1MiB"), plain),
        load("s3", f"{s3.LARGE} GET", s3.peer("get", server.url, "64MiB"), large, s3.PROCESS),
        load("s3", f"{s3.LARGE} PUT", s3.peer("put", server.url, "64MiB"), large, s3.PROCESS),
        *(_start(bench, name) for name in START_LIMITS_S),
    ]


def _start(bench: Bench, name: str) -> Case:
    """The median of some starts counts as one run, as a single one takes too short a time."""

    def run(side: str, tree: Path) -> Run:
        command = [sys.executable, "-m", "loadgen"]
        wall_s = median(start_s(bench, name, command, environment(tree)) for _ in range(STARTS))
        bench.log(f"{side}, {name}: {wall_s:.3f} s")
        return Run(side, wall_s=wall_s)

    return Case("startup", name, run, "wall_s")
