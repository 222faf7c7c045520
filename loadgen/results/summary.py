"""From Histogram to the figures of a Result."""

from loadgen.measure.histogram import Histogram, rank_of
from loadgen.measure.recording import CENSORED, Tally
from loadgen.results.requests import CLOCKS, PHASES, QUANTILES, Latency, Quantile


def to_ms(value_us: float) -> float:
    """Milliseconds, to the microsecond."""
    return round(value_us / 1000, 3)


def summarise(counts: Histogram, censored: Histogram | None = None) -> Latency:
    """One clock's figures. Censored values are lower bounds: they take part in the ranks.

    A quantile is exact only if it stays the same with all censored values moved to infinity.
    """
    bounds = censored or Histogram()
    count, unsure = counts.total, bounds.total
    if count + unsure == 0:
        return Latency()
    *found, highest = _quantiles(counts, bounds, [*QUANTILES.values(), 1.0])
    quantiles = dict(zip(QUANTILES, found, strict=True))
    lowest = min(counts.buckets) if count else None
    mean = counts.mean_us() if count else None
    return Latency(
        count=count,
        censored=unsure,
        min=None if lowest is None else to_ms(lowest),
        mean=None if mean is None else to_ms(mean),
        max=highest,
        **quantiles,
    )


def _quantiles(counts: Histogram, bounds: Histogram, quantiles: list[float]) -> list[Quantile]:
    count, unsure = counts.total, bounds.total
    if not unsure:
        return [to_ms(value) for value in counts.quantiles_us(quantiles)]
    merged = Histogram()
    merged.merge(counts)
    merged.merge(bounds)
    result: list[Quantile] = []
    for quantile, at_least in zip(quantiles, merged.quantiles_us(quantiles), strict=True):
        rank = rank_of(quantile, count + unsure)
        at_most = counts.values_at_ranks([rank])[0] if rank <= count else None
        bounds_ms = {"at_least": to_ms(at_least)} | ({} if at_most is None else {"at_most": to_ms(at_most)})
        result.append(to_ms(at_least) if at_most == at_least else bounds_ms)
    return result


def clocks_of(tally: Tally) -> dict[str, Histogram]:
    """All clocks of a tally, with those that a plain closed loop leaves out: response is service, no send lag."""
    clocks = dict(tally.clocks)
    if "response" not in clocks and "service" in clocks:
        clocks["response"] = clocks["service"]
        clocks["send_lag"] = Histogram([(0, clocks["service"].total)])
    if "service" + CENSORED in clocks and "response" + CENSORED not in clocks:
        clocks["response" + CENSORED] = clocks["service" + CENSORED]
    return clocks


def latencies(clocks: dict[str, Histogram]) -> dict[str, Latency]:
    """The figures of every clock; those without a value are empty."""
    pairs = {name: (clocks.get(name), clocks.get(name + CENSORED)) for name in CLOCKS}
    made: dict[tuple[int, int], Latency] = {}  # a plain closed loop has one histogram for two clocks
    for counts, censored in pairs.values():
        if (id(counts), id(censored)) not in made:
            made[id(counts), id(censored)] = summarise(counts or Histogram(), censored)
    return {name: made[id(counts), id(censored)] for name, (counts, censored) in pairs.items()}


def phases(clocks: dict[str, Histogram]) -> dict[str, Latency]:
    """The figures of every phase that was timed, in the order in which they come."""
    return {name: summarise(clocks[name]) for name in PHASES if name in clocks}


def encoded(clocks: dict[str, Histogram]) -> dict[str, str]:
    """Every clock that has values, as base64 HdrHistogram V2."""
    made = {id(counts): counts for counts in clocks.values() if counts.buckets}
    texts = {number: counts.encode() for number, counts in made.items()}
    return {name: texts[id(counts)] for name, counts in sorted(clocks.items()) if counts.buckets}
