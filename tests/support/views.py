"""What the full-screen view is told of a run, made of given samples."""

import math
from dataclasses import replace
from random import Random

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import ConnectionCounts
from loadgen.measure.histogram import Histogram
from loadgen.measure.progress import RunSecond, Snapshot
from loadgen.measure.recording import ErrorCount, Tally
from loadgen.observe.view.lines import View
from loadgen.observe.view.run_figures import RunFigures
from loadgen.plan.condition import parse_condition
from loadgen.plan.plan import Plan

RUNNING = Snapshot(45.4, 60.0, None, 36_000, 803.2, 38.8, 57, 20, 20, "running")
THRESHOLDS = ("p99 < 50ms", "error_rate < 1%", "pay:p99 < 20ms", "p50 < 30ms over 10s", "nobody:p99 < 1s")
NAMES = ("login", "search", "pay", "look at an item with a rather long name", "logout")


def tally(count: int, median_ms: float, failed: int, random: Random) -> Tally:
    made = Tally(ok=count - failed, failed=failed, statuses={200: count - failed})
    clock = made.clock("service")
    for _ in range(count - failed):
        clock.add(round(1000 * median_ms * math.exp(random.gauss(0.0, 0.6))))
    if failed:
        made.statuses[503] = failed
        made.errors[ErrorClass.UNEXPECTED_STATUS] = ErrorCount(
            failed, "status 503", "HTTP/1.1 503 Busy\nRetry-After: 1"
        )
    return made


def second(t_s: int, names: int = 5, seed: int = 1) -> RunSecond:
    """About 800 requests; in some seconds the third name fails now and then, and everything is slow at 30 s."""
    random = Random(seed * 1000 + t_s)
    requests = {}
    for number in range(names):
        name = NAMES[number] if number < len(NAMES) else f"name {number}"
        count = random.randrange(140, 180) - (100 if t_s == 30 else 0)
        failed = 9 if number == 2 and t_s % 7 == 3 else 0
        requests[name] = tally(count, 4.0 * (number + 1) * (5 if t_s == 30 else 1), failed, random)
    lag = Histogram([(120, 90), (400, 10)])
    return RunSecond(t_s, 20, requests, {}, ConnectionCounts(), lag)


def run_figures(plan: Plan, seconds: int = 45, names: int = 5) -> RunFigures:
    made = RunFigures(replace(plan, thresholds=tuple(parse_condition(text, use="threshold") for text in THRESHOLDS)))
    for t_s in range(seconds):
        made.add(second(t_s, names))
    return made


def view(plan: Plan, seconds: int = 45, names: int = 5, most: int = 40) -> View:
    """Of a run that has lasted so long."""
    known = run_figures(plan, seconds, names)
    return View(
        title="GET http://127.0.0.1:8080, 5 kinds of requests",
        shape="20 connections · pool, 2 processes x 1 worker · raw client",
        snapshot=RUNNING,
        course=known.course,
        so_far=known.result(most, last=True),
        names=known.names,
        lag_ms=known.lag_ms,
        offered_rps=800.0,
        most_rps=800.0,
    )
