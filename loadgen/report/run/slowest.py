"""The slowest requests of each name as a table of a run's page."""

from datetime import UTC, datetime

from loadgen.base.units import format_bytes, format_ms
from loadgen.report.draw.page import html_table, text
from loadgen.results.requests import SlowRow
from loadgen.results.result import Result

MOST_ROWS = 100
WIDE = ("Server-Timing", "trace")
CONNECTIONS = {True: "reused", False: "new", None: ""}


def slowest(result: Result) -> str:
    """An element for `html_page`; nothing where none were kept. A column of which nothing is known is left out."""
    rows = [_row(name, row) for name, part in result.requests.items() for row in part.slowest]
    if not rows:
        return ""
    heads = [head for head in rows[0] if any(row[head] for row in rows)]
    cells = [
        [f'<pre class="why word">{text(row[head])}</pre>' if head in WIDE else text(row[head] or "-") for head in heads]
        for row in rows[:MOST_ROWS]
    ]
    left = f'<p class="soft">... and {len(rows) - MOST_ROWS:,} more</p>' if len(rows) > MOST_ROWS else ""
    return html_table([text(head) for head in heads], cells) + left


def _row(name: str, row: SlowRow) -> dict[str, str]:
    return {
        "request": name,
        "due (UTC)": datetime.fromtimestamp(row.at_s, UTC).strftime("%H:%M:%S.%f")[:-3],
        "response": format_ms(row.response_ms),
        "send lag": format_ms(row.send_lag_ms) if row.send_lag_ms else "",
        "connection": CONNECTIONS[row.reused],
        "status": row.error.replace("_", " ") or str(row.status),
        "size": format_bytes(row.bytes_received),
        "Server-Timing": row.server_timing,
        "trace": row.trace,
    }
