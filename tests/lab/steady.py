"""Runs in which nothing is lost: beside busy loops on all cores, and against the same load from one machine."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from loadgen.base.environment import usable_cores
from loadgen.results.result import Result
from loadgen.results.rounds import rounds_to_json
from tests.bench.machine import layout, pinned
from tests.bench.measure import run as measure
from tests.bench.servers import nginx
from tests.lab.network import Lab
from tests.lab.run import MACHINES, PYTHON, Run, machines_for
from tests.support.command import load

WITHIN = 0.05
CONNECTIONS, LENGTH = "30", "5s"
LOOK_S = 1.0
"""Between two looks at the CPU of all processes: at twenty a second, with more to look at where there are several
machines, they took some 2 % of the server's core from it."""


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
    """Three machines with a process each against one with three, by turns, as fast as they can.

    The server has a core of its own where there are two: the kernel deals a core by session, and each machine is one.
    """
    cores = layout()
    results: dict[str, list[Result]] = {"three machines": [], "one machine": []}
    costs_us: dict[str, list[float]] = {name: [] for name in results}
    with ExitStack() as stack, nginx(cores.server) as server:
        with pinned(cores.generator):
            where = machines_for(place, site, folder, stack, cable=())
        stack.enter_context(pinned(cores.server))  # what looks on from here takes nothing from them
        for number in range(rounds):
            for name in list(results)[:: 1 if number % 2 else -1]:
                saved = folder / "r.json"
                words = ["run", f"{server.url}/12", "-c", CONNECTIONS, "-d", LENGTH, "-q", "-o", str(saved)]
                more = where if name == "three machines" else []
                command = [*PYTHON, *words, "--processes", str(MACHINES), *more]
                usage = measure(command, cores.generator, folder, counter=server.count, every_s=LOOK_S)
                if usage.exit_code:
                    return [f"{name}: {usage.stderr.strip()[-300:]}"]
                results[name].append(load(saved))
                costs_us[name].append(usage.cpu_us_net or 0.0)
    files = [folder / f"{name.replace(' ', '-')}.json" for name in results]
    for file, found in zip(files, results.values(), strict=True):
        file.write_text(rounds_to_json(found))
    subprocess.run([*PYTHON, "diff", *files], check=False)
    three, one = ([result.rate.ok_rps for result in found] for found in results.values())
    pairs = sorted(several / alone - 1 for several, alone in zip(three, one, strict=True))
    less = median(pairs)  # of two that ran next to each other: a busy host slows both
    print(f"  three machines {median(three):,.0f}/s, one {median(one):,.0f}/s")
    print(f"  {less:+.1%}: the median of {rounds} pairs, from {pairs[0]:+.1%} to {pairs[-1]:+.1%}")
    if place == "command":  # else most of it is in processes that a run does not start
        costs = " and ".join(f"{median(found):.2f}" for found in costs_us.values())
        print(f"  {costs} us CPU a request of all processes")
    return [f"the throughput differs by {less:+.1%}"] if abs(less) > WITHIN else []
