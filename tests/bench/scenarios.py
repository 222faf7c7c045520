"""Scenarios that compare: each runs loadgen and a rival in turn on the same job, and states the targets."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import peers, profiles
from tests.bench.compare import Goal, Pairs, alternate, interleave
from tests.bench.jobs import Job, Peer
from tests.bench.peers import WRK, loadgen, wrk
from tests.bench.runs import Bench
from tests.bench.servers import embedded_target, nginx
from tests.bench.table import Section, amount, comparison

CPU = "cpu_us_net"
MANY = (2_000, 10_000)
SCALE = (1, 10, 100, 1_000, 5_000, 10_000)
SCALE_NOTE = "closed loop, keep-alive GET of 12 bytes from nginx with one worker on the other core"


def _label(connections: int) -> str:
    return "1 connection" if connections == 1 else f"{connections:,} connections"


def _verdicts(goals: Sequence[Goal], compared: Sequence[Pairs]) -> list[str]:
    return [goal.verdict(compared) for goal in goals]


def http(bench: Bench, others: Sequence[Peer]) -> Section:
    """Keep-alive GET of 12 bytes: every tool at 64 connections, wrk at 2,000 and 10,000 too."""
    compared = []
    with nginx(bench.layout.server) as server:
        job = Job(f"{server.url}/12", seconds=bench.seconds)
        for other in others:
            compared.append(interleave(bench, _label(64), loadgen(), other, job, server.count))
        for connections in MANY if WRK in others else ():
            many = Job(job.url, connections, bench.seconds)
            compared.append(interleave(bench, _label(connections), loadgen(), WRK, many, server.count))
    goals = [
        Goal("64 connections: CPU a request, ratio to wrk", _label(64), "wrk", CPU, at_most=1.05),
        Goal("2,000 connections: ratio to wrk", _label(2_000), "wrk", CPU, at_most=0.95),
        Goal("10,000 connections: ratio to wrk", _label(10_000), "wrk", CPU, at_most=0.9),
        Goal("throughput against Locust", _label(64), "locust", "rps", at_least=12),
        Goal("throughput against hey", _label(64), "hey", "rps", at_least=2),
        Goal("throughput against autocannon", _label(64), "autocannon", "rps", at_least=2),
    ]
    notes = [*_verdicts(goals, compared), *_memory_notes(compared)]
    return comparison("http", "HTTP, keep-alive GET of 12 bytes", compared, notes)


def _memory_notes(compared: Sequence[Pairs]) -> list[str]:
    """The peak at 10,000 connections: largest of the runs."""
    runs = [run for pairs in compared if pairs.label == _label(10_000) for run in pairs.ours]
    sizes = [run.peak_rss_mb for run in runs if run.peak_rss_mb is not None and not run.problem]
    if not sizes:
        return []
    return [
        f"10,000 connections: peak memory <= 60 MB: {max(sizes):.1f} MB: {'met' if max(sizes) <= 60 else 'NOT met'}"
    ]


def tls(bench: Bench, others: Sequence[Peer]) -> Section:
    """The same over TLS, 64 connections, handshakes done before the steady part."""
    with nginx(bench.layout.server) as server:
        job = Job(f"{server.tls_url}/12", seconds=bench.seconds)
        compared = [interleave(bench, _label(64), loadgen(), other, job, server.count) for other in others]
    goal = Goal("HTTPS, 64 connections: ratio to wrk", _label(64), "wrk", CPU, at_most=1.0)
    return comparison("tls", "HTTPS, keep-alive GET of 12 bytes", compared, [goal.verdict(compared)])


def sizes(bench: Bench, others: Sequence[Peer]) -> Section:
    """Larger replies, and an upload that nginx reads to its end before it answers."""
    compared = []
    with nginx(bench.layout.server) as server, TemporaryDirectory(prefix="loadgen-bench-") as folder:
        body = Path(folder) / "body"
        body.write_bytes(b"x" * (10 << 10))
        jobs = {
            "GET 10 KiB": Job(f"{server.url}/10k", seconds=bench.seconds),
            "GET 1 MiB": Job(f"{server.url}/1m", seconds=bench.seconds),
            "POST 10 KiB": Job(f"{server.url}/post", seconds=bench.seconds, body=body),
        }
        for label, job in jobs.items():
            compared += [interleave(bench, label, loadgen(), other, job, server.count) for other in others]
    goals = [Goal(f"{label}: CPU a request, ratio to wrk", label, "wrk", CPU, at_most=1.1) for label in jobs]
    return comparison("sizes", "Larger replies and uploads, 64 connections", compared, _verdicts(goals, compared))


def noreuse(bench: Bench, others: Sequence[Peer]) -> Section:
    """A connection for each request."""
    with nginx(bench.layout.server) as server:
        job = Job(f"{server.url}/12", seconds=bench.seconds, keep_alive=False)
        compared = [interleave(bench, _label(64), loadgen(), other, job, server.count) for other in others]
    goal = Goal("connection per request: ratio to wrk", _label(64), "wrk", CPU, at_most=1.1)
    return comparison("noreuse", "A connection for each request, 64 at a time", compared, [goal.verdict(compared)])


def threads(bench: Bench, _others: Sequence[Peer]) -> Section:
    """A blocking client in each thread, beside wrk and the standard library; then 2,000 threads."""
    ours = loadgen("loadgen threads", mode="threads")
    with nginx(bench.layout.server) as server:
        job = Job(f"{server.url}/12", seconds=bench.seconds)
        compared = [
            interleave(bench, "64 threads", ours, other, job, server.count) for other in (WRK, peers.HTTP_CLIENT)
        ]
        many = bench.measure(ours, Job(job.url, 2_000, bench.seconds), server.count)
    goals = [
        Goal("64 threads: CPU a request, ratio to wrk", "64 threads", "wrk", CPU, at_most=1.5),
        Goal("64 threads: throughput against http.client", "64 threads", "http.client", "rps", at_least=8),
    ]
    opening_s = many.extra.get("opening_s")
    met = opening_s is not None and opening_s <= 5 and not many.errors and many.extra.get("started") == 2_000
    reached = many.problem or (
        f"{many.extra.get('started', 0):,.0f} started in {amount(opening_s, 2)} s, {many.errors} errors, "
        f"{amount(many.rps, 0)} req/s, {amount(many.peak_rss_mb, 0)} MB, p99 {amount(many.p99_ms, 1)} ms"
    )
    notes = [
        *_verdicts(goals, compared),
        f"2,000 threads within 5 s, 0 errors: {reached}: {'met' if met else 'NOT met'}",
    ]
    return comparison("threads", "threads mode, raw client", compared, notes)


def httpx(bench: Bench, _others: Sequence[Peer]) -> Section:
    """httpx with a client for each user, beside one AsyncClient that all users share."""
    label = _label(100)
    with nginx(bench.layout.server) as server:
        job = Job(f"{server.url}/12", 100, bench.seconds)
        ours = loadgen("loadgen httpx", "--client", "httpx")
        compared = [interleave(bench, label, ours, peers.HTTPX_SHARED, job, server.count)]
    goal = Goal(
        "httpx, 100 connections, against one AsyncClient: throughput", label, "httpx shared", "rps", at_least=10
    )
    return comparison("httpx", "httpx client", compared, [goal.verdict(compared)])


def processes(bench: Bench, _others: Sequence[Peer]) -> Section:
    """Two processes with two nginx workers on two cores, beside one of each on a core of its own; and wrk likewise."""
    both = bench.layout.both
    pair, single = loadgen("loadgen 2 processes", processes=2), loadgen("loadgen 1 process")
    with nginx(both) as two, nginx(bench.layout.server) as one:
        wide, narrow = Job(f"{two.url}/12", 128, bench.seconds), Job(f"{one.url}/12", 64, bench.seconds)
        compared = [
            alternate(
                "64 connections a process",
                bench.pairs,
                lambda more=more: bench.measure(more, wide, two.count, both),  # type: ignore[misc]
                lambda one_core=one_core: bench.measure(one_core, narrow, one.count),  # type: ignore[misc]
            )
            for more, one_core in ((pair, single), (wrk("wrk 2 threads", threads=2), WRK))
        ]
    goal = Goal("two processes: CPU a request against one", compared[0].label, single.name, CPU, at_most=1.1)
    notes = [goal.verdict(compared), f"the same of wrk's threads: {compared[1].ratio(CPU)}"]
    return comparison("processes", "Two processes", compared, notes)


def templates(bench: Bench, _others: Sequence[Peer]) -> Section:
    """Ten weighted requests: with values that change per request, with fixed ones, and beside them one plain GET."""
    label = _label(64)
    with nginx(bench.layout.server) as server, TemporaryDirectory(prefix="loadgen-bench-") as folder:
        changing, fixed = (
            Job(str(write(Path(folder), server.url)), seconds=bench.seconds)
            for write in (profiles.changing, profiles.fixed)
        )
        plain = Job(f"{server.url}/12", seconds=bench.seconds)
        ours = loadgen("loadgen ${...}")
        compared = [
            alternate(
                label,
                bench.pairs,
                lambda: bench.measure(ours, changing, server.count),
                lambda peer=peer, job=job: bench.measure(peer, job, server.count),  # type: ignore[misc]
            )
            for peer, job in ((loadgen("loadgen fixed"), fixed), (loadgen("loadgen one GET"), plain))
        ]
    goal = Goal("values that change: CPU a request against fixed ones", label, "loadgen fixed", CPU, at_most=1.5)
    return comparison("templates", "Ten weighted requests", compared, [goal.verdict(compared)])


def target(bench: Bench, others: Sequence[Peer]) -> Section:
    """The embedded target under the same tools; it counts nothing for us, so there is no CPU a request."""
    with embedded_target(bench.layout.server) as url:
        job = Job(url, seconds=bench.seconds)
        compared = [interleave(bench, _label(64), loadgen(), other, job) for other in others]
    return comparison("target", "The embedded target", compared)


def scale(bench: Bench, others: Sequence[Peer]) -> Section:
    """From 1 to 10,000 connections: what the README shows and a plot reads."""
    with nginx(bench.layout.server) as server:
        compared = [
            interleave(
                bench, _label(count), loadgen(), other, Job(f"{server.url}/12", count, bench.seconds), server.count
            )
            for count in SCALE
            for other in others
        ]
    return comparison("scale", "From 1 to 10,000 connections", compared, [SCALE_NOTE])
