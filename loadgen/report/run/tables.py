"""The tables of the text report: errors with their first examples, request names, thresholds."""

from collections.abc import Iterable, Sequence

from loadgen.base.units import counted, format_bytes, format_ms
from loadgen.report.draw.style import Line, Span, Tone, align, clean, elide, format_rate, format_share, line, pad, wrap
from loadgen.report.run.latency import format_quantile
from loadgen.results.requests import ErrorRow, Latency, RequestResult
from loadgen.results.result import Result, ThresholdRow

_OF_CLASS = {
    "script_error": " (an exception of its own code)",
    "proxy_error": " (the proxy's fault, not the target's)",
}
_FAULTS = {"generator": " (this machine's fault, not the target's)", "unknown": " (neither ok nor failed)"}
SHORTEST_NAME = 8
HINT_INDENT = 11
EXAMPLE_ROWS = 4
PHASES = {
    "dns": "the lookup, once",
    "connect": "of TCP",
    "tls": "its handshake",
    "first_byte": "from sent",
    "transfer": "first to last byte",
    "first": "to the first part",
    "gap": "between parts",
}
VERDICTS = {"pass": Tone.PLAIN, "fail": Tone.BAD, "no_data": Tone.WARN}


def errors(result: Result, width: int) -> list[Line]:
    """Every class of error: count, share of the requests sent, what it means, and its first example below."""
    if not result.errors:
        return []
    rows = [("", row) for row in sorted(result.errors, key=lambda row: -row.count)]
    return [line("Errors, with their share of all requests sent"), *error_rows(rows, result.ledger.sent, width)]


def error_rows(rows: Iterable[tuple[str, ErrorRow]], whole: int, width: int) -> list[Line]:
    """A row for each error, behind the text that says where it was; counts are shares of `whole`."""
    rows = list(rows)
    cells = [(f"{row.count:,}", format_share(row.count, whole)) for _, row in rows]
    figures = align(cells, right=frozenset({0, 1}))
    return [
        part for (where, row), figure in zip(rows, figures, strict=True) for part in _error(where, row, figure, width)
    ]


def by_request(result: Result, width: int) -> list[Line]:
    """One row for each request name, when there is more than one."""
    if len(result.requests) < 2:
        return []
    return named_rows(result, "Request", [*map(clean, result.requests)], [*result.requests.values()], width)


def named_rows(
    result: Result, head: str, labels: Sequence[str], parts: Sequence[RequestResult], width: int, *, begun: bool = False
) -> list[Line]:
    """A table with a row for each part, as wide as it may be. `begun`: they are of several kinds, shares of nothing."""
    heads = ("begun", "ok/s") if begun else ("sent", "share", "ok/s")
    heads = (*heads, "p50", "p99", "max", "failed")
    rows = [heads, *(_request_row(part, result, share=not begun) for part in parts)]
    figures = align(rows, right=frozenset(range(len(heads))))
    room = max(SHORTEST_NAME, width - max(map(len, figures)) - 2)
    names = [elide(name, room) for name in (head, *labels)]
    return [line(row) for row in align([*zip(names, figures, strict=True)], right=frozenset())]


def phases(result: Result) -> list[Line]:
    """Where the time of openings and of requests went, when that was timed."""
    if not result.phases_ms:
        return []
    heads = ("", "count", "p50", "p90", "p99", "max", "")
    rows = [
        (
            f"  {name.replace('_', ' ')}",
            f"{phase.count:,}",
            *(format_quantile(value) for value in (phase.p50, phase.p90, phase.p99, phase.max)),
            PHASES.get(name, ""),
        )
        for name, phase in result.phases_ms.items()
    ]
    return [line("Phases"), *map(line, align([heads, *rows], right=frozenset(range(1, 6)))), *_parts(result)]


def _parts(result: Result) -> list[Line]:
    """How many parts came, of replies that come in parts."""
    first, gap = result.phases_ms.get("first", Latency()), result.phases_ms.get("gap", Latency())
    if not first.count:
        return []
    parts = first.count + gap.count
    each = f", {format_rate(parts / result.duration_s)}/s" if result.duration_s > 0 else ""
    return [line(f"  {counted(parts, 'part')}, {parts / first.count:,.1f} a reply{each}")]


def thresholds(result: Result, width: int) -> list[Line]:
    """How each threshold went, and what was observed."""
    cells = [
        (clean(row.expr), "" if row.hint else f"({seen})" if (seen := observed(row)) else "")
        for row in result.thresholds
    ]
    lines = []
    for row, text in zip(result.thresholds, align(cells, right=frozenset()), strict=True):
        verdict = pad(clean(row.verdict).replace("_", " "), 7)
        lines.append(line("  ", Span(verdict, VERDICTS.get(row.verdict, Tone.WARN)), f"  {text}"))
        lines += [line(" " * HINT_INDENT, part) for part in wrap(clean(row.hint), width - HINT_INDENT)]
    if lines and result.generator.verdict == "invalid":
        lines.append(line("  ", Span("An invalid run meets no threshold, whatever was observed.", Tone.BAD)))
    return [line("Thresholds"), *lines] if lines else []


def observed(row: ThresholdRow) -> str:
    """What the verdict rests on; empty where that is not known."""
    if row.observed is None:
        return clean(row.hint) or "too few samples, or none" if row.verdict == "no_data" else ""
    least = "at least " if row.at_least else ""
    return f"observed {least}{with_unit(row.unit, row.observed)}"


def was(row: ThresholdRow) -> str:
    """The same in the last line of a report."""
    return observed(row).replace("observed", "was", 1) or "no data"


def with_unit(unit: str, observed: float) -> str:
    """A value of a metric of this unit, as a person reads it."""
    kind, _, own = unit.partition(" ")
    match kind:
        case "own":
            return f"{observed:,.6g} {clean(own)}".rstrip()
        case "ms":
            return format_ms(observed)
        case "share":
            return f"{observed:.3%}"
        case "per_s":
            return f"{format_rate(observed)}/s"
        case "bytes_per_s":
            return f"{format_bytes(observed)}/s"
        case "":  # of an older file
            return f"{observed:,.6g}"
    return f"{observed:,.0f}"


def what_failed(row: ErrorRow) -> str:
    """The class and what is known beside it, and whose fault it is, where that is not the target's."""
    name, message = row.error_class.replace("_", " "), row.message
    if row.error_class == "unexpected_status" and message.startswith("status "):
        name, message = f"unexpected {message}", ""
    return f"{name}{f': {message}' if message not in ('', name) else ''}{_whose_fault(row)}"


def _whose_fault(row: ErrorRow) -> str:
    return _OF_CLASS.get(row.error_class) or _FAULTS.get(row.fault, "")


def _error(where: str, row: ErrorRow, figure: str, width: int) -> list[Line]:
    tone = Tone.PLAIN if row.fault == "unknown" else Tone.BAD
    indent = " " * (len(figure) + 4)
    head, *more = wrap(f"{where}{clean(what_failed(row))}", width - len(indent)) or [""]
    example = [elide(clean(text), width - len(indent) - 2) for text in row.example.splitlines() if text.strip()]
    return [
        line("  ", Span(figure, tone), f"  {head}"),
        *(line(indent, text) for text in more),
        *(line(indent, "| ", text) for text in example[:EXAMPLE_ROWS]),
    ]


def _request_row(part: RequestResult, result: Result, *, share: bool) -> tuple[str, ...]:
    response = part.latency_ms.get("response", Latency())
    ledger = part.ledger
    return (
        f"{ledger.sent:,}",
        *([format_share(ledger.sent, result.ledger.sent)] if share else []),
        format_rate(ledger.ok / result.duration_s) if result.duration_s > 0 else "-",
        *(format_quantile(value) for value in (response.p50, response.p99, response.max)),
        f"{ledger.failed:,}",
    )
