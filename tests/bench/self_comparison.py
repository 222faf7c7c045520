"""Whether `loadgen compare` sees differences that are not there: the same variant twice, against nginx, many times."""

import json
import subprocess
from typing import Any

from tests.bench.accuracy_runs import LOADGEN, START_AND_DRAIN_S, Check, section
from tests.bench.machine import pinned
from tests.bench.runs import Bench
from tests.bench.servers import nginx
from tests.bench.table import Section

COMPARISONS = 20
FALSE_ALARMS = 0.05
ROUNDS = 5
SECONDS = 2
VARIANTS = ("--modes", "async,async", "-c", "64")


def self_comparison(bench: Bench, comparisons: int, seconds: int) -> Section:
    """Every row of every comparison should say "cannot tell", but for one comparison in twenty."""
    with nginx(bench.layout.server) as server:
        tables = [_compared(bench, f"{server.url}/12", seconds) for _ in range(comparisons)]
    alarms = [differences(table) for table in tables]
    false = sum(map(bool, alarms))
    allowed = max(1, round(FALSE_ALARMS * comparisons))
    checks = [
        Check("comparisons with a false alarm", f"{false} of {comparisons}", f"<= {allowed}", false <= allowed),
        *(Check(f"comparison {number}", "; ".join(rows)) for number, rows in enumerate(alarms, 1) if rows),
    ]
    title = f"The same variant twice, {ROUNDS} rounds of {seconds} s each"
    return section("compare", title, checks, tables=tables)


def differences(table: dict[str, Any]) -> list[str]:
    """The rows of a `loadgen.table/1` that claim a difference."""
    rows = [row for against in table["against"] for row in against["rows"]]
    return [f"{row['metric']} {row['ratio']} {row['word']}" for row in rows if row["word"] != "cannot tell"]


def _compared(bench: Bench, url: str, seconds: int) -> dict[str, Any]:
    options = [*VARIANTS, "-d", f"{seconds}s", "--rounds", str(ROUNDS), "--format", "json", "-q"]
    with pinned(bench.layout.generator):
        process = subprocess.Popen(
            [*LOADGEN, "compare", url, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    try:
        stdout, stderr = process.communicate(timeout=2 * ROUNDS * (seconds + 3) + START_AND_DRAIN_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    if process.returncode:
        raise RuntimeError(f"exit {process.returncode}: {' / '.join(stderr.splitlines()[-2:])[:300]}")
    table: dict[str, Any] = json.loads(stdout)
    bench.log(f"loadgen compare {' '.join(options)}: {'; '.join(differences(table)) or 'nothing told apart'}")
    return table
