"""Results as runs would make them, for the texts of the reports. All figures are computed from given samples."""

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

from hdrh.histogram import HdrHistogram

from loadgen.judge.thresholds import Verdict, judge_thresholds, threshold_row
from loadgen.measure.metric_sums import MetricSums
from loadgen.plan.condition import parse_condition
from loadgen.results.journeys import CheckResult, Journeys, Kind, metric_result
from loadgen.results.requests import QUANTILES, Bytes, ErrorRow, Latency, Ledger, Quantile, RequestResult
from loadgen.results.result import Connections, Generator, Rate, Result, Second, ThresholdRow, Users, WorkerRow


def judged(expression: str, observed: float | None, verdict: Verdict, at_least: bool = False) -> ThresholdRow:
    """A threshold that a person wrote so, and how it went."""
    return threshold_row(parse_condition(expression, use="threshold"), observed, verdict, at_least)


def plan(name: str, *paths: str) -> dict[str, Any]:
    return {
        "name": name,
        "target": "http://127.0.0.1:8080",
        "requests": [{"method": "GET", "path": path} for path in paths],
    }


def lognormal_ms(count: int, median_ms: float, sigma: float, seed: int = 1) -> list[float]:
    random = Random(seed)
    return [median_ms * math.exp(random.gauss(0.0, sigma)) for _ in range(count)]


def latency(samples_ms: Iterable[float], censored_ms: Iterable[float] = ()) -> Latency:
    """Nearest-rank figures; a rank among the censored ones, which sort last, is only a lower bound."""
    values, bounds = sorted(samples_ms), sorted(censored_ms)
    every = values + bounds
    if not every:
        return Latency()

    def at(quantile: float) -> Quantile:
        rank = max(1, math.ceil(round(quantile * len(every), 6)))
        return every[rank - 1] if rank <= len(values) else {"at_least": bounds[0]}

    figures: dict[str, Any] = {name: at(quantile) for name, quantile in QUANTILES.items()}
    mean = sum(values) / len(values) if values else None
    return Latency(len(values), len(bounds), min(values, default=None), mean, **figures, max=at(1.0))


def histogram(samples_ms: Iterable[float], times: int = 1) -> str:
    recorded = HdrHistogram(1, 3_600_000_000, 3)
    for sample in samples_ms:
        recorded.record_value(max(1, round(sample * 1000)), times)
    encoded: bytes = recorded.encode()
    return encoded.decode("ascii")


@cache
def ordinary() -> Result:
    """Two thousand connections, 10 s, nothing went wrong. Each of 10,000 samples stands for 64."""
    samples = lognormal_ms(10_000, 1.02, 0.45)
    return Result(
        plan=plan("http://127.0.0.1:8080/", "/"),
        duration_s=10.0034,
        users=Users(2000, 2000, 0),
        ledger=Ledger(640_000, 640_000, 0, 640_000, 0, 0),
        rate=Rate(0.0, 63978.25, 63978.25),
        bytes=Bytes(49_516_038, 149_182_935),
        connections=Connections(opened=2000, reused=632821),
        latency_ms={
            "response": replace(latency(samples), count=640_000),
            "service": replace(latency(samples), count=640_000),
        },
        status_codes={"200": 640_000},
        requests={"GET /": RequestResult(Ledger(640_000, 640_000, 0, 640_000))},
        timeline=[Second(float(t), ok, ok) for t, ok in enumerate((58114, 63002, 64120, 63871, 64005, 63990, 64233))],
        generator=Generator(
            "pool",
            "raw",
            2,
            [WorkerRow(9.1, {"p99": 0.41, "max": 3.11}), WorkerRow(9.3, {"p99": 0.38, "max": 2.2})],
            6,
            12.46,
            82.4,
        ),
        histograms={"response": histogram(samples, 64)},
    )


def threads_with_errors() -> Result:
    """Fifty threads against a server that refuses, answers 500 and stalls at times."""
    samples, slow = lognormal_ms(3000, 8.0, 1.1), [10_000.0] * 43
    return Result(
        plan=plan("checkout", "/cart?id=7"),
        duration_s=30.001,
        warmup_s=2.0,
        users=Users(50, 50, 0),
        ledger=Ledger(4247, 4247, 0, 3000, 1241, 6),
        rate=Rate(0.0, 141.6, 99.997),
        bytes=Bytes(1_221_110, 3_911_872),
        connections=Connections(opened=91, reused=4100, failed=20, reconnected=41, idle_closed=3),
        latency_ms={
            "response": latency(samples, slow),
            "service": latency(samples, slow),
            "failed": latency(lognormal_ms(1180, 0.6, 0.2)),
        },
        status_codes={"200": 3000, "500": 1184},
        errors=[
            ErrorRow("cut", "unknown", "still running when the grace period ended", 6),
            ErrorRow("connection_refused", "target", "connection refused", 20),
            ErrorRow(
                "unexpected_status",
                "target",
                "status not among the expected ones",
                1184,
                "HTTP/1.1 500 Internal Server Error\nServer: demo\nContent-Length: 39\n\n"
                '{"error": "cart 7 could not be locked"}',
            ),
            ErrorRow("timeout", "target", "no complete reply within --timeout", 37),
        ],
        timeline=[
            Second(float(t), 140, ok, 40) for t, ok in enumerate([130] * 8 + [90, 20, 0, 0, 41, 100] + [120] * 16)
        ],
        generator=Generator("threads", "raw", 1, [WorkerRow(2.0)], 53, 160.2, 61.0),
        histograms={"response": histogram(samples)},
    )


def stopped_by_fail_fast() -> Result:
    samples = lognormal_ms(120, 2.0, 0.3)
    return Result(
        plan=plan("quickstart", "/"),
        duration_s=0.3124,
        ended_by="fail_fast",
        ended_because="10 failures (--max-errors 10)",
        ended_at_s=0.3124,
        users=Users(200, 150, 50),
        ledger=Ledger(5000, 131, 4869, 120, 11, 0),
        rate=Rate(0.0, 419.3, 384.1),
        bytes=Bytes(10218, 19912),
        connections=Connections(opened=150),
        latency_ms={"response": latency(samples), "service": latency(samples), "failed": latency([1.4] * 11)},
        status_codes={"200": 120, "503": 11},
        errors=[ErrorRow("unexpected_status", "target", "status not among the expected ones", 11, "HTTP/1.1 503 Busy")],
        generator=Generator("async", "httpx", 1, [WorkerRow(0.1, {"p99": 1.0, "max": 4.0})], 3, 671.0, 54.0),
        histograms={"response": histogram(samples)},
    )


def nothing_came_back() -> Result:
    return Result(
        plan=plan("http://127.0.0.1:8080/", "/"),
        duration_s=10.0,
        users=Users(50, 50, 0),
        ledger=Ledger(4210, 4210, 0, 0, 4210, 0),
        rate=Rate(0.0, 421.0, 0.0),
        connections=Connections(failed=4210),
        errors=[ErrorRow("connection_refused", "target", "connection refused", 4210, "127.0.0.1:8080")],
        generator=Generator("pool", "raw", 1, [WorkerRow(0.2, {"p99": 0.2, "max": 0.9})], 3, 47.0, 41.2),
    )


@cache
def open_model_censored() -> Result:
    """5,000 arrivals a second at a server that cannot keep up: three clocks, and a tail that is only a bound."""
    response = lognormal_ms(9600, 340.0, 1.0)
    service = lognormal_ms(9600, 41.0, 0.5, seed=2)
    lag = [abs(value) for value in lognormal_ms(9600, 0.06, 0.6, seed=3)]
    return Result(
        plan=plan("arrivals", "/search"),
        duration_s=20.0,
        users=Users(500, 500, 0),
        ledger=Ledger(10_400, 9700, 700, 9600, 63, 37),
        rate=Rate(520.0, 485.0, 480.0),
        bytes=Bytes(900_000, 12_300_000),
        connections=Connections(opened=500, reused=9200),
        latency_ms={
            "response": latency(response, [10_000.0] * 800),
            "service": latency(service, [10_000.0] * 100),
            "send_lag": latency(lag),
        },
        status_codes={"200": 9600},
        errors=[ErrorRow("timeout", "target", "no complete reply within --timeout", 63)],
        timeline=[Second(float(t), 485, 470 + t, 3) for t in range(20)],
        thresholds=[
            judged("p99 < 250ms", 9871.25, "fail", at_least=True),
            judged("error_rate < 5%", 0.00649, "pass"),
            judged("p99.99 < 1s", None, "no_data"),
            judged("p95 < 20s", 10_000.0, "no_data", at_least=True),
            judged("ok_rps > 400 over 5s", 472.4, "pass"),
            judged("bytes_received_per_s > 1MiB", 615_000.0, "fail"),
            judged("failed <= 63", 63.0, "pass"),
        ],
        generator=Generator(
            "pool",
            "raw",
            1,
            [WorkerRow(19.5, {"p99": 14.2, "max": 120.0})],
            3,
            15.0,
            70.0,
            verdict="limited",
            reasons=[
                "a worker used 97% of a core: the target may be able to do more than was asked of it; add --processes",
                "the generator's own delay was 14.2 ms at p99; use --processes with one worker each",
            ],
        ),
        histograms={
            "response": histogram(response),
            "response_censored": histogram([10_000.0] * 800),
            "service": histogram(service),
            "service_censored": histogram([10_000.0] * 100),
        },
    )


def several_names() -> Result:
    kinds = {"browse": (2000, 3.0), "search by a rather long and descriptive name": (800, 22.0), "buy": (200, 48.0)}
    samples = {name: lognormal_ms(count, median, 0.4) for name, (count, median) in kinds.items()}
    every = [value for values in samples.values() for value in values]
    return Result(
        plan=plan("mixed", "/", "/search", "/buy"),
        duration_s=6.0,
        users=Users(20, 20, 0),
        ledger=Ledger(3001, 3001, 0, 3000, 1, 0),
        rate=Rate(0.0, 500.2, 500.0),
        bytes=Bytes(300_000, 4_000_000),
        connections=Connections(opened=20, reused=2981),
        latency_ms={"response": latency(every), "service": latency(every), "failed": latency([51.0])},
        status_codes={"200": 2800, "201": 200, "409": 1},
        errors=[
            ErrorRow("unexpected_status", "target", "status not among the expected ones", 1, "HTTP/1.1 409 Conflict")
        ],
        requests={
            name: RequestResult(
                Ledger(
                    len(values) + (name == "buy"), len(values) + (name == "buy"), 0, len(values), int(name == "buy")
                ),
                latency_ms={"response": latency(values)},
            )
            for name, values in samples.items()
        },
        timeline=[Second(float(t), 500, 500) for t in range(6)],
        generator=Generator("pool", "raw", 1, [WorkerRow(0.3, {"p99": 0.2, "max": 1.0})], 3, 95.0, 44.0),
        histograms={"response": histogram(every)},
    )


def phases_timed() -> Result:
    """A few requests over TLS to a name, with each part of them timed."""
    first, transfer = lognormal_ms(400, 2.0, 0.3), lognormal_ms(400, 0.4, 0.5, seed=2)
    whole = [one + other for one, other in zip(first, transfer, strict=True)]
    return Result(
        plan=plan("https://localhost:8443", "/"),
        duration_s=1.0,
        users=Users(20, 20, 0),
        ledger=Ledger(400, 400, 0, 400, 0, 0),
        rate=Rate(400.0, 400.0, 400.0),
        connections=Connections(opened=20, reused=380),
        latency_ms={"response": latency(whole), "service": latency(whole)},
        phases_ms={
            "dns": latency([2.37]),
            "connect": latency(lognormal_ms(20, 0.2, 0.3)),
            "tls": latency(lognormal_ms(20, 1.9, 0.2)),
            "first_byte": latency(first),
            "transfer": latency(transfer),
        },
        generator=Generator("pool", "raw", 1, [WorkerRow(0.1, {"p99": 0.2, "max": 1.0})], 3, 95.0, 44.0),
        histograms={"response": histogram(whole)},
    )


def s3_mixed() -> Result:
    """An S3 job with several operations, of which some were refused; what it put could not be deleted."""
    names = {"get": (2006, 12.0), "stat": (1337, 4.0), "put": (668, 25.0), "delete": (445, 8.0)}
    left = (
        "NOT CLEANED UP (status 403, AccessDenied; these credentials may not do that): objects may be left under "
        "photos/loadgen/acbfd0b5/"
    )
    methods = {"get": "GET", "stat": "HEAD", "put": "PUT", "delete": "DELETE"}
    moved = {"get": 32 << 10, "put": 33 << 10}
    samples = {name: lognormal_ms(count, median_ms, 0.5) for name, (count, median_ms) in names.items()}
    every = [sample for part in samples.values() for sample in part]
    return Result(
        plan={
            "name": "s3-mixed",
            "target": "http://127.0.0.1:9000",
            "requests": [{"name": name, "method": method} for name, method in methods.items()],
            "s3": {"job": "mixed", "bucket": "photos", "sizes": [[4096, 65536, 1.0]], "objects": 100, "delete_many": 1},
            "counted": {"noun": "requests", "per_reply": 1, "total": None},
        },
        duration_s=4.002,
        users=Users(16, 16, 0),
        ledger=Ledger(4459, 4459, 0, 4456, 3, 0),
        rate=Rate(0.0, 1114.2, 1113.4),
        bytes=Bytes(24_500_000, 69_600_000),
        connections=Connections(opened=16, reused=4443),
        latency_ms={"response": latency(every), "service": latency(every)},
        status_codes={"200": 4011, "204": 445, "503": 3},
        error_codes={"SlowDown": 3},
        errors=[ErrorRow("unexpected_status", "target", "status 503, SlowDown", 3, "HTTP/1.1 503 Slow Down")],
        requests={
            name: RequestResult(
                ledger=Ledger(count + (3 if name == "put" else 0), count + (3 if name == "put" else 0), 0, count,
                              3 if name == "put" else 0),
                latency_ms={"response": latency(samples[name]), "service": latency(samples[name])},
                phases_ms={"first_byte": latency(sample * 0.9 for sample in samples[name])},
                payload_bytes=count * moved.get(name, 0),
            )
            for name, (count, _) in names.items()
        } | {"put again": RequestResult()},
        timeline=[
            Second(float(t), ok, ok, payload_bytes=ok * 20_000) for t, ok in enumerate((1075, 1157, 1118, 1106))
        ],
        generator=Generator("async", "raw", 1, [WorkerRow(1.2, {"p99": 0.7, "max": 3.4})], 1, 62.1, 60.2),
        histograms={"response": histogram(every)},
        notes=["Prepared 100 objects, 3.20 MiB, in 150ms", left],
        left_behind=[left],
    )  # fmt: skip


def s3_batch() -> Result:
    """A batch, of which one object failed and two were under way when it was stopped."""
    samples = {"get": lognormal_ms(90, 20.0, 0.3), "put": lognormal_ms(87, 30.0, 0.3)}
    every = [sample for part in samples.values() for sample in part]
    objects = lognormal_ms(87, 55.0, 0.3)
    return Result(
        plan={
            "name": "s3-images",
            "target": "http://127.0.0.1:9000",
            "s3": {"job": "batch", "bucket": "photos", "sizes": [[102400, 409600, 1.0]], "objects": 200},
            "counted": {"noun": "objects", "per_reply": 1, "total": 200},
        },
        duration_s=0.53,
        ended_by="fail_fast",
        ended_because="1 failed request reached the limit of 1",
        ended_at_s=0.52,
        users=Users(16, 16, 0),
        ledger=Ledger(178, 178, 0, 177, 1, 0),
        rate=Rate(0.0, 335.8, 333.9),
        bytes=Bytes(22_000_000, 22_700_000),
        connections=Connections(opened=16, reused=162),
        latency_ms={"response": latency(every), "service": latency(every)},
        status_codes={"200": 177, "503": 1},
        error_codes={"SlowDown": 1},
        errors=[ErrorRow("unexpected_status", "target", "status 503, SlowDown", 1, "HTTP/1.1 503 Slow Down")],
        requests={
            name: RequestResult(
                ledger=Ledger(90, 90, 0, 90) if name == "get" else Ledger(88, 88, 0, 87, 1, 0),
                latency_ms={"response": latency(samples[name]), "service": latency(samples[name])},
                phases_ms={"first_byte": latency(sample * 0.9 for sample in samples[name])},
                payload_bytes=(250 << 10) * len(samples[name]),
            )
            for name in samples
        },
        transactions={
            "object": RequestResult(
                ledger=Ledger(90, 90, 0, 87, 1, 2),
                latency_ms={"response": latency(objects, [140.0, 170.0]), "service": latency(objects, [140.0, 170.0])},
                payload_bytes=(250 << 10) * 87,
            )
        },
        generator=Generator("threads", "raw", 1, [WorkerRow(0.3, {"p99": 0.7, "max": 3.4})], 17, 1620.1, 70.2),
        histograms={"response": histogram(every)},
        notes=["Batch: 87 objects done, 1 failed, 112 skipped"],
    )


def _named(kind: Kind, samples: list[float], failed: int = 0, unknown: int = 0, **more: Any) -> RequestResult:
    ok = len(samples)
    times, sent = latency(samples, [1500.0] * unknown), ok + failed + unknown
    return RequestResult(
        ledger=Ledger(sent, sent, 0, ok, failed, unknown),
        latency_ms={"response": times, "service": times},
        histograms={"response": histogram(samples), "service": histogram(samples)},
        kind=kind,
        **more,
    )


@cache
def shop() -> Result:
    """Two journeys of which one pays, with a group, a call, a check, metrics, and an exception of the script's."""
    script = ErrorRow(
        "script_error", "generator", "KeyError: 'price' (shop.py:31, in buy)", 2,
        'Traceback (most recent call last):\n  File "shop.py", line 31, in buy\n    item["price"]\nKeyError: \'price\'',
    )  # fmt: skip
    checked = ErrorRow("check_failed", "target", "AssertionError: order is not done (shop.py:38, in buy)", 3)
    timeout = ErrorRow("timeout", "target", "no reply in time", 4)
    refused = ErrorRow("unexpected_status", "target", "status 401", 1)
    pay = lognormal_ms(171, 80.0, 0.4, 5)
    every = lognormal_ms(6000, 5.0, 0.5)
    basket = MetricSums(unit="EUR")
    basket.add([20.0, 34.5, 12.25, 99.0, 34.5, 7.0])
    clicks = MetricSums("count")
    clicks.add([1.0] * 5400)
    mobile = MetricSums("share")
    mobile.add([1.0, 0.0, 0.0, 1.0, 0.0])
    expressions = ("buy/pay:p95 < 300ms", "basket:mean > 20", "total is positive:ok_rate > 99.9%", "serch:p99 < 1s")
    conditions = [parse_condition(text, use="threshold") for text in expressions]
    result = Result(
        plan={
            "name": "shop.py",
            "target": "http://127.0.0.1:8080",
            "requests": [],
            "scenario": {
                "file": "shop.py",
                "journeys": [{"name": "browse", "weight": 9.0}, {"name": "buy", "weight": 1.0}],
            },
            "counted": {"noun": "journeys", "per_reply": 1, "total": None},
            "thresholds": list(expressions),
        },
        duration_s=10.002,
        users=Users(20, 20, 0),
        ledger=Ledger(6010, 6010, 0, 6004, 4, 2),
        rate=Rate(600.8, 600.8, 600.4),
        bytes=Bytes(900_000, 4_200_000),
        connections=Connections(opened=20, reused=5990),
        latency_ms={"response": latency(every, [1500.0] * 6), "service": latency(every, [1500.0] * 6)},
        status_codes={"200": 5600, "201": 404},
        errors=[timeout],
        requests={
            "browse/search": _named("request", lognormal_ms(1650, 9.0, 0.4, 2)),
            "browse/GET /items/{}": _named("request", lognormal_ms(3802, 3.0, 0.4, 3), 0, 2),
            "buy/POST /cart": _named("request", lognormal_ms(182, 4.0, 0.4, 4)),
            "buy/pay": _named("request", pay, 4, errors=[timeout]),
            "GET /shipping": _named("request", lognormal_ms(195, 4.0, 0.4, 6)),
        },
        transactions={
            "browse": _named("journey", lognormal_ms(1648, 20.0, 0.3, 7), 0, 2),
            "buy": _named("journey", lognormal_ms(166, 100.0, 0.3, 8), 9, 0, errors=[timeout, checked, script]),
            "buy/checkout": _named("group", lognormal_ms(171, 90.0, 0.3, 9), 4),
            "buy/find order": _named("call", lognormal_ms(171, 2.0, 0.3, 10)),
        },
        setup={"per_user/POST /login": _named("request", lognormal_ms(19, 6.0, 0.3, 11), 1, errors=[refused])},
        journeys=Journeys(1825, 1825, 0, 1814, 9, 2),
        journey_rate=Rate(182.3, 182.3, 181.4),
        checks={"total is positive": CheckResult(170, 1)},
        metrics={
            "basket": metric_result(basket), "clicks": metric_result(clicks), "mobile": metric_result(mobile),
        },
        timeline=[Second(float(t), ok, ok) for t, ok in enumerate((581, 602, 641, 638, 600, 599, 602, 610, 580, 551))],
        generator=Generator(
            "pool", "raw", 1, [WorkerRow(0.9, {"p99": 0.41, "max": 3.11})], 2, 22.4, 48.0, verdict="limited",
            reasons=["2 exceptions of the scenario's own code: the load is less than was meant"],
        ),
        histograms={"response": histogram(every)},
    )  # fmt: skip
    return replace(result, thresholds=judge_thresholds(result, conditions))


EVERY_RESULT = {
    "ordinary": ordinary,
    "threads_with_errors": threads_with_errors,
    "fail_fast": stopped_by_fail_fast,
    "nothing_came_back": nothing_came_back,
    "open_model": open_model_censored,
    "several_names": several_names,
    "phases": phases_timed,
    "s3": s3_mixed,
    "s3_batch": s3_batch,
    "shop": shop,
    "empty": Result,
}
