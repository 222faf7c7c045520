"""The tools that loadgen is measured with: one entry each. All run on one core, in one thread if they let us."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench import readers
from tests.bench.jobs import Command, Job, Peer

ONE_CORE_GO = {"GOMAXPROCS": "1"}
RIVALS = Path(__file__).parent / "rivals"


def wrk(name: str = "wrk", threads: int = 1) -> Peer:
    """wrk, in one thread unless more are asked for."""

    def command(job: Job, scratch: Path) -> list[str]:
        options = [f"-t{threads}", f"-c{job.connections}", f"-d{job.seconds}s", "--timeout", "10s", "--latency"]
        if job.body:
            script = scratch / "post.lua"
            script.write_text(
                f'local file = io.open({json.dumps(str(job.body))}, "rb")\n'
                'wrk.method = "POST"\nwrk.body = file:read("*a")\nfile:close()\n',
                "utf-8",
            )
            options += ["-s", str(script)]
        return ["wrk", *options, *([] if job.keep_alive else ["-H", "Connection: close"]), job.url]

    return Peer(name, command, readers.wrk, ("wrk", "-v"))


def _ab(job: Job, scratch: Path) -> list[str]:
    limits = ["-t", str(job.seconds), "-n", str(400_000 * job.seconds), "-c", str(job.connections)]
    body = ["-p", str(job.body), "-T", "application/octet-stream"] if job.body else []
    return [
        "ab",
        "-q",
        "-s",
        "10",
        "-e",
        str(scratch / "percentiles.csv"),
        *limits,
        *(["-k"] if job.keep_alive else []),
        *body,
        job.url,
    ]


def _hey(job: Job, _scratch: Path) -> list[str]:
    body = ["-m", "POST", "-D", str(job.body)] if job.body else []
    reuse = [] if job.keep_alive else ["-disable-keepalive"]
    return ["hey", "-cpus", "1", "-z", f"{job.seconds}s", "-c", str(job.connections), *reuse, *body, job.url]


def _h2load(job: Job, _scratch: Path) -> list[str] | None:
    if not job.keep_alive:
        return None
    body = ["-d", str(job.body)] if job.body else []
    return ["h2load", "--h1", "-t1", "-D", str(job.seconds), "-c", str(job.connections), *body, job.url]


def _oha(job: Job, _scratch: Path) -> list[str]:
    body = ["-m", "POST", "-D", str(job.body)] if job.body else []
    reuse = [] if job.keep_alive else ["--disable-keepalive"]
    options = ["--no-tui", "--output-format", "json", "--insecure", "-z", f"{job.seconds}s"]
    return ["oha", *options, "-c", str(job.connections), *reuse, *body, job.url]


def _k6(job: Job, scratch: Path) -> list[str]:
    script = scratch / "script.js"
    sending = f"http.post({json.dumps(job.url)}, body)" if job.body else f"http.get({json.dumps(job.url)})"
    opening = f'const body = open({json.dumps(str(job.body))}, "b")\n' if job.body else ""
    options = {
        "vus": job.connections,
        "duration": f"{job.seconds}s",
        "insecureSkipTLSVerify": True,
        "discardResponseBodies": True,
        "noConnectionReuse": not job.keep_alive,
        "summaryTrendStats": ["med", "p(99)"],
    }
    script.write_text(
        f'import http from "k6/http"\n{opening}export const options = {json.dumps(options)}\n'
        f"export default function () {{ {sending} }}\n"
        "export function handleSummary(data) { return { stdout: JSON.stringify(data.metrics) } }\n",
        "utf-8",
    )
    return ["k6", "run", "--quiet", "--no-usage-report", str(script)]


def _vegeta(job: Job, scratch: Path) -> list[str]:
    """As fast as it goes, over as many workers as connections. The report is made after the run."""
    targets = scratch / "targets"
    targets.write_text(f"{'POST' if job.body else 'GET'} {job.url}\n", "utf-8")
    count = job.connections
    body = [f"-body={job.body}"] if job.body else []
    return [
        *("vegeta", "attack", f"-targets={targets}", f"-output={scratch / 'results.bin'}", f"-duration={job.seconds}s"),
        *("-rate=0", f"-workers={count}", f"-max-workers={count}", f"-connections={count}", "-insecure", "-max-body=0"),
        *(f"-keepalive={'true' if job.keep_alive else 'false'}", *body),
    ]


def _bombardier(job: Job, _scratch: Path) -> list[str]:
    body = ["-m", "POST", "-f", str(job.body)] if job.body else []
    reuse = [] if job.keep_alive else ["-H", "Connection: close"]
    options = ["-k", "-l", "-p", "r", "-o", "json", "-t", "10s", "-d", f"{job.seconds}s"]
    return ["bombardier", *options, "-c", str(job.connections), *reuse, *body, job.url]


def _autocannon(job: Job, _scratch: Path) -> list[str]:
    body = ["-m", "POST", "-i", str(job.body)] if job.body else []
    reuse = [] if job.keep_alive else ["-H", "Connection=close"]
    return ["autocannon", "--json", "-d", str(job.seconds), "-c", str(job.connections), *reuse, *body, job.url]


def _locust(job: Job, _scratch: Path) -> list[str] | None:
    if job.body or not job.keep_alive:
        return None
    count = str(job.connections)
    options = ["--headless", "--only-summary", "--json", "--loglevel", "ERROR", "-t", f"{job.seconds}s"]
    return ["locust", "-f", str(RIVALS / "locustfile.py"), *options, "-u", count, "-r", count, "--host", job.url]


def _rival(module: str) -> Command:
    def command(job: Job, _scratch: Path) -> list[str] | None:
        if job.body or not job.keep_alive:
            return None
        script = str(RIVALS / f"{module}.py")
        return [sys.executable, script, job.url, str(job.connections), str(job.seconds)]

    return command


def loadgen(name: str = "loadgen", *options: str, mode: str = "pool", processes: int = 1) -> Peer:
    """loadgen itself, with more `options`; one worker a process unless `mode` is threads."""

    def command(job: Job, scratch: Path) -> list[str]:
        workers = [] if mode == "threads" else ["--workers", "1"]
        body = ["-m", "POST", "-b", f"@{job.body}"] if job.body else []
        secure = ["-k"] if job.url.startswith("https:") else []
        reuse = [] if job.keep_alive else ["--no-keepalive"]
        return [
            *(sys.executable, "-m", "loadgen", "run", job.url, "-c", str(job.connections), "-d", f"{job.seconds}s"),
            *("--mode", mode, "--processes", str(processes), *workers, *secure, *reuse, *body, *options),
            *("--format", "json", "-q", "-o", str(scratch / "result.json")),
        ]

    return Peer(name, command, readers.loadgen, (sys.executable, "-m", "loadgen", "--version"))


WRK = wrk()
HTTP_CLIENT = Peer("http.client", _rival("http_client"), readers.rival, (sys.executable, "--version"))
HTTPX_SHARED = Peer(
    "httpx shared",
    _rival("httpx_shared"),
    readers.rival,
    (sys.executable, "-c", "import httpx; print(httpx.__version__)"),
)

PEERS: tuple[Peer, ...] = (
    WRK,
    Peer("ab", _ab, readers.ab, ("ab", "-V")),
    Peer("h2load", _h2load, readers.h2load, ("h2load", "--version")),
    Peer("hey", _hey, readers.hey, ("hey",), ONE_CORE_GO, package="hey"),
    Peer("oha", _oha, readers.oha, ("oha", "--version"), {"TOKIO_WORKER_THREADS": "1"}),
    Peer("bombardier", _bombardier, readers.bombardier, ("bombardier", "--version"), ONE_CORE_GO),
    Peer("vegeta", _vegeta, readers.vegeta, ("vegeta", "-version"), ONE_CORE_GO),
    Peer("k6", _k6, readers.k6, ("k6", "version"), ONE_CORE_GO | {"K6_NO_USAGE_REPORT": "true"}),
    Peer("autocannon", _autocannon, readers.autocannon, ("autocannon", "--version")),
    Peer("locust", _locust, readers.locust, ("locust", "--version")),
)


def find(names: Sequence[str]) -> tuple[list[Peer], list[str]]:
    """The peers of these names that are on PATH, and the names of those that are not. Raises ValueError."""
    by_name = {peer.name: peer for peer in PEERS}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise ValueError(f"unknown tools: {', '.join(unknown)}; known: {', '.join(by_name)}")
    present = [by_name[name] for name in names if shutil.which(by_name[name].executable)]
    return present, [name for name in names if by_name[name] not in present]


def version_of(peer: Peer) -> str:
    """The first number with dots in what its version command prints, else the Debian package's, else "unknown"."""
    command = list(peer.version)
    if peer.package:
        command = ["dpkg-query", "-W", "-f", "${Version}", peer.package]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except OSError:
        return "unknown"
    match = re.search(r"\d+(?:\.\d+)+[\w.+-]*", done.stdout + done.stderr)
    return match[0] if match else _go_module_version(peer.executable)


def _go_module_version(executable: str) -> str:
    """What the Go linker wrote into a program that was installed as a module."""
    program = Path(shutil.which(executable) or executable).read_bytes()
    match = re.search(rb"\nmod\t[\w./-]+\tv([\w.+-]+)", program)
    return match[1].decode("ascii") if match else "unknown"
