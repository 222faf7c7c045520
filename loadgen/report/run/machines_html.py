"""The machines of a run as a table of its page: what each did, and what is to be said of it alone."""

from loadgen.base.units import counted, format_ms
from loadgen.report.draw.page import html_table, text
from loadgen.report.run.machines import MOST_ROWS, left_out, machine_cells, together
from loadgen.results.result import MachineRow, Machines, Result

HEADS = ("", "cores", "sent", "failed", "service p50", "clock", "heard of the start", "longest silence", "verdict")


def machines(result: Result) -> str:
    """An element for `html_page`; nothing for a run on one machine."""
    return machines_table(result.machines)


def machines_table(found: Machines | None) -> str:
    """The same of the machines alone."""
    if found is None or not found.rows:
        return ""
    said = "".join(f'<p class="soft">{text(said)}</p>' for said in (left_out(found), together(found)) if said)
    return html_table(HEADS, map(_row, found.rows[:MOST_ROWS])) + said


def _row(row: MachineRow) -> tuple[str, ...]:
    _, cores, sent, failed, clock, verdict = map(text, machine_cells(row))
    tone = "worse" if row.lost else "" if row.verdict == "valid" else "loud"
    return (
        _name(row),
        cores,
        sent,
        f'<span class="worse">{failed}</span>' if row.ledger.failed else failed,
        "-" if row.service_p50_ms is None else format_ms(row.service_p50_ms),
        clock,
        _early(row.gate_early_ms),
        format_ms(row.silent_ms),
        f'<span class="{tone}">{verdict}</span>',
    )


def _name(row: MachineRow) -> str:
    """With what is to be said of it below."""
    more = f"it may have sent {counted(row.unaccounted_at_most, 'request')} more than it told"
    said = "<br>".join(map(text, [*row.reasons, *([more] if row.unaccounted_at_most else [])]))
    below = f'<div class="soft">{said}</div>' if said else ""
    return f'<div class="why word">{text(row.name)}{below}</div>'


def _early(early_ms: float | None) -> str:
    if early_ms is None:
        return "-"
    return f"{format_ms(abs(early_ms))} {'before' if early_ms >= 0 else 'after'}"
