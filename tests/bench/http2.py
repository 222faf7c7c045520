"""HTTP/2 beside h2load, against nginx on the other core: many streams on few connections, and one on each."""

from dataclasses import replace
from pathlib import Path

from tests.bench import readers
from tests.bench.compare import Goal, interleave
from tests.bench.jobs import Job, Peer
from tests.bench.peers import loadgen
from tests.bench.runs import Bench
from tests.bench.servers import nginx
from tests.bench.table import Section, comparison

STEADY = "cpu_us_net"
SHAPES = ((10, 100, 1.0), (10, 10, 1.1), (1, 1, 1.2), (100, 1, 1.2))
"""Connections, streams on each, and the most of h2load's CPU a request."""

OWN_HEADER = "a header of its own in each request"
OWN_HEADER_AT_MOST = 1.4
PROFILE = """\
target: {url}
http: 2
variables: {{number: {{sequence: 1}}}}
requests: [{{headers: {{x-number: "${{number}}"}}}}]
"""


def http2(bench: Bench) -> Section:
    """GET of 12 bytes, h2c and TLS."""
    compared, goals = [], []
    with nginx(bench.layout.server) as server:
        for name, url in (("h2c", server.h2c_url), ("TLS", server.h2_url)):
            for connections, streams, at_most in SHAPES:
                label = f"{name}, {connections} x {streams}"
                job = Job(f"{url}/12", connections, bench.seconds)
                ours, theirs = _loadgen(connections, streams), _h2load(streams)
                compared.append(interleave(bench, label, ours, theirs, job, server.count))
                goals.append(Goal(f"{label}: ratio to h2load", label, "h2load", STEADY, at_most=at_most))
        job = Job(f"{server.h2c_url}/12", 10, bench.seconds)
        compared.append(interleave(bench, OWN_HEADER, _with_header(), _h2load(100), job, server.count))
    goals.append(Goal(f"{OWN_HEADER}: ratio to h2load", OWN_HEADER, "h2load", STEADY, at_most=OWN_HEADER_AT_MOST))
    notes = [goal.verdict(compared) for goal in goals]
    return comparison("http2-nginx", "HTTP/2 on nginx, GET of 12 bytes, connections x streams", compared, notes)


def _loadgen(connections: int, streams: int, *options: str) -> Peer:
    """A user is a stream: as many as h2load has."""
    plain = loadgen("loadgen", "--http", "2", "--streams", str(streams), *options)

    def command(job: Job, scratch: Path) -> list[str] | None:
        return plain.command(replace(job, connections=connections * streams), scratch)

    return replace(plain, command=command)


def _with_header() -> Peer:
    plain = _loadgen(10, 100)

    def command(job: Job, scratch: Path) -> list[str] | None:
        profile = scratch / "header.yaml"
        profile.write_text(PROFILE.format(url=job.url), "utf-8")
        return plain.command(replace(job, url=str(profile)), scratch)

    return replace(plain, command=command)


def _h2load(streams: int) -> Peer:
    def command(job: Job, _scratch: Path) -> list[str]:
        return ["h2load", "-t1", "-D", str(job.seconds), "-c", str(job.connections), "-m", str(streams), job.url]

    return Peer("h2load", command, readers.h2load, ("h2load", "--version"))
