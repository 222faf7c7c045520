"""What a run has come to so far, from its seconds: as the parts of a Result that can be shown."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping

from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import CENSORED, Tally
from loadgen.results.requests import ErrorRow, Latency, Ledger, RequestResult
from loadgen.results.result import Result, Second
from loadgen.results.summary import clocks_of, summarise, to_ms


class SoFar:
    """Adds up what ended, by request name. Of the `seconds` of all requests the last `most_seconds` are kept."""

    def __init__(self, most_seconds: int | None = None) -> None:
        self.tallies: dict[str, Tally] = {}
        self.seconds: deque[Second] = deque(maxlen=most_seconds)

    def add(self, tallies: Mapping[str, Tally]) -> None:
        """What belongs to no second; it stays as it is."""
        add_to(self.tallies, tallies)

    def add_second(self, t_s: float, users: int, tallies: Mapping[str, Tally]) -> None:
        """One second more; what it holds stays as it is."""
        self.add(tallies)
        self.seconds.append(_second(t_s, users, tallies.values()))


def add_to(sums: dict[str, Tally], tallies: Mapping[str, Tally]) -> None:
    """Add by name."""
    for name, tally in tallies.items():
        sums.setdefault(name, Tally()).merge(tally)


def result_of(
    tallies: Mapping[str, Tally],
    shown: Iterable[str],
    latency: Callable[[Histogram, Histogram | None], Latency] = summarise,
) -> Result:
    """Ledger, status codes and errors of all, and the requests whose names are `shown`, each with its `latency`."""
    total = Ledger()
    statuses: dict[int, int] = {}
    errors: dict[str, ErrorRow] = {}
    for tally in tallies.values():
        total = _plus(total, tally)
        for status, times in tally.statuses.items():
            statuses[status] = statuses.get(status, 0) + times
        for error, count in tally.errors.items():
            known = errors.get(error.value, ErrorRow(error.value, error.fault, count.message or error.text))
            times, example = known.count + count.count, known.example or count.example
            errors[error.value] = ErrorRow(error.value, error.fault, known.message, times, example)
    requests = {}
    for name in shown:
        clocks = clocks_of(tallies[name])
        response = latency(clocks.get("response", Histogram()), clocks.get("response" + CENSORED))
        requests[name] = RequestResult(_plus(Ledger(), tallies[name]), latency_ms={"response": response})
    return Result(
        ledger=total,
        status_codes={str(status): times for status, times in sorted(statuses.items())},
        errors=sorted(errors.values(), key=lambda row: (-row.count, row.error_class)),
        requests=requests,
    )


def _plus(ledger: Ledger, tally: Tally) -> Ledger:
    sent = ledger.sent + tally.sent
    return Ledger(sent, sent, 0, ledger.ok + tally.ok, ledger.failed + tally.failed, ledger.unknown + tally.unknown)


def _second(t_s: float, users: int, tallies: Iterable[Tally]) -> Second:
    response = Histogram()
    sent = ok = failed = payload = 0
    for tally in tallies:
        sent, ok, failed, payload = sent + tally.sent, ok + tally.ok, failed + tally.failed, payload + tally.payload
        response.merge(clocks_of(tally).get("response", Histogram()))
    if not response.buckets:
        return Second(t_s, sent, ok, failed, payload_bytes=payload, users=users)
    p50, p90, p99, highest = map(to_ms, response.quantiles_us((0.5, 0.9, 0.99, 1.0)))
    return Second(t_s, sent, ok, failed, p50, p99, payload, p90, highest, users=users)
