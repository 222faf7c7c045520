"""Runs in which nothing is lost: beside busy loops on all cores, and against the same load from one machine."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from loadgen.base.environment import usable_cores
from loadgen.results.result import Result
from loadgen.results.rounds import rounds_to_json
from tests.lab.network import Lab
from tests.lab.run import MACHINES, PYTHON, Run, machines_for
from tests.support.command import load
from tests.support.nginx import running_nginx

WITHIN = 0.05
CONNECTIONS, LENGTH = "30", "5s"


@contextmanager
def busy() -> Iterator[None]:
    """A loop on each core that never waits."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(usable_cores())]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def no_false_loss(place: str, site: Lab, folder: Path) -> list[str]:
    """One run beside them: every machine is well, and none may be taken for lost."""
    with ExitStack() as stack:
        stack.enter_context(busy())
        run = Run(place, site, folder, stack, "-d", "4s")
        run.wait_for(1)
        result = run.result()
    assert result.machines is not None
    silent_ms = max(row.silent_ms for row in result.machines.rows)
    early_ms = min(row.gate_early_ms or 0.0 for row in result.machines.rows)
    print(
        f"  nothing was heard of a machine for {silent_ms:.0f} ms at most; the start was known {early_ms:.0f} ms before"
    )
    lost = [f"{row.name}: {row.lost}" for row in result.machines.rows if row.lost]
    return lost or ([] if result.ended_by == "completed" else [result.ended_because])


def throughput(place: str, site: Lab, folder: Path, rounds: int) -> list[str]:
    """Three machines with a process each against one with three, by turns, as fast as they can."""
    with ExitStack() as stack, running_nginx() as server:
        where = machines_for(place, site, folder, stack)
        sides = {"three machines": where, "one machine": []}
        results: dict[str, list[Result]] = {name: [] for name in sides}
        for number in range(rounds):
            for name in list(sides)[:: 1 if number % 2 else -1]:
                saved = folder / "r.json"
                words = ["run", server.url, "-c", CONNECTIONS, "-d", LENGTH, "-q", "-o", str(saved)]
                subprocess.run([*PYTHON, *words, "--processes", str(MACHINES), *sides[name]], check=True)
                results[name].append(load(saved))
        files = [folder / f"{name.replace(' ', '-')}.json" for name in sides]
        for file, name in zip(files, sides, strict=True):
            file.write_text(rounds_to_json(results[name]))
        subprocess.run([*PYTHON, "diff", *files], check=False)
    three, one = (sum(result.rate.ok_rps for result in found) / rounds for found in results.values())
    print(f"  three machines {three:,.0f}/s, one {one:,.0f}/s: {three / one - 1:+.1%}")
    return [f"the throughput differs by {three / one - 1:+.1%}"] if abs(three / one - 1) > WITHIN else []
