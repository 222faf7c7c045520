"""`python -m tests.bench [SCENARIO]`: measure loadgen beside every load generator found on PATH.

`python -m tests.bench old COMMIT [BENCH...]`: the working tree beside a commit of it, in turn, with the noise."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import (
    accuracy,
    batch,
    gating,
    http2,
    journeys,
    machine,
    nghttpd,
    old,
    parts,
    probes,
    protocols,
    s3,
    scenarios,
    self_comparison,
    views,
)
from tests.bench.jobs import Peer
from tests.bench.peers import PEERS, find, version_of
from tests.bench.runs import Bench, to_stderr
from tests.bench.servers import end_as_an_exception
from tests.bench.table import Section, as_json, as_markdown, as_text

COMPARING: dict[str, Callable[[Bench, Sequence[Peer]], Section]] = {
    "http": scenarios.http,
    "tls": scenarios.tls,
    "sizes": scenarios.sizes,
    "noreuse": scenarios.noreuse,
    "threads": scenarios.threads,
    "httpx": scenarios.httpx,
    "processes": scenarios.processes,
    "templates": scenarios.templates,
    "target": scenarios.target,
    "scale": scenarios.scale,
    "journeys": journeys.journeys,
}
PROBING: dict[str, Callable[[Bench], Section]] = {
    "recording": probes.recording,
    "startup": probes.startup,
    "opening": probes.opening,
    "s3": s3.s3,
    "batch": batch.batch,
    "http2-nginx": http2.http2,
    "http2-nghttpd": nghttpd.nghttpd,
    "protocols": protocols.protocols,
    "parts": parts.parts,
    "views": views.views,
}
JUDGING = ("gate", "find-max")
SCENARIOS = (*COMPARING, *PROBING, "memory", "compare", *JUDGING, *accuracy.LENGTHS_S)
GROUPS = {"accuracy": tuple(accuracy.LENGTHS_S), "http2": ("http2-nginx", "http2-nghttpd"), "all": SCENARIOS}
SECONDS, PAIRS = 5, 5
ALL_TOOLS = tuple(peer.name for peer in PEERS)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "scenario", nargs="?", default="http", choices=(*SCENARIOS, *GROUPS, "old"), metavar="SCENARIO", help=HELP
    )
    parser.add_argument("commit", nargs="?", metavar="COMMIT", help="old: the commit to set the working tree against")
    parser.add_argument("benches", nargs="*", metavar="BENCH", help=f"old: of {', '.join(old.BENCHES)} (default all)")
    parser.add_argument(
        "--pairs",
        type=int,
        metavar="N",
        help="runs of each tool, in turn (default 5; compare: 20 comparisons; gate: 10 builds; old: rounds)",
    )
    parser.add_argument(
        "--seconds",
        type=int,
        metavar="S",
        help="length of a run (default 5; accuracy: 5 to 30; compare and find-max: 2; gate: 1)",
    )
    parser.add_argument("--peers", metavar="A,B", help="tools to measure with (http: all, others: wrk)")
    parser.add_argument("--peer-path", action="append", default=[], metavar="DIR", help="look here for tools too")
    parser.add_argument("--requests", type=int, default=10_000_000, metavar="N", help="of the memory run (default 10M)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured to FILE")
    parser.add_argument("--markdown", action="store_true", help="print Markdown instead of aligned text")
    options = parser.parse_intermixed_args(arguments)
    if (options.scenario == "old") != (options.commit is not None):
        parser.error("a COMMIT belongs to old, and old needs one: python -m tests.bench old COMMIT [BENCH...]")
    if unknown := set(options.benches) - set(old.BENCHES):
        parser.error(f"{', '.join(sorted(unknown))}: no BENCH of old; they are {', '.join(old.BENCHES)}")
    return options


HELP = f"one of {', '.join((*SCENARIOS, *GROUPS))} (default http), or old: new against an old COMMIT, with the noise"


def measure(options: argparse.Namespace, bench: Bench, chosen: Sequence[Peer], name: str) -> Section:
    """One scenario; one that cannot run says why and leaves the others be."""
    bench.log(f"== {name}")
    try:
        if name == "old":
            return old.old(bench, options.commit, options.benches)
        if name in COMPARING:
            return COMPARING[name](bench, chosen)
        if name in accuracy.LENGTHS_S:
            scenario, usual_s = accuracy.LENGTHS_S[name]
            return scenario(bench, options.seconds or usual_s)
        if name == "compare":
            return self_comparison.self_comparison(
                bench, options.pairs or self_comparison.COMPARISONS, options.seconds or self_comparison.SECONDS
            )
        if name == "gate":
            return gating.gate(bench, options.pairs or gating.BUILDS, options.seconds or gating.SECONDS)
        if name == "find-max":
            return gating.find_max(bench, options.seconds or gating.SEARCH_S)
        return PROBING[name](bench) if name in PROBING else probes.memory(bench, options.requests)
    except (RuntimeError, OSError, ImportError) as error:
        return Section(name, name, notes=[f"failed: {error}"])


def chosen_peers(options: argparse.Namespace, name: str) -> tuple[list[Peer], list[str]]:
    """The tools of one scenario that are there, and the names of those that are missing."""
    if options.peers:
        return find(options.peers.split(","))
    if name in ("compare", "old", *JUDGING) or name in accuracy.LENGTHS_S:
        return [], []
    return find(ALL_TOOLS if name == "http" else ("wrk",))


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 0 also where targets were missed."""
    options = parse(arguments)
    os.environ.pop(
        "PYTHONDONTWRITEBYTECODE", None
    )  # else each run compiles 200 modules first, as no installed one does
    os.environ["PATH"] = os.pathsep.join([*options.peer_path, os.environ.get("PATH", os.defpath)])
    machine.raise_descriptor_limit()
    bench = Bench(machine.layout(), options.pairs or PAIRS, options.seconds or SECONDS, to_stderr)
    names = GROUPS.get(options.scenario, (options.scenario,))
    tools: dict[str, Peer] = {}
    missing: dict[str, None] = {}
    sections = []
    facts = machine.describe()
    for name in names:
        try:
            present, absent = chosen_peers(options, name)
        except ValueError as error:
            print(error, file=sys.stderr)
            return 2
        tools |= {peer.name: peer for peer in present}
        missing |= dict.fromkeys(absent)
        sections.append(measure(options, bench, present, name))
    facts |= {f"{peer.name} version": version_of(peer) for peer in tools.values()}
    facts["missing tools"] = ", ".join(missing) or "none"
    if not bench.layout.apart:
        facts["beware"] = "one core for generator and server: the figures say little"
    print((as_markdown if options.markdown else as_text)(facts, sections), end="")
    if options.json:
        options.json.write_text(as_json(facts, sections), "utf-8")
    return 0


if __name__ == "__main__":
    end_as_an_exception()
    sys.exit(main(sys.argv[1:]))
