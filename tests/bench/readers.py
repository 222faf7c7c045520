"""How each tool's output is read: requests a second, p50 and p99 in milliseconds, errors."""

import csv
import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.bench.jobs import Reported
from tests.bench.measure import Usage

UNIT_MS = {"us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "m": 60e3, "secs": 1e3}


def number(pattern: str, text: str) -> float:
    """The first group of `pattern`. Raises ValueError if it is not there."""
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"no {pattern!r} in its output")
    return float(match[1])


def count(pattern: str, text: str) -> int:
    """All first groups of `pattern` added up; 0 if there is none."""
    return sum(int(number) for number in re.findall(pattern, text))


def time_ms(pattern: str, text: str) -> float | None:
    """A time with its unit, in the first two groups of `pattern`; None if it is not there."""
    match = re.search(pattern, text)
    return float(match[1]) * UNIT_MS[match[2]] if match else None


def wrk(usage: Usage, _scratch: Path) -> Reported:
    """The text of `wrk --latency`."""
    text = usage.stdout
    return Reported(
        rps=number(r"Requests/sec:\s+([\d.]+)", text),
        p50_ms=time_ms(r"50%\s+([\d.]+)(\w+)", text),
        p99_ms=time_ms(r"99%\s+([\d.]+)(\w+)", text),
        errors=count(r"(?:connect|read|write|timeout) (\d+)", text) + count(r"Non-2xx or 3xx responses: (\d+)", text),
    )


def ab(usage: Usage, scratch: Path) -> Reported:
    """The text of ab with the percentiles of its `-e` file, which have more digits."""
    with (scratch / "percentiles.csv").open(encoding="utf-8") as file:
        times = {percent: float(ms) for percent, ms in csv.reader(file) if percent.isdigit()}
    return Reported(
        rps=number(r"Requests per second:\s+([\d.]+)", usage.stdout),
        p50_ms=times.get("50"),
        p99_ms=times.get("99"),
        errors=count(r"Failed requests:\s+(\d+)", usage.stdout) + count(r"Non-2xx responses:\s+(\d+)", usage.stdout),
    )


def hey(usage: Usage, _scratch: Path) -> Reported:
    """The text of hey."""
    text = usage.stdout
    errors = text.partition("Error distribution")[2]
    return Reported(
        rps=number(r"Requests/sec:\s+([\d.]+)", text),
        p50_ms=time_ms(r"50%+ in ([\d.]+) (\w+)", text),
        p99_ms=time_ms(r"99%+ in ([\d.]+) (\w+)", text),
        errors=count(r"\[(\d+)\]", errors) + count(r"\[[45]\d\d\]\s+(\d+) responses", text),
    )


def h2load(usage: Usage, _scratch: Path) -> Reported:
    """The text of h2load, which has no percentiles."""
    text = usage.stdout
    return Reported(
        rps=number(r"finished in .*?, ([\d.]+) req/s", text),
        errors=count(r"(\d+) failed", text),
    )


def oha(usage: Usage, _scratch: Path) -> Reported:
    """The JSON of oha. Requests cut at the end are not errors."""
    result = json.loads(usage.stdout)
    cut = result["errorDistribution"].get("aborted due to deadline", 0)
    bad = sum(times for status, times in result["statusCodeDistribution"].items() if status >= "400")
    return Reported(
        rps=result["summary"]["requestsPerSec"],
        p50_ms=result["latencyPercentiles"]["p50"] * 1e3,
        p99_ms=result["latencyPercentiles"]["p99"] * 1e3,
        errors=sum(result["errorDistribution"].values()) - cut + bad,
    )


def k6(usage: Usage, _scratch: Path) -> Reported:
    """The JSON that our script's handleSummary prints."""
    metrics = json.loads(usage.stdout)
    duration = metrics["http_req_duration"]["values"]
    return Reported(
        rps=metrics["http_reqs"]["values"]["rate"],
        p50_ms=duration["med"],
        p99_ms=duration["p(99)"],
        errors=metrics["http_req_failed"]["values"]["passes"],
    )


def vegeta(_usage: Usage, scratch: Path) -> Reported:
    """Its results file, read by `vegeta report` after the measured run."""
    command = ["vegeta", "report", "-type=json", str(scratch / "results.bin")]
    result = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return Reported(
        rps=result["throughput"],
        p50_ms=result["latencies"]["50th"] / 1e6,
        p99_ms=result["latencies"]["99th"] / 1e6,
        errors=round(result["requests"] * (1 - result["success"])),
    )


def bombardier(usage: Usage, _scratch: Path) -> Reported:
    """The JSON of bombardier, whose latencies are microseconds."""
    result = json.loads(usage.stdout)["result"]
    good = result["req1xx"] + result["req2xx"] + result["req3xx"]
    return Reported(
        rps=good / result["timeTakenSeconds"],
        p50_ms=result["latency"]["percentiles"]["50"] / 1e3,
        p99_ms=result["latency"]["percentiles"]["99"] / 1e3,
        errors=result["req4xx"] + result["req5xx"] + result["others"],
    )


def autocannon(usage: Usage, _scratch: Path) -> Reported:
    """The JSON of autocannon, whose latencies are whole milliseconds."""
    result = json.loads(usage.stdout)
    return Reported(
        rps=result["requests"]["total"] / result["duration"],
        p50_ms=result["latency"]["p50"],
        p99_ms=result["latency"]["p99"],
        errors=result["errors"] + result["timeouts"] + result["non2xx"],
    )


def locust(usage: Usage, _scratch: Path) -> Reported:
    """The JSON of Locust: a table from milliseconds to how many, and the first and last instant."""
    entries = json.loads(usage.stdout)
    total = sum(entry["num_requests"] for entry in entries)
    elapsed_s = max(entry["last_request_timestamp"] for entry in entries) - min(e["start_time"] for e in entries)
    times = [(float(ms), n) for entry in entries for ms, n in entry["response_times"].items()]
    return Reported(
        rps=total / elapsed_s,
        p50_ms=weighted_quantile(times, 0.50),
        p99_ms=weighted_quantile(times, 0.99),
        errors=sum(entry["num_failures"] for entry in entries),
    )


def weighted_quantile(values: Iterable[tuple[float, int]], share: float) -> float | None:
    """Nearest rank over (value, how many) pairs."""
    ordered = sorted(values)
    missing = share * sum(times for _value, times in ordered)
    for value, times in ordered:
        missing -= times
        if missing <= 0:
            return value
    return None


def rival(usage: Usage, _scratch: Path) -> Reported:
    """The JSON of the scripts in rivals/."""
    return Reported(**json.loads(usage.stdout))


def loadgen(_usage: Usage, scratch: Path) -> Reported:
    """The Result file."""
    result = json.loads((scratch / "result.json").read_text("utf-8"))
    latency, generator = result["latency_ms"]["response"], result["generator"]
    extra = {
        "opening_s": result["opening_s"],
        "started": result["users"]["started"],
        "peak_rss_mb": generator["peak_rss_mb"],
        "cpu_us_self": generator["cpu_us_per_request"],
    }
    return Reported(
        rps=result["rate"]["ok_rps"],
        p50_ms=_quantile(latency["p50"]),
        p99_ms=_quantile(latency["p99"]),
        errors=result["ledger"]["failed"] + result["connections"]["failed"],
        extra={name: value for name, value in extra.items() if value is not None},
    )


def _quantile(value: float | dict[str, float] | None) -> float | None:
    """A Result's quantile; of one that is only known to be at least something, that."""
    return value["at_least"] if isinstance(value, dict) else value
