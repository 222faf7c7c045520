"""What a report says of the machines that a run was made on."""

from loadgen.report.draw.style import Line, Span, Tone, align, clean, elide, line
from loadgen.report.run.latency import format_quantile
from loadgen.results.result import MachineRow, Machines, Result

MOST_ROWS = 100
"""As many as were tried at once."""
LONGEST_NAME = 34
HEADS = ("Machine", "cores", "sent", "failed", "clock", "verdict")


def machines_table(result: Result, width: int) -> list[Line]:
    """A row for each, and how near to each other they began and stopped; empty for a run on this machine."""
    machines = result.machines
    if machines is None or not machines.rows:
        return []
    rows = machines.rows[:MOST_ROWS]
    head, *lines = align([HEADS, *map(_cells, rows)], right=frozenset({1, 2, 3, 4}))
    tones = [Tone.BAD if row.lost else Tone.WARN if row.verdict != "valid" else Tone.PLAIN for row in rows]
    left = len(machines.rows) - len(rows)
    return [
        line(Span(elide(head, width), Tone.STRONG)),
        *(line(Span(elide(text, width), tone)) for text, tone in zip(lines, tones, strict=True)),
        *([line(f"  ... and {left:,} more: all are in the file that -o saves")] if left else []),
        *_together(machines),
    ]


def _cells(row: MachineRow) -> tuple[str, ...]:
    """`clock`: how well it is known."""
    name = elide(clean(row.name), LONGEST_NAME)
    verdict = "lost" if row.lost else clean(row.verdict)
    figures = (f"{row.ledger.sent:,}", f"{row.ledger.failed:,}")
    return (name, f"{row.cores}", *figures, f"+-{format_quantile(row.clock_bound_ms)}", verdict)


def _together(machines: Machines) -> list[Line]:
    parts = []
    if machines.start_spread_ms is not None:
        parts.append(f"were to begin within {format_quantile(machines.start_spread_ms)}")
    if machines.stop_spread_ms is not None:
        parts.append(f"stopped within {format_quantile(machines.stop_spread_ms)}")
    return [line(f"  They {' and '.join(parts)} of each other.")] if parts else []
