"""S3 beside plain HTTP and curl, against nginx in the place of a store: what signing and bodies cost the client."""

import sys
from pathlib import Path

from tests.bench.compare import Goal, Pairs, interleave
from tests.bench.jobs import Job, Peer, Reported
from tests.bench.measure import Usage
from tests.bench.peers import loadgen
from tests.bench.readers import loadgen as read_result
from tests.bench.runs import Bench
from tests.bench.servers import Nginx, nginx
from tests.bench.table import Section, comparison

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE01", "AWS_SECRET_ACCESS_KEY": "of-a-benchmark"}
LARGE_BYTES = 64 << 20
LARGE_FILE = "www/s3/large"
LARGE_A_SECOND = 12
SMALL, LARGE = "1 KiB", "64 MiB"
STEADY, PROCESS = "cpu_us_net", "cpu_us"
WARP_NOTE = "not measured beside warp, which needs a store that keeps objects: nginx is none"


def s3(bench: Bench) -> Section:
    """GET and PUT of 1 KiB against a plain GET of as much; of 64 MiB against curl."""
    with nginx(bench.layout.server) as server:
        compared = [*_small(bench, server), *_large(bench, server)]
    goals = [
        Goal("GET of 1 KiB: CPU a request, ratio to plain HTTP", f"{SMALL} GET", "loadgen", STEADY, at_most=1.5),
        Goal("PUT of 1 KiB: CPU a request, ratio to plain HTTP GET", f"{SMALL} PUT", "loadgen", STEADY, at_most=1.5),
        Goal("GET of 64 MiB: CPU an object, ratio to curl", f"{LARGE} GET", "curl", PROCESS, at_most=1 / 0.9),
        Goal("PUT of 64 MiB: CPU an object, ratio to curl", f"{LARGE} PUT", "curl", PROCESS, at_most=1 / 0.9),
    ]
    notes = [*(goal.verdict(compared) for goal in goals), WARP_NOTE]
    return comparison("s3", "S3 operations, signed, from one core", compared, notes)


def _small(bench: Bench, server: Nginx) -> list[Pairs]:
    job = Job(f"{server.url}/1k", seconds=bench.seconds)
    plain = loadgen()
    return [
        interleave(bench, f"{SMALL} {name.upper()}", peer(name, server.url, "1KiB"), plain, job, server.count)
        for name in ("get", "put")
    ]


def _large(bench: Bench, server: Nginx) -> list[Pairs]:
    job = Job(large_object(server), 1, bench.seconds)
    upload = ("-T", str(server.root / LARGE_FILE))
    return [
        interleave(bench, f"{LARGE} {name.upper()}", peer(name, server.url, "64MiB"), curl, job, server.count)
        for name, curl in (("get", _curl()), ("put", _curl(*upload)))
    ]


def large_object(server: Nginx) -> str:
    """Puts a file of 64 MiB where the server finds it: its URL."""
    large = server.root / LARGE_FILE
    large.parent.mkdir(mode=0o755, exist_ok=True)
    with large.open("wb") as file:
        file.truncate(LARGE_BYTES)
    return f"{server.url}/s3/large"


def peer(name: str, url: str, size: str) -> Peer:
    """An S3 job with one worker; payloads are not hashed, as over https."""

    def command(job: Job, scratch: Path) -> list[str]:
        return [
            *(sys.executable, "-m", "loadgen", "s3", name, "--endpoint", url, "--bucket", "s3", "--size", size),
            *("-c", str(job.connections), "-d", f"{job.seconds}s", "--processes", "1", "--payload", "unsigned"),
            *([] if name == "put" else ["--objects", "1"]),
            *("--prefix", f"{size}/", "--format", "json", "-q", "-o", str(scratch / "result.json")),
        ]

    return Peer(f"loadgen s3 {name}", command, read_result, (sys.executable, "-m", "loadgen", "--version"), KEYS)


def _curl(*options: str) -> Peer:
    def command(job: Job, _scratch: Path) -> list[str]:
        many = f"{job.url}?[1-{LARGE_A_SECOND * job.seconds}]"
        return ["curl", "-s", "-o", "/dev/null", *options, many]

    def read(usage: Usage, _scratch: Path) -> Reported:
        return Reported(usage.requests / usage.wall_s)

    return Peer("curl", command, read, ("curl", "--version"))
