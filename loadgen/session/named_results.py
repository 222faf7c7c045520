"""What a Result says of each name: requests and their parts, transactions, checks, metrics."""

from collections.abc import Iterable
from dataclasses import replace

from loadgen.measure.exemplar import Exemplar
from loadgen.measure.names import TRANSACTIONS, Kind
from loadgen.measure.recording import Tally
from loadgen.results.block import Block
from loadgen.results.journeys import CheckResult, MetricResult, metric_result
from loadgen.results.journeys import Kind as NameKind
from loadgen.results.requests import Bytes, ErrorRow, Ledger, RequestResult, SlowRow
from loadgen.results.summary import clocks_of, encoded, latencies, phases, to_ms
from loadgen.session.blocks import Slice, course_of
from loadgen.session.collector import Collector


def requests_of(collected: Collector) -> dict[str, RequestResult]:
    """Those that are measured."""
    return {
        name: replace(
            _request(collected.total.tally(number)),
            course=course_of(collected.named.get(number)),
            windows=blocks_of(collected.windows.of(number)),
            slowest=[_slow(exemplar) for exemplar in collected.total.slowest.get(number, ())],
        )
        for name, number in collected.names.of(Kind.REQUEST).items()
    }


def setup_of(collected: Collector) -> dict[str, RequestResult]:
    """Those that prepare."""
    return {collected.names[number][1]: _request(tally) for number, tally in collected.setup.items()}


def transactions_of(collected: Collector, untold: int = 0) -> dict[str, RequestResult]:
    """Journeys first; a name that is of two kinds says which in its second row. `untold` journeys began and no frame
    says which they were, as where the scenario's code did not come back: where there is but one they were of that.
    """
    parts: dict[str, RequestResult] = {}
    only = len(collected.names.of(Kind.JOURNEY)) == 1
    for kind in TRANSACTIONS:
        for number in collected.names.of(Kind(kind)).values():
            part = _request(collected.total.transaction(number), kind)
            if untold and only and kind == "journey":
                begun, was = part.ledger.sent + untold, part.ledger
                part = replace(part, ledger=Ledger(begun, begun, 0, was.ok, was.failed, was.unknown + untold))
            course = course_of(collected.of_journeys.get(number))
            part = replace(part, course=course, windows=blocks_of(collected.windows.of(number)))
            parts[collected.names.of_its_own(number)] = part
    return parts


def parts_of(collected: Collector) -> dict[str, RequestResult]:
    """By size, whatever the host, and by host, whatever the size; a request that has but one of them has no part."""
    by_size: dict[str, Tally] = {}
    by_host: dict[str, Tally] = {}
    for name, number in collected.names.of(Kind.PART).items():
        request, size, host = name.split("\t")
        tally = collected.total.parts.get(number)
        if tally is not None and size:
            by_size.setdefault(f"{request}, {size}", Tally()).merge(tally)
        if tally is not None and host:
            by_host.setdefault(f"{request} at {host}", Tally()).merge(tally)
    return {name: _request(tally) for name, tally in (by_size | by_host).items()}


def checks_of(collected: Collector) -> dict[str, CheckResult]:
    """How often each held."""
    return {
        name: CheckResult(tally.ok, tally.failed, blocks_of(collected.windows.of(number)))
        for name, number in collected.names.of(Kind.CHECK).items()
        for tally in (collected.total.transaction(number),)
    }


def metrics_of(collected: Collector) -> dict[str, MetricResult]:
    """The figures of a scenario's own."""
    numbers = collected.names.of(Kind.METRIC).items()
    sums = {name: collected.total.metrics[number] for name, number in numbers if number in collected.total.metrics}
    return {name: metric_result(metric) for name, metric in sums.items()}


def blocks_of(slices: Iterable[Slice]) -> list[Block]:
    """As they are written."""
    return [Block(item.start_s, item.length_s, item.ok, item.failed, item.histogram().encode()) for item in slices]


def statuses_of(tally: Tally) -> dict[str, int]:
    """How many replies had which, in their order."""
    return {str(status): times for status, times in sorted(tally.statuses.items())}


def errors_of(total: Tally) -> list[ErrorRow]:
    """The most frequent first."""
    rows = [
        ErrorRow(error.value, error.fault, item.message or error.text, item.count, item.example)
        for error, item in total.errors.items()
        if item.count
    ]
    return sorted(rows, key=lambda row: (-row.count, row.error_class))


def _request(tally: Tally, kind: NameKind = "request") -> RequestResult:
    clocks = clocks_of(tally)
    sent = tally.sent
    return RequestResult(
        ledger=Ledger(sent, sent, 0, tally.ok, tally.failed, tally.unknown),
        bytes=Bytes(tally.bytes_sent, tally.bytes_received),
        latency_ms=latencies(clocks),
        phases_ms=phases(clocks),
        status_codes=statuses_of(tally),
        error_codes=dict(sorted(tally.codes.items())),
        payload_bytes=tally.payload,
        redirects_to=tally.redirects_to,
        first_reply=tally.first_reply,
        histograms=encoded(clocks),
        kind=kind,
        errors=errors_of(tally),
    )


def _slow(row: Exemplar) -> SlowRow:
    return SlowRow(
        row.due_us / 1e6, to_ms(row.response_us), to_ms(row.lag_us), row.user, row.reused, row.status, row.received,
        row.error, row.server_timing, row.trace,
    )  # fmt: skip
