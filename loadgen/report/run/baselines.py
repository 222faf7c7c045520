"""Baselines as text: the list of them, and one with its origin."""

from collections.abc import Sequence

from loadgen.base.units import counted
from loadgen.report.draw.style import align, clean, format_measured_s, format_rate
from loadgen.report.run.latency import format_quantile
from loadgen.report.run.title import title
from loadgen.results.baselines import Origin
from loadgen.results.merge import merge_rounds
from loadgen.results.requests import Latency
from loadgen.results.result import Result

Entry = tuple[str, tuple[Result, ...], Origin]


def render_baselines(entries: Sequence[Entry], folder: str) -> str:
    """A row for each baseline. No newline at the end."""
    if not entries:
        return f"No baselines in {clean(folder)}; `loadgen baseline save NAME RESULT` makes one."
    heads = ("name", "saved", "runs", "replies/s", "p50", "p99", "of")
    rows = [heads, *(_row(*entry) for entry in entries)]
    return "\n".join(align(rows, right=frozenset({2, 3, 4, 5})))


def render_baseline(name: str, rounds: Sequence[Result], origin: Origin) -> str:
    """One baseline: what it is of, where it is from, what it says. No newline at the end."""
    merged = merge_rounds(rounds)
    response = merged.latency_ms.get("response", Latency())
    facts = {
        "Of": title(merged.plan),
        "Runs": f"{counted(len(rounds), 'run')} of {format_measured_s(merged.duration_s / len(rounds))}",
        "Saved": clean(origin.saved_at),
        "From": clean(", ".join(origin.sources)),
        "Commit": clean(origin.commit),
        "Machine": _machine(merged),
        "loadgen": clean(str(merged.environment.get("loadgen", ""))),
        "Figures": f"{format_rate(merged.rate.ok_rps)} replies/s, p50 {format_quantile(response.p50)}, "
        f"p99 {format_quantile(response.p99)}, {merged.ledger.failed:,} failed",
        "Measurement": clean(merged.generator.verdict),
    }
    rows = [(f"  {label}", said) for label, said in facts.items() if said]
    return "\n".join([f"Baseline {clean(name)}", *align(rows, right=frozenset())])


def _row(name: str, rounds: Sequence[Result], origin: Origin) -> tuple[str, ...]:
    merged = merge_rounds(rounds)
    response = merged.latency_ms.get("response", Latency())
    return (
        clean(name),
        clean(origin.saved_at[:16].replace("T", " ") or merged.started_at[:16].replace("T", " ")),
        str(len(rounds)),
        format_rate(merged.rate.ok_rps),
        format_quantile(response.p50),
        format_quantile(response.p99),
        title(merged.plan),
    )


def _machine(result: Result) -> str:
    cores = result.environment.get("cores")
    said = [str(result.environment.get("cpu", "")), counted(cores, "core") if cores else ""]
    return clean(", ".join(filter(None, said)))
