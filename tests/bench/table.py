"""Sections of results as aligned text, Markdown and JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench.compare import Pairs, medians
from tests.bench.runs import Run

SCHEMA = "loadgen.bench/1"
COMPARED = (
    *("job", "tool", "req/s", "CPU us", "steady us", "peak MB", "p50 ms", "p99 ms", "errors"),
    *("loadgen/it req/s", "CPU", "steady CPU"),
)


@dataclass(frozen=True, slots=True)
class Section:
    """One scenario's results: a table, remarks, and everything measured as JSON."""

    name: str
    title: str
    columns: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()
    notes: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


def comparison(name: str, title: str, compared: Sequence[Pairs], notes: Sequence[str] = ()) -> Section:
    """One row for each tool of `compared`, after a row of our own for each label."""
    rows: list[tuple[str, ...]] = []
    for label in dict.fromkeys(pairs.label for pairs in compared):
        group = [pairs for pairs in compared if pairs.label == label]
        for ours in dict.fromkeys(pairs.ours[0].tool for pairs in group):
            runs = [run for pairs in group for run in pairs.ours if run.tool == ours]
            rows.append((label, *_figures(runs), "", "", ""))
        for pairs in group:
            ratios = (pairs.ratio(metric) for metric in ("rps", "cpu_us", "cpu_us_net"))
            rows.append((label, *_figures(pairs.theirs), *(str(ratio or "-") for ratio in ratios)))
    runs = [run for pairs in compared for run in (*pairs.ours, *pairs.theirs)]
    problems = dict.fromkeys(f"{run.tool}: {run.problem}" for run in runs if run.problem)
    return Section(
        name, title, COMPARED, rows, [*notes, *problems], {"pairs": [_pairs_data(pairs) for pairs in compared]}
    )


def _figures(runs: Sequence[Run]) -> tuple[str, ...]:
    if any(run.problem for run in runs):
        return (runs[0].tool, *("-" for _ in range(7)))
    middle = medians(runs)
    return (
        runs[0].tool,
        amount(middle["rps"], 0),
        amount(middle["cpu_us"], 2),
        amount(middle["cpu_us_net"], 2),
        amount(middle["peak_rss_mb"], 1),
        amount(middle["p50_ms"], 2),
        amount(middle["p99_ms"], 2),
        str(sum(run.errors for run in runs)),
    )


def amount(value: float | None, digits: int) -> str:
    """A figure with thousands separators, or a dash."""
    return "-" if value is None else f"{value:,.{digits}f}"


def _pairs_data(pairs: Pairs) -> dict[str, Any]:
    ratios = {metric: pairs.ratio(metric) for metric in ("rps", "cpu_us", "cpu_us_net")}
    return {
        "label": pairs.label,
        "ours": [asdict(run) for run in pairs.ours],
        "theirs": [asdict(run) for run in pairs.theirs],
        "median": {pairs.ours[0].tool: medians(pairs.ours), pairs.theirs[0].tool: medians(pairs.theirs)},
        "ratio": {metric: asdict(ratio) if ratio else None for metric, ratio in ratios.items()},
    }


def as_text(machine: dict[str, str], sections: Sequence[Section]) -> str:
    """Columns aligned by spaces: words to the left, columns of numbers to the right."""
    parts = ["\n".join(f"{name}: {value}" for name, value in machine.items())]
    for section in sections:
        grid = [section.columns, *section.rows] if section.columns else []
        widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
        words = [any(cell[:1].isalpha() for cell in column[1:]) for column in zip(*grid, strict=True)]
        lines = ["  ".join(map(_aligned, row, widths, words)).rstrip() for row in grid]
        parts.append("\n".join([section.title, "", *lines, *([""] if grid and section.notes else []), *section.notes]))
    return "\n\n".join(parts) + "\n"


def _aligned(cell: str, width: int, is_text: bool) -> str:
    return cell.ljust(width) if is_text else cell.rjust(width)


def as_markdown(machine: dict[str, str], sections: Sequence[Section]) -> str:
    """A heading, a table and a list for each section; the machine in one line above them."""
    parts = ["; ".join(f"{name} {value}" for name, value in machine.items()) + "."]
    for section in sections:
        parts.append(f"### {section.title}")
        if section.columns:
            numbers = ["---:" if index > 1 else "---" for index in range(len(section.columns))]
            grid = [section.columns, numbers, *section.rows]
            parts.append("\n".join("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in grid))
        if section.notes:
            parts.append("\n".join(f"- {note}" for note in section.notes))
    return "\n\n".join(parts) + "\n"


def as_json(machine: dict[str, str], sections: Sequence[Section]) -> str:
    """Everything, every single run included."""
    document = {"schema": SCHEMA, "machine": machine, "sections": [asdict(section) for section in sections]}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
