"""Scenarios that look at loadgen alone: recording, starting, opening connections, memory."""

import os
import shutil
import socket
import statistics
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.bench.jobs import Job
from tests.bench.machine import pinned
from tests.bench.measure import Sample, run
from tests.bench.peers import loadgen
from tests.bench.profiles import distinct_urls
from tests.bench.runs import Bench
from tests.bench.servers import nginx
from tests.bench.table import Section, amount

FOLD_EVERY = 1000
STARTS = 10
FIRST_BYTE = "first byte on the wire"
START_LIMITS_S = {"loadgen --version": 0.2, "loadgen --help": 0.35, FIRST_BYTE: 0.5}
REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
SETTLED_AFTER = 100_000
ANSWER_TIMEOUT_S = 30


def _verdict(met: bool) -> str:
    return "met" if met else "NOT met"


def recording(bench: Bench) -> Section:
    """The cost of one sample: appended as the reactor does it, folded every 1,000, taken once a run."""
    rows, notes = [], []
    for spread_ms in (1, 100):
        times_us = [_sample_cost_us(spread_ms, rounds=300) for _ in range(bench.pairs)]
        middle = statistics.median(times_us)
        rows.append((f"{spread_ms} ms", amount(middle, 3), amount(min(times_us), 3), amount(max(times_us), 3)))
        notes.append(f"a sample at a spread of {spread_ms} ms <= 0.15 us: {middle:.3f} us: {_verdict(middle <= 0.15)}")
    return Section("recording", "Recording one sample", ("spread", "median us", "lowest", "highest"), rows, notes)


def _sample_cost_us(spread_ms: int, rounds: int) -> float:
    from loadgen.measure.recorder import Recorder

    random = Random(spread_ms)
    batches = [[random.randrange(50_000, 50_000 + spread_ms * 1_000_000) for _ in range(FOLD_EVERY)] for _ in range(50)]
    recorder = Recorder(lambda head: head.decode("latin-1"), paced=False)
    replies = recorder.replies(0, 200, None)
    with pinned(frozenset({min(os.sched_getaffinity(0))})):
        started = time.process_time_ns()
        for number in range(rounds):
            add = replies.samples.append
            for latency_ns in batches[number % len(batches)]:
                add(latency_ns)
            recorder.fold()
        recorder.take()
        return (time.process_time_ns() - started) / (rounds * FOLD_EVERY) / 1000


def startup(bench: Bench) -> Section:
    """From exec to exit of two commands, and from exec to the first byte that a server gets."""
    script = shutil.which("loadgen", path=str(Path(sys.executable).parent))
    command = [script] if script else [sys.executable, "-m", "loadgen"]
    rows, notes, data = [], [], {}
    for name, limit_s in START_LIMITS_S.items():
        times_s = [start_s(bench, name, command) for _ in range(STARTS)]
        bench.log(f"{name}: {min(times_s):.3f} s at best")
        middle = statistics.median(times_s)
        rows.append((name, amount(middle, 3), amount(min(times_s), 3), amount(max(times_s), 3)))
        notes.append(f"{name} <= {limit_s:g} s: {middle:.3f} s: {_verdict(middle <= limit_s)}")
        data[name] = times_s
    return Section("startup", f"Starting, {STARTS} times", ("what", "median s", "lowest", "highest"), rows, notes, data)


def start_s(bench: Bench, name: str, command: list[str], environment: Mapping[str, str] | None = None) -> float:
    """One of START_LIMITS_S: from spawn to exit, or to the first byte. Raises RuntimeError if the command fails."""
    if name == FIRST_BYTE:
        return _first_byte_s(bench, command, environment)
    return _life_s(bench, [*command, name.removeprefix("loadgen ")], environment)


def _life_s(bench: Bench, command: list[str], environment: Mapping[str, str] | None) -> float:
    with TemporaryDirectory(prefix="loadgen-bench-") as folder:
        usage = run(command, bench.layout.generator, Path(folder), environment=environment)
    if usage.exit_code:
        raise RuntimeError(f"{' '.join(command)} failed: {(usage.stderr + usage.stdout).strip()[-300:]}")
    return usage.wall_s


def _first_byte_s(bench: Bench, command: list[str], environment: Mapping[str, str] | None) -> float:
    """From spawn to the first bytes that arrive at a listening socket, which then answers once."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        listener.settimeout(ANSWER_TIMEOUT_S)
        arrival = pool.submit(_first_arrival_s, listener)
        started_s = time.monotonic()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        _life_s(bench, [*command, "run", url, "-c", "1", "-n", "1", "-q"], environment)
        return arrival.result() - started_s


def _first_arrival_s(listener: socket.socket) -> float:
    connection, _address = listener.accept()
    with connection:
        connection.recv(65536)
        arrived_s = time.monotonic()
        connection.sendall(REPLY)
        return arrived_s


def opening(bench: Bench) -> Section:
    """10,000 connections to an nginx as it comes: a backlog of 511, one accept at a time."""
    rows, notes, worst_s, overflows = [], list[str](), 0.0, 0
    peer = loadgen()
    for _ in range(bench.pairs):
        with nginx(bench.layout.server, backlog=511, multi_accept=False) as server:
            before = overflowed()
            result = bench.measure(peer, Job(f"{server.url}/12", 10_000, bench.seconds), server.count)
            lost = overflowed() - before
        if result.problem:
            notes.append(result.problem)
            break
        opening_s = result.extra.get("opening_s", 0.0)
        worst_s, overflows = max(worst_s, opening_s), overflows + lost
        rows.append((f"{result.connections:,}", amount(opening_s, 2), str(lost), str(result.errors)))
    met = bool(worst_s) and worst_s <= 3 and not overflows
    reached = f"{worst_s:.2f} s, {overflows} overflows" if rows else "not measured"
    notes.insert(0, f"opening 10,000 connections <= 3 s, no overflow: {reached}: {_verdict(met)}")
    columns = ("connections seen", "opening s", "listen overflows", "errors")
    return Section("opening", "Opening 10,000 connections, backlog 511", columns, rows, notes)


def overflowed() -> int:
    """How often the kernel found a full accept queue since it started (TcpExt ListenOverflows)."""
    lines = Path("/proc/net/netstat").read_text("ascii").splitlines()
    names, values = (line.split() for line in lines if line.startswith("TcpExt:"))
    return int(values[names.index("ListenOverflows")])


def memory(bench: Bench, requests: int) -> Section:
    """The growth of one long run over 10,000 distinct URLs, after the first 100,000 requests."""
    with nginx(bench.layout.server) as server, TemporaryDirectory(prefix="loadgen-bench-") as folder:
        scratch = Path(folder)
        profile = distinct_urls(scratch, server.url)
        command = [
            *(sys.executable, "-m", "loadgen", "run", str(profile), "-c", "64", "-n", str(requests), "-d", "3600s"),
            *("--mode", "pool", "--processes", "1", "--workers", "1", "--format", "json", "-q"),
            *("-o", str(scratch / "result.json")),
        ]
        usage = run(command, bench.layout.generator, scratch, counter=server.count, timeout_s=requests / 5_000 + 60)
    title = f"Memory over {requests:,} requests and 10,000 URLs"
    if usage.exit_code:
        return Section("memory", title, notes=[f"exit {usage.exit_code}: {usage.stderr.strip()[-300:]}"])
    samples = _running(usage.samples)
    growth_mb = samples[-1].rss_mb - samples[0].rss_mb if samples else 0.0
    rows = [(f"{s.count.requests:,}", amount(s.t_s, 1), amount(s.rss_mb, 1)) for s in thinned(samples, 12)]
    met = bool(samples) and growth_mb <= 5 and usage.requests >= requests
    notes = [f"growth after {SETTLED_AFTER:,} requests <= 5 MB: {growth_mb:.1f} MB: {_verdict(met)}"]
    data = {"samples": [(s.t_s, s.count.requests, s.rss_mb) for s in usage.samples], "peak_rss_mb": usage.peak_rss_mb}
    return Section("memory", title, ("requests", "seconds", "memory MB"), rows, notes, data)


def _running(samples: tuple[Sample, ...]) -> list[Sample]:
    """From the 100,000th request to the last sample that still saw requests come."""
    last = samples[-1].count.requests if samples else 0
    return [s for s in samples if s.count.requests >= SETTLED_AFTER and (s.count.requests < last or s is samples[-1])]


def thinned(samples: list[Sample], count: int) -> list[Sample]:
    """At most `count` of them, evenly spaced, with the first and the last."""
    if len(samples) <= count:
        return samples
    return [samples[round(index * (len(samples) - 1) / (count - 1))] for index in range(count)]
