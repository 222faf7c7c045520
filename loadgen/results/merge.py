"""Several Results of one plan as one Result: processes on several machines, or rounds after each other.

Sums are added and histograms merged without loss. Runs whose measured windows overlap count as one load: their users
add up, and the longest of them is the duration. Rounds after each other add their durations and keep their users.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.measure.exemplar import MOST
from loadgen.measure.histogram import Histogram
from loadgen.plan.identity import workload_differences
from loadgen.results.encoded import decode_clocks
from loadgen.results.journeys import by_name, merged_checks, merged_metrics
from loadgen.results.merge_blocks import merged_blocks, merged_windows
from loadgen.results.merge_generators import generators_at_once, generators_in_turn, place_in, total
from loadgen.results.merge_machines import machines_at_once, machines_in_turn
from loadgen.results.requests import ErrorRow, RequestResult
from loadgen.results.result import AddressRow, Rate, Result, Second
from loadgen.results.summary import encoded, latencies, phases

ENDINGS = ("completed", "threshold", "script", "fail_fast", "unreachable", "signal", "error")


def merge_results(results: Mapping[str, Result]) -> Result:
    """One Result of several, each with the name of its source; at least one.

    Percentiles of single seconds cannot be merged and are left out, thresholds stay with the run that they judged.
    Raises UsageError for plans that are not alike, and for a damaged histogram.
    """
    (first, *others) = results.items()
    for name, other in others:
        if difference := _difference(first[1].plan, other.plan):
            raise UsageError(f"cannot merge {name} with {first[0]}: {difference}")
    rounds = [_at_once(group) for group in rounds_of(list(results.values()))]
    return rounds[0] if len(rounds) == 1 else _in_turn(rounds)


def merge_rounds(rounds: Sequence[Result], of: str = "") -> Result:
    """The rounds of one plan as one Result; `of` says in an error what they are rounds of."""
    if len(rounds) == 1:
        return rounds[0]
    return merge_results({f"round {number}{of}": result for number, result in enumerate(rounds, 1)})


def _difference(plan: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Why two plans do not measure the same; empty where they do."""
    if plan.get("target") != other.get("target"):
        return f"another target, {other.get('target')} instead of {plan.get('target')}"
    return ", ".join(workload_differences(plan, other))


def measured_window(result: Result) -> tuple[float, float]:
    """When it opened and closed, in seconds of the epoch; always open where that is not known."""
    try:
        opened_s = datetime.fromisoformat(result.started_at).timestamp() + result.opening_s + result.warmup_s
    except ValueError:
        return float("-inf"), float("inf")
    return opened_s, opened_s + result.duration_s


def rounds_of(results: list[Result]) -> list[list[Result]]:
    """Results whose windows overlap, together; in the order in which they ran."""
    rounds: list[list[Result]] = []
    until_s = float("-inf")
    for result in sorted(results, key=lambda item: measured_window(item)[0]):
        opened_s, closed_s = measured_window(result)
        if rounds and opened_s < until_s:
            rounds[-1].append(result)
        else:
            rounds.append([result])
        until_s = max(until_s, closed_s)
    return rounds


def _at_once(results: Sequence[Result]) -> Result:
    """Runs at the same time as one."""
    merged = _added(results, max(result.duration_s for result in results), [0] * len(results))
    return replace(
        merged,
        users=total([result.users for result in results]),
        drain_s=max(result.drain_s for result in results),
        generator=generators_at_once(results),
        machines=machines_at_once(results),
    )


def _in_turn(rounds: Sequence[Result]) -> Result:
    """Rounds after each other as one; the second begins where the first ends."""
    durations = [result.duration_s for result in rounds]
    begins_s = [round(sum(durations[:index])) for index in range(len(rounds))]
    merged = _added(rounds, round(sum(durations), 6), begins_s)
    return replace(
        merged,
        users=max((result.users for result in rounds), key=lambda users: users.started),
        drain_s=max(result.drain_s for result in rounds),
        generator=generators_in_turn(rounds),
        machines=machines_in_turn(rounds),
    )


def _added(results: Sequence[Result], duration_s: float, begins_s: Sequence[int]) -> Result:
    """Everything that adds up in the same way, whether the runs were at once or in turn."""
    worst = max(results, key=lambda result: place_in(ENDINGS, result.ended_by))
    return Result(
        runs=[run for result in results for run in result.runs],
        plan=results[0].plan,
        environment=_common([result.environment for result in results]),
        labels=_common([result.labels for result in results]),
        started_at=min(result.started_at for result in results),
        opening_s=max(result.opening_s for result in results),
        duration_s=duration_s,
        warmup_s=max(result.warmup_s for result in results),
        ended_by=worst.ended_by,
        ended_because=worst.ended_because,
        ended_at_s=worst.ended_at_s,
        samples_lost=sum(result.samples_lost for result in results),
        out_of_range=sum(result.out_of_range for result in results),
        rate=_rate(results, [result.rate for result in results], duration_s),
        journey_rate=_rate(results, [result.journey_rate for result in results], duration_s),
        setup=_requests([result.setup for result in results], begins_s),
        journeys=total([result.journeys for result in results]),
        arrivals=total([result.arrivals for result in results]),
        checks=merged_checks([result.checks for result in results], begins_s),
        metrics=merged_metrics([result.metrics for result in results]),
        connections=total([result.connections for result in results]),
        addresses=_addresses(row for result in results for row in result.addresses),
        requests=_requests([result.requests for result in results], begins_s),
        transactions=_requests([result.transactions for result in results], begins_s),
        parts=_requests([result.parts for result in results], begins_s),
        timeline=_timeline(results, begins_s),
        blocks=merged_blocks([result.blocks for result in results], begins_s),
        windows=merged_windows([result.windows for result in results], begins_s),
        notes=list(dict.fromkeys(note for result in results for note in result.notes)),
        left_behind=list(dict.fromkeys(note for result in results for note in result.left_behind)),
        **_of_requests(results),
    )


def _sums(tables: Iterable[Mapping[str, int]]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for table in tables:
        sums.update(table)
    return dict(sorted(sums.items()))


def _common(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The entries in which all agree."""
    return {key: value for key, value in tables[0].items() if all(table.get(key) == value for table in tables)}


def _clocks(tables: Iterable[Mapping[str, str]]) -> dict[str, Histogram]:
    clocks: dict[str, Histogram] = {}
    for table in tables:
        for name, counts in decode_clocks(table).items():
            clocks.setdefault(name, Histogram()).merge(counts)
    return clocks


def _rate(results: Sequence[Result], rates: Sequence[Rate], duration_s: float) -> Rate:
    """What all windows saw, over the merged duration."""
    if duration_s <= 0:
        return Rate()
    pairs = list(zip(rates, (result.duration_s for result in results), strict=True))
    seen = ([getattr(rate, part.name) * window_s for rate, window_s in pairs] for part in fields(Rate))
    return Rate(*(round(sum(parts) / duration_s, 3) for parts in seen))


def _errors(rows: Iterable[ErrorRow]) -> list[ErrorRow]:
    """One row a class, with the first message and example, the most frequent first."""
    merged: dict[tuple[str, str], ErrorRow] = {}
    for row in rows:
        known = merged.get((row.error_class, row.fault), replace(row, count=0))
        example = known.example or row.example
        merged[row.error_class, row.fault] = replace(known, count=known.count + row.count, example=example)
    return sorted(merged.values(), key=lambda row: (-row.count, row.error_class))


def _addresses(rows: Iterable[AddressRow]) -> list[AddressRow]:
    merged: dict[str, AddressRow] = {}
    for row in rows:
        so_far = merged.get(row.address, AddressRow(row.address))
        opened, failed = so_far.opened + row.opened, so_far.failed + row.failed
        merged[row.address] = AddressRow(row.address, opened, failed, so_far.reason or row.reason)
    return sorted(merged.values(), key=lambda row: row.address)


def _requests(tables: Sequence[Mapping[str, RequestResult]], begins_s: Sequence[int]) -> dict[str, RequestResult]:
    merged = {}
    for name, found in by_name(tables, begins_s).items():
        parts = [part for _, part in found]
        windows = merged_windows([part.windows for part in parts], [begin_s for begin_s, _ in found])
        merged[name] = replace(_request(parts), windows=windows)
    return merged


def all_journeys(result: Result) -> RequestResult | None:
    """All of them as one; None where the run has none. Raises UsageError for a damaged histogram."""
    parts = [part for part in result.transactions.values() if part.kind == "journey"]
    return _request(parts) if parts else None


def _request(parts: Sequence[RequestResult]) -> RequestResult:
    return RequestResult(
        kind=parts[0].kind,
        payload_bytes=sum(part.payload_bytes for part in parts),
        redirects_to=next((part.redirects_to for part in parts if part.redirects_to), ""),
        first_reply=next((part.first_reply for part in parts if part.first_reply), None),
        slowest=sorted((row for part in parts for row in part.slowest), key=lambda row: -row.response_ms)[:MOST],
        **_of_requests(parts),
    )


def _of_requests(parts: Sequence[Result | RequestResult]) -> dict[str, Any]:
    """What is said of all requests and of those of one name alike."""
    clocks = _clocks(part.histograms for part in parts)
    return {
        "ledger": total([part.ledger for part in parts]),
        "bytes": total([part.bytes for part in parts]),
        "latency_ms": latencies(clocks),
        "phases_ms": phases(clocks),
        "status_codes": _sums(part.status_codes for part in parts),
        "error_codes": _sums(part.error_codes for part in parts),
        "errors": _errors(row for part in parts for row in part.errors),
        "histograms": encoded(clocks),
    }


def _timeline(results: Sequence[Result], begins_s: Sequence[int]) -> list[Second]:
    seconds: dict[float, Second] = {}
    for result, begin_s in zip(results, begins_s, strict=True):
        for row in result.timeline:
            t_s = row.t_s + begin_s
            known = seconds.get(t_s)
            if known is None:
                seconds[t_s] = replace(row, t_s=t_s)
            else:
                seconds[t_s] = Second(
                    t_s, known.sent + row.sent, known.ok + row.ok, known.failed + row.failed,
                    payload_bytes=known.payload_bytes + row.payload_bytes,
                    response_max_ms=_most(known.response_max_ms, row.response_max_ms),
                    offered=_sum(known.offered, row.offered),
                    users=known.users + row.users,
                )  # fmt: skip
    return [seconds[t_s] for t_s in sorted(seconds)]


def _most(one: float | None, other: float | None) -> float | None:
    return max((value for value in (one, other) if value is not None), default=None)


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
