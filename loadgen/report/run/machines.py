"""What a report says of the machines that a run was made on."""

from loadgen.report.draw.style import Line, Span, Tone, align, clean, columns, elide, elide_middle, line
from loadgen.report.run.latency import format_quantile
from loadgen.results.result import MachineRow, Machines, Result

MOST_ROWS = 100
"""As many as were tried at once."""
SHORTEST_NAME = 16
GAP = "  "
HEADS = ("Machine", "cores", "sent", "failed", "clock", "verdict")
"""`clock`: how well it is known, where it is."""


def machines_table(result: Result, width: int) -> list[Line]:
    """A row for each, and how near to each other they began and stopped; empty for a run on this machine."""
    machines = result.machines
    if machines is None or not machines.rows:
        return []
    rows = machines.rows[:MOST_ROWS]
    cells = list(map(machine_cells, rows))
    taken = sum(len(GAP) + max(map(columns, column)) for column in list(zip(HEADS, *cells, strict=True))[1:])
    room = max(SHORTEST_NAME, width - taken)
    cells = [(elide_middle(name, room), *figures) for name, *figures in cells]
    head, *lines = align([HEADS, *cells], right=frozenset({1, 2, 3, 4}), gap=GAP)
    tones = [Tone.BAD if row.lost else Tone.WARN if row.verdict != "valid" else Tone.PLAIN for row in rows]
    return [
        line(Span(elide(head, width), Tone.STRONG)),
        *(line(Span(elide(text, width), tone)) for text, tone in zip(lines, tones, strict=True)),
        *(line(f"  {text}") for text in (left_out(machines), together(machines)) if text),
    ]


def machine_cells(row: MachineRow) -> tuple[str, ...]:
    """Below `HEADS`, as plain text."""
    verdict = "lost" if row.lost else clean(row.verdict)
    clock = f"+-{format_quantile(row.clock_bound_ms)}" if row.clock_bound_ms else "-"
    figures = (f"{row.ledger.sent:,}", f"{row.ledger.failed:,}", clock)
    return (clean(row.name), f"{row.cores}", *figures, verdict)


def together(machines: Machines) -> str:
    """How near to each other they began and stopped, in a sentence; nothing where that is not known."""
    parts = []
    if machines.start_spread_ms is not None:
        parts.append(f"were to begin within {format_quantile(machines.start_spread_ms)}")
    if machines.stop_spread_ms is not None:
        parts.append(f"stopped within {format_quantile(machines.stop_spread_ms)}")
    return f"They {' and '.join(parts)} of each other." if parts else ""


def left_out(machines: Machines) -> str:
    """What is said of those that have no row; nothing where all have."""
    left = len(machines.rows) - MOST_ROWS
    return f"... and {left:,} more: all are in the file that -o saves" if left > 0 else ""
