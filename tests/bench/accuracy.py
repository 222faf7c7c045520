"""Whether loadgen's figures are true: pacing, a frozen server, a queue, Little's law, and a disturbed generator.

Figures are printed beside their targets; a busy machine misses them, and that says nothing about loadgen.
"""

import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hdrh.histogram import HdrHistogram

from loadgen.results.result import Result
from tests.bench.accuracy_flags import flags
from tests.bench.accuracy_runs import (
    ONE_WORKER,
    Check,
    at_most,
    close_to,
    furthest_off,
    load,
    ms,
    nearest_rank,
    per_second,
    section,
    server,
    standard_error,
    us,
)
from tests.bench.machine import awake
from tests.bench.runs import Bench
from tests.bench.servers import embedded_target, free_port, running
from tests.bench.table import Section

RATE = 1000
CONNECTIONS = "50"
FREEZE_S = 1.0
SERVICE_MS = 2.0  # loopback and two wake-ups take some 50 us: little beside it
QUEUED = ("--arrival", "poisson", "-c", "200", "--precise", *ONE_WORKER)
QUANTILES = [percent / 100 for percent in range(1, 100)]
PACED: dict[str, tuple[tuple[str, ...], dict[str, float]]] = {
    "default waiting": (ONE_WORKER, {"p99": 200, "p99_9": 2000}),
    "--precise": ((*ONE_WORKER, "--precise"), {"p99": 50}),
    "--mode threads": (("--mode", "threads", "--processes", "1"), {"p99": 200, "p99_9": 2000}),
    "--client httpx": ((*ONE_WORKER, "--client", "httpx"), {"p99": 200, "p99_9": 2000}),
}
"""Ways to pace, and the most microseconds of send lag."""


def pacing(bench: Bench, seconds: int) -> Section:
    """1,000/s: the count by the server's log, and how late requests leave; then 80 % of the most."""
    checks: list[Check] = []
    data = {}
    for name, (options, limits) in PACED.items():
        arrivals_ns, result = _paced(bench, options, seconds)
        checks += [
            _whole(name, arrivals_ns, seconds),
            _each_second(name, arrivals_ns, seconds),
            *_lags(name, result, limits),
        ]
        data[name] = {"seconds": per_second(arrivals_ns, RATE), "generator": result.generator.verdict}
    return section(
        "pacing", f"Pacing: {RATE:,}/s for {seconds} s", [*checks, *_near_the_most(bench, seconds)], [], runs=data
    )


def _paced(bench: Bench, options: Sequence[str], seconds: int) -> tuple[list[int], Result]:
    """The instants at which requests came, as the server saw them, and the Result."""
    with TemporaryDirectory(prefix="loadgen-bench-") as folder:
        log = Path(folder) / "arrivals"
        with server(bench, "--log", str(log)) as url:
            done = load(bench, url, ["-R", str(RATE), "-c", CONNECTIONS, "-d", f"{seconds}s", *options])
        return [int(line) for line in log.read_text("ascii").split()], done.figures


def _whole(name: str, arrivals_ns: Sequence[int], seconds: int) -> Check:
    return close_to(f"{name}: requests the server saw", len(arrivals_ns), RATE * seconds, 1, "")


def _each_second(name: str, arrivals_ns: Sequence[int], seconds: int) -> Check:
    worst = furthest_off(per_second(arrivals_ns, RATE), RATE, seconds)
    return at_most(f"{name}: second that is furthest off", worst, 1, "requests")


def _lags(name: str, result: Result, limits: dict[str, float]) -> list[Check]:
    lag = result.latency_ms["send_lag"]
    checks = [Check(f"{name}: send lag p50", f"{us(lag.p50) or 0:,.0f} us")]
    for quantile in ("p99", "p99_9"):
        value, what = us(getattr(lag, quantile)), f"{name}: send lag {quantile.replace('_', '.')}"
        limit = limits.get(quantile)
        checks.append(Check(what, f"{value or 0:,.0f} us") if limit is None else at_most(what, value, limit, "us"))
    return checks


def _near_the_most(bench: Bench, seconds: int) -> list[Check]:
    """Send lag at 80 % of the closed model's most."""
    with server(bench) as url:
        most = load(bench, url, ["-c", "64", "-d", "3s", *ONE_WORKER]).figures.rate.ok_rps
        rate = round(0.8 * most)
        options = ["-R", str(rate), "-c", "64", "--warmup", "1s", "-d", f"{seconds}s", *ONE_WORKER]
        result = load(bench, url, options).figures
    name = f"80 % of {most:,.0f}/s"
    sent = Check(f"{name}: sent", f"{result.rate.sent_rps:,.0f}/s", f"{rate:,}/s", result.rate.sent_rps >= 0.999 * rate)
    return [sent, *_lags(name, result, {"p99": 1000})]


def freeze(bench: Bench, seconds: int) -> Section:
    """A server that freezes for a second: what an open model must show and a closed one cannot."""
    frozen = ("--freeze-after", str(seconds * 0.4), "--freeze", str(FREEZE_S))
    with server(bench, *frozen) as url:
        opened = load(bench, url, ["-R", str(RATE), "-c", CONNECTIONS, "-d", f"{seconds}s", *ONE_WORKER]).figures
    with server(bench, *frozen) as url:
        closed = load(bench, url, ["-c", "1", "-d", f"{seconds}s", *ONE_WORKER]).figures
    response, usual = opened.latency_ms["response"], ms(closed.latency_ms["response"].p50) or 0.0
    checks = [
        at_most("open model: response p50", ms(response.p50), 1.5, "ms"),
        *(
            close_to(
                f"open model: response p{share * 100:g}",
                ms(value),
                frozen_quantile_ms(usual, FREEZE_S, seconds, share),
                0.03 * FREEZE_S * 1000,
                "ms",
            )
            for share, value in ((0.99, response.p99), (0.999, response.p99_9))
        ),
        at_most("closed, one connection: response p99", ms(closed.latency_ms["response"].p99), 1.5, "ms"),
        close_to("closed, one connection: longest", ms(closed.latency_ms["response"].max), 1000 * FREEZE_S, 50, "ms"),
    ]
    title = f"A server that freezes for {FREEZE_S:g} s in {seconds} s at {RATE:,}/s"
    return section("freeze", title, checks, ["target: max(b, b + F - (1 - q) T), b the usual response time"])


def frozen_quantile_ms(usual_ms: float, freeze_s: float, run_s: float, share: float) -> float:
    """The quantile that a freeze of `freeze_s` in a run of `run_s` must give: max(b, b + F - (1 - q) T)."""
    return max(usual_ms, usual_ms + 1000 * (freeze_s - (1 - share) * run_s))


def queue(bench: Bench, seconds: int) -> Section:
    """A single server that takes 2 ms, with Poisson arrivals: against its own log, and against M/D/1."""
    checks: list[Check] = []
    for load_share in (0.5, 0.8):
        log_ms, result = _queued(bench, load_share, seconds)
        checks += _against_log(load_share, log_ms, result)
        mean_ms = result.latency_ms["response"].mean
        tolerance_ms = 3 * standard_error(log_ms)
        checks.append(close_to(f"rho {load_share}: mean response", mean_ms, md1_ms(load_share), tolerance_ms, "ms"))
        checks.append(Check(f"rho {load_share}: mean by the server's log", f"{statistics.fmean(log_ms):.4g} ms"))
    notes = [
        "errors are of the quantiles 1 to 99 %: a Result has no latency of single requests to compare one by one",
        "the mean may be off by three standard errors, from the means of 20 batches of the log",
    ]
    return section("queue", f"A queue with a service time of {SERVICE_MS:g} ms, {seconds} s", checks, notes)


def md1_ms(load_share: float) -> float:
    """The mean response time of M/D/1: S + rho S / (2 (1 - rho))."""
    return SERVICE_MS * (1 + load_share / (2 * (1 - load_share)))


def _queued(bench: Bench, load_share: float, seconds: int) -> tuple[list[float], Result]:
    """Response times by the server's log, in the order of arrival, and the Result."""
    port = free_port()
    rate = load_share * 1000 / SERVICE_MS
    with TemporaryDirectory(prefix="loadgen-bench-") as folder:
        log = Path(folder) / "queue"
        command = [sys.executable, "-m", "loadgen", "target", "--port", str(port), "--queue-log", str(log)]
        with running(command, port, bench.layout.server), awake(bench.layout.server):
            url = f"http://127.0.0.1:{port}/queue/{SERVICE_MS:g}"
            options = ["-R", str(rate), "-d", f"{seconds}s", *QUEUED]
            result = load(bench, url, options).figures
        rows = [line.split() for line in log.read_text("ascii").splitlines()]
    return [(int(departed) - int(arrived)) / 1e6 for arrived, departed in rows], result


def _against_log(load_share: float, log_ms: Sequence[float], result: Result) -> list[Check]:
    histogram = HdrHistogram.decode(result.histograms["response"])
    ordered = sorted(log_ms)
    errors_us = sorted(
        abs(histogram.get_value_at_percentile(share * 100) - 1000 * nearest_rank(ordered, share)) for share in QUANTILES
    )
    return [
        at_most(f"rho {load_share}: median error against the log", nearest_rank(errors_us, 0.5), 50, "us"),
        at_most(f"rho {load_share}: p99 of the errors", nearest_rank(errors_us, 0.99), 250, "us"),
    ]


def little(bench: Bench, seconds: int) -> Section:
    """The closed model: N = X R."""
    checks = []
    with embedded_target(bench.layout.server) as url:
        for path, users in (("", 64), ("delay/5", 50), ("delay/20", 500)):
            length_s = max(2, seconds // 3)
            result = load(bench, f"{url}{path}", ["-c", str(users), "-d", f"{length_s}s", *ONE_WORKER]).figures
            users_in_flight = result.rate.ok_rps * (result.latency_ms["response"].mean or 0.0) / 1000
            checks.append(close_to(f"/{path}, {users} users: X R", users_in_flight, users, 0.02 * users, "users"))
    return section("little", "Little's law in the closed model: N = X R", checks)


LENGTHS_S: dict[str, tuple[Callable[[Bench, int], Section], int]] = {
    "pacing": (pacing, 30),
    "freeze": (freeze, 20),
    "queue": (queue, 30),
    "little": (little, 15),
    "flags": (flags, 5),
}
"""The parts of `accuracy`, and the length of their runs unless --seconds says otherwise."""
