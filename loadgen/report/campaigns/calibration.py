"""A Calibration as a few lines of text; pure."""

from loadgen.base.units import counted, format_ms
from loadgen.report.draw.style import align, clean, format_rate
from loadgen.results.calibration import Calibration


def render_calibration(found: Calibration) -> str:
    """What this machine can measure, for a person. No newline at the end."""
    best = found.ceiling
    if found.workers == 1:
        where = counted(found.processes, "process", "processes")
    else:
        where = f"{found.processes} x {counted(found.workers, 'worker')}"
    memory = "not known: the host does not allow 1,000 connections"
    if found.kb_per_connection is not None:
        memory = f"{found.kb_per_connection:.1f} KiB, without the kernel's"
    about = clean(str(found.environment.get("cpu", ""))) or "this machine"
    lines = [
        f"Calibrated against the {found.responder} on this machine: {found.connections} connections, {where}",
        f"  {about}, {counted(found.environment.get('cores', 0), 'core')}",
        "",
        f"  Most it can send      {format_rate(best.rps)} requests/s ({best.cpu_us_per_request:.1f} us of CPU each)",
        f"  Response time there   p50 {format_ms(best.p50_ms)}   p99 {format_ms(best.p99_ms)}",
        f"  Memory a connection   {memory}",
        "",
        "Send lag: how late requests leave at a given rate",
    ]
    heads = ("share", "asked/s", "sent/s", "p50", "p99", "p99.9")
    rows = [
        (
            f"{point.share:.0%}",
            format_rate(point.rate_rps),
            format_rate(point.sent_rps),
            *map(format_ms, (point.p50_ms, point.p99_ms, point.p99_9_ms)),
        )
        for point in found.send_lag
    ]
    lines += [f"  {row}" for row in align([heads, *rows], right=frozenset(range(len(heads))))]
    return "\n".join([*lines, "", *NOTE])


NOTE = (
    "Latencies shorter than the send lag, and rates near the most, are this machine's and not",
    "a target's. The responder took its part of the cores too.",
)
