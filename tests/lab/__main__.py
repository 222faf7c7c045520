"""`python -m tests.lab`: real machines are lost in every way, and the target says whether the result tells the truth.

Namespaces on a bridge, each with a clock of its own, where root and the kernel allow it; else, or with `--loopback`,
this host. `--place command` or `cluster`, or both. Exit code 1 where a promise was broken.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from loadgen.executors.places.machines.place import LEASE_S, LOST_S
from loadgen.results.merge import merge_results
from tests.bench.servers import end_as_an_exception
from tests.lab.hundred import hundred
from tests.lab.network import Lab, lab
from tests.lab.run import MACHINES, RATE, Run, children, family
from tests.lab.steady import no_false_loss, throughput
from tests.support.command import load

ALONE = ("scheduler killed", "coordinator killed", "coordinator frozen")
"""Where nobody is left who could stop a machine before its lease does; else the others are told when one is lost."""
BEFORE = 400
"""Requests before anything happens."""
TOLERANCE_S = 0.1
CASES = (
    "split", "fail fast", "machine killed", "machine stopped", "cable cut", "scheduler killed", "coordinator killed",
    "coordinator frozen",
)  # fmt: skip
LONG = ("no-false-loss", "throughput", "hundred")
"""Only where they are asked for, with so many `--runs`."""


def send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)


def end(started: dict[int, str]) -> None:
    """Those that are still the same processes: what was stopped would not end by itself."""
    for pid, birth in started.items():
        if born(pid) == birth:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def born(pid: int) -> str:
    """When a process was started, in the kernel's words; empty where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def lose(run: Run, case: str) -> None:
    """Let it happen."""
    match case:
        case "machine killed":
            send(run.machine[-1:] if run.place == "command" else run.machine[:1], signal.SIGKILL)
        case "machine stopped":
            send(run.machine, signal.SIGSTOP)
        case "cable cut" if run.place == "command":
            send(children(run.process.pid)[:1], signal.SIGSTOP)
        case "cable cut":
            run.site.unplug(0)
        case "scheduler killed":
            run.daemons[0].kill()
        case "coordinator killed":
            run.process.kill()
        case "coordinator frozen":
            run.process.send_signal(signal.SIGSTOP)


def play(place: str, case: str, site: Lab) -> list[str]:
    """One case; what it broke. Prints what was seen."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        flags = {"split": ("-d", "4s"), "fail fast": ("-d", "30s", "--fail-fast")}.get(case, ())
        run = Run(place, site, folder, stack, *flags)
        if case == "split":
            run.wait_for(1)
            return split(run)
        run.wait_for(BEFORE)
        if case == "fail fast":
            run.target.fails_from = BEFORE + 50
            return fail_fast(run)
        started = family([run.process.pid, *(daemon.pid for daemon in run.daemons)])
        stack.callback(end, {pid: born(pid) for pid in started})
        lose(run, case)
        at_s = time.monotonic()
        thawed = case == "coordinator frozen"
        if thawed:
            time.sleep(LEASE_S + 2)
            run.process.send_signal(signal.SIGCONT)
        if case == "coordinator killed":
            time.sleep(LEASE_S + 3)
            parts = {path.name: load(path) for path in folder.glob("loadgen/part-*.json")}
            result = merge_results(parts)
        else:
            result = run.result()
        last = run.target.after(at_s)
        seen, sent = run.target.count, result.ledger.sent
        lost = result.machines.unaccounted_at_most if result.machines is not None else 0
        samples = result.latency_ms["service"].count + result.samples_lost
        broken = []
        if not sent <= seen <= sent + lost:
            broken.append(f"the target saw {seen}, the ledger has {sent}, and {lost} are unaccounted for at most")
        if samples != result.ledger.ok:
            broken.append(f"{result.ledger.ok} good replies, but {samples} samples")
        allowed_s = (LEASE_S if case in ALONE else LOST_S) + TOLERANCE_S
        if max(last.values()) > allowed_s:
            broken.append(f"the last request came {max(last.values()):.2f} s after it")
        if run.site.is_apart and min(last.values()) > LEASE_S + TOLERANCE_S:
            broken.append("no machine stopped with its lease")
        if result.ended_by != "error" or (lost and result.generator.verdict != "invalid"):
            broken.append(f"it ended by {result.ended_by}, {result.generator.verdict}")
        lasts = ", ".join(f"{after_s:.2f}" for after_s in last.values())
        print(f"  last requests after {lasts} s; saw {seen} = {sent} + {seen - sent} (at most {lost})")
        print(f"  {result.ended_because}")
        return broken


def split(run: Run) -> list[str]:
    result = run.result()
    each = [len(times) for times in run.target.seen.values()]
    first = [instant - rank / RATE for rank, instant in enumerate(sorted(map(min, run.target.seen.values())))]
    apart_ms = (max(first) - min(first)) * 1000
    assert result.machines is not None
    bound_ms = result.machines.start_spread_ms
    print(f"  {each} requests, first ones {apart_ms:.1f} ms apart; machines within {bound_ms} ms at most")
    good = sum(each) == result.ledger.sent == 4 * RATE and len(set(each)) == 1
    return [] if good else [f"{each} requests, {result.ledger.sent} in the ledger"]


def fail_fast(run: Run) -> list[str]:
    result = run.result()
    times = sorted(instant for times in run.target.seen.values() for instant in times)
    later_ms = (times[-1] - times[BEFORE + 49]) * 1000
    assert result.machines is not None
    print(f"  last request {later_ms:.1f} ms after the first failure; said: {result.machines.stop_spread_ms} ms")
    return [f"a request came {later_ms:.0f} ms after the first failure"] if later_ms > 100 else []


def possible(place: str, site: Lab) -> Iterator[str]:
    for case in CASES:
        if place == "command" and case == "scheduler killed":
            continue
        if place == "cluster" and case == "cable cut" and not site.is_apart:
            continue
        yield case


def measured(place: str, case: str, given: argparse.Namespace) -> Iterator[list[str]]:
    """What was broken in each of the runs of a long case."""
    for number in range(1 if case == "throughput" else given.runs):
        with TemporaryDirectory() as folder, lab(MACHINES, loopback=given.loopback or case != "no-false-loss") as site:
            print(f"{place}, {site.host}: {case}, {number + 1} of {given.runs}", flush=True)
            match case:
                case "no-false-loss":
                    yield no_false_loss(place, site, Path(folder))
                case "throughput":
                    yield throughput(place, site, Path(folder), given.runs)
                case _:
                    yield hundred(place, Path(folder), given.machines)


def lost(place: str, given: argparse.Namespace) -> Iterator[list[str]]:
    """The same of each case in which something is lost."""
    for _ in range(given.runs):
        with lab(MACHINES, loopback=given.loopback) as site:
            cases = [case for case in possible(place, site) if given.case in (None, case)]
        for case in cases:
            with lab(MACHINES, loopback=given.loopback) as site:
                print(f"{place}, {site.host}: {case}", flush=True)
                yield play(place, case, site)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--place", choices=("command", "cluster"))
    parser.add_argument("--case", choices=(*CASES, *LONG))
    parser.add_argument("--loopback", action="store_true")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--machines", type=int, default=100, help="of --case hundred")
    given = parser.parse_args()
    end_as_an_exception()
    broken = 0
    for place in (given.place,) if given.place else ("command", "cluster"):
        for found in measured(place, given.case, given) if given.case in LONG else lost(place, given):
            broken += bool(found)
            print("".join(f"  BROKEN: {text}\n" for text in found), end="", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
