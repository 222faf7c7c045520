"""An old commit against the working tree: what a request costs now, beside what it cost then and beside the noise.

The commit is checked out into a temporary git worktree. Both trees run under this interpreter, on the same core,
against the same nginx, in rounds of three: old, new, and old once more. The ratio of the two old runs is what this
machine does to equals; the new tree is as fast as the old one where it stays within 3 %, or within that.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import profiles, s3
from tests.bench.compare import Pairs, Ratio, medians
from tests.bench.jobs import Job, Peer
from tests.bench.peers import loadgen
from tests.bench.runs import Bench, Run
from tests.bench.servers import Nginx, nginx
from tests.bench.table import Section, amount

ROOT = Path(__file__).parents[2]
BENCHES = ("http", "tls", "threads", "templates", "s3")
CONNECTIONS = (64, 2_000, 10_000)
SLOWER_AT_MOST = 1.03  # less than this differs from one build of the same commit to the next
OLD, NEW, AGAIN = "old", "new", "old again"
ORDERS = (
    (OLD, NEW, AGAIN),
    (AGAIN, NEW, OLD),
    (NEW, AGAIN, OLD),
    (OLD, AGAIN, NEW),
    (AGAIN, OLD, NEW),
    (NEW, OLD, AGAIN),
)
COLUMNS = ("bench", "job", "old us", "new us", "new/old CPU", "old/old CPU", "new/old req/s")


@dataclass(frozen=True, slots=True)
class Case:
    """One row: a command of loadgen's, the same in both trees, and which CPU time a request of it is compared."""

    bench: str
    label: str
    peer: Peer
    job: Job
    metric: str = "cpu_us_net"


def old(bench: Bench, commit: str, names: Sequence[str]) -> Section:
    """The cases of the benches `names`, or of all. Raises RuntimeError where `commit` cannot be made to run."""
    with checked_out(commit) as tree, nginx(bench.layout.server) as server, TemporaryDirectory() as folder:
        chosen = [case for case in _cases(bench, server, Path(folder)) if case.bench in (names or BENCHES)]
        compared = [(case, *rounds(bench, case, server, tree)) for case in chosen]
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
    costs = (amount(medians(runs)[case.metric], 2) for runs in (new.theirs, new.ours))
    ratios = (new.ratio(case.metric), same.ratio(case.metric), new.ratio("rps"))
    return (case.bench, case.label, *costs, *(_percent(ratio) for ratio in ratios))


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


def rounds(bench: Bench, case: Case, server: Nginx, tree: Path) -> tuple[Pairs, Pairs]:
    """New against old, and old against old, of the same rounds. The first failure ends them."""
    sides = {OLD: tree, NEW: ROOT, AGAIN: tree}
    peers = {name: _from(side, case.peer, name) for name, side in sides.items()}
    taken: dict[str, list[Run]] = {name: [] for name in sides}
    for number in range(bench.pairs):
        for name in ORDERS[number % len(ORDERS)]:
            taken[name].append(bench.measure(peers[name], case.job, server.count))
        if any(runs[-1].problem for runs in taken.values()):
            break
    new, old_runs, again = (tuple(taken[name]) for name in (NEW, OLD, AGAIN))
    return Pairs(case.label, new, old_runs), Pairs(case.label, again, old_runs)


def _from(tree: Path, peer: Peer, name: str) -> Peer:
    return replace(peer, name=f"{name} {peer.name}", environment={**peer.environment, **environment(tree)})


def environment(tree: Path) -> dict[str, str]:
    """Makes `python -m loadgen`, and each process it starts, import the package of `tree` and of no working folder."""
    return {"PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"}


@contextmanager
def checked_out(commit: str, repository: Path = ROOT) -> Iterator[Path]:
    """A temporary worktree of `commit`, compiled. Raises RuntimeError where git or the interpreter cannot."""
    with TemporaryDirectory(prefix="loadgen-bench-") as folder:
        tree = Path(folder) / "old"
        _do("git", "-C", str(repository), "worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            _do(sys.executable, "-m", "compileall", "-q", str(tree / "loadgen"))
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
    return [
        *(Case("http", f"{many:,} connections", loadgen(), replace(plain, connections=many)) for many in CONNECTIONS),
        Case("tls", "64 connections", loadgen(), replace(plain, url=f"{server.tls_url}/12")),
        Case("threads", "64 threads", loadgen(mode="threads"), plain),
        Case("templates", "ten with values that change", loadgen(), changing),
        Case("s3", f"{s3.SMALL} GET", s3.peer("get", server.url, "1KiB"), plain),
        Case("s3", f"{s3.SMALL} PUT", s3.peer("put", server.url, "1KiB"), plain),
        Case("s3", f"{s3.LARGE} GET", s3.peer("get", server.url, "64MiB"), large, s3.PROCESS),
        Case("s3", f"{s3.LARGE} PUT", s3.peer("put", server.url, "64MiB"), large, s3.PROCESS),
    ]
