"""What a report says of journeys: a table with their requests, groups and calls below them, checks, metrics, errors."""

from collections.abc import Iterator

from loadgen.report.draw.style import Line, align, clean, format_share, line
from loadgen.report.run.operations import is_of_calls
from loadgen.report.run.tables import error_rows, named_rows
from loadgen.results.requests import ErrorRow, RequestResult
from loadgen.results.result import Result

OWN_ERRORS = ("check_failed", "script_error")
"""What only a journey can fail of; all else it fails of is an error of one of its requests or calls."""


MOST_ROWS = 60
"""Two screens. More names than that are most likely values that stand in paths."""
METRIC_HEADS = ("Metric", "unit", "count", "sum", "mean", "p50", "p95", "max")


def has_journeys(result: Result) -> bool:
    """Whether the run was one of journeys."""
    return bool(result.journeys.scheduled) or any(part.kind == "journey" for part in result.transactions.values())


def journeys_table(result: Result, width: int) -> list[Line]:
    """A row for each journey, and below it one for each of its requests, groups and calls; then those of no journey."""
    if not has_journeys(result):
        return []
    inside, alone = list(inside_journeys(result)), list(outside_journeys(result))
    rows = [*inside, *alone][:MOST_ROWS]
    whole = "Call" if is_of_calls(result) else "Journey"
    head, *lines = named_rows(
        result, whole, [label for label, _ in rows], [part for _, part in rows], width, begun=True
    )
    if alone and len(inside) < len(lines):
        lines[len(inside) : len(inside)] = [line(), line("Request")]
    left = len(inside) + len(alone) - len(rows)
    more = [line(f"  ... and {left:,} more: all are in the file that -o saves")] if left else []
    return [head, *lines, *more, *(line(f"  {note}") for note in untold(result))]


def untold(result: Result) -> list[str]:
    """What is to be said of journeys that are in no row, as of a worker that was lost."""
    rows = [part for part in result.transactions.values() if part.kind == "journey"]
    left = result.journeys.started - sum(part.ledger.sent for part in rows)
    return [f"... and {left:,} that had begun and never said which they were"] if rows and left > 0 else []


Row = tuple[str, RequestResult]


def inside_journeys(result: Result) -> Iterator[Row]:
    """Labels and parts of each journey and, indented, of all that is in it."""
    for journey, whole in result.transactions.items():
        if whole.kind == "journey":
            yield clean(journey), whole
            for name, part in _others(result):
                if name.startswith(f"{journey}/"):
                    yield f"  {_label(name.removeprefix(f'{journey}/'), part)}", part


def outside_journeys(result: Result) -> Iterator[Row]:
    """Labels and parts of what is in no journey."""
    journeys = [f"{name}/" for name, part in result.transactions.items() if part.kind == "journey"]
    for name, part in _others(result):
        if not name.startswith(tuple(journeys)):
            yield _label(name, part), part


def _others(result: Result) -> Iterator[Row]:
    """Requests, groups and calls."""
    yield from result.requests.items()
    yield from ((name, part) for name, part in result.transactions.items() if part.kind != "journey")


def _label(name: str, part: RequestResult) -> str:
    return clean(name) if part.kind == "request" else f"{clean(name)} ({part.kind})"


def checks_table(result: Result) -> list[Line]:
    """How often each check held."""
    if not result.checks:
        return []
    rows = [("Check", "held", "failed", "share held")]
    for name, check in result.checks.items():
        share = format_share(check.ok, check.ok + check.failed)
        rows.append((f"  {clean(name)}", f"{check.ok:,}", f"{check.failed:,}", share))
    return [*map(line, align(rows, right=frozenset({1, 2, 3})))]


def metrics_table(result: Result) -> list[Line]:
    """The scenario's own metrics."""
    if not result.metrics:
        return []
    rows = [METRIC_HEADS, *((f"  {clean(name)}", *row) for name, *row in metric_rows(result))]
    used = [index for index in range(len(METRIC_HEADS)) if any(row[index] for row in rows[1:])]
    cells = [[row[index] for index in used] for row in rows]
    return [*map(line, align(cells, right=frozenset(range(1, len(used)))))]


def metric_rows(result: Result) -> Iterator[tuple[str, ...]]:
    """Name, unit and figures of each metric, in its own unit; of a count its sum, of a share the share."""
    for name, metric in result.metrics.items():
        head = (name, clean(metric.unit), f"{metric.count:,}")
        match metric.kind:
            case "count":
                yield (*head, _number(metric.sum), "", "", "", "")
            case "share":
                yield (*head, "", "-" if metric.mean is None else f"{metric.mean:.1%}", "", "", "")
            case _:
                values = (metric.mean, metric.p50, metric.p95, metric.max)
                yield (*head, _number(metric.sum), *map(_number, values))


def _number(value: float | None) -> str:
    """Three digits, or all of a larger one: `34.5`, `5,400`."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def journey_errors(result: Result, width: int) -> list[Line]:
    """What journeys and calls failed of that is no error of a request, by their names."""
    rows = own_errors(result)
    if not rows:
        return []
    head = "Errors of journeys and calls, with their share of all journeys"
    if is_of_calls(result):
        head = "Errors, with their share of all calls"
    return [line(head), *error_rows(map(_named, rows), result.journeys.started, width)]


def own_errors(result: Result) -> list[tuple[str, ErrorRow]]:
    """The same with their names."""
    return [
        (name, row)
        for name, part in result.transactions.items()
        for row in part.errors
        if part.kind == "call" or (part.kind == "journey" and row.error_class in OWN_ERRORS)
    ]


def _named(named: tuple[str, ErrorRow]) -> tuple[str, ErrorRow]:
    name, row = named
    return f"{clean(name)}: ", row
