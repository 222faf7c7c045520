"""A comparison's table as JSON (`loadgen.table/1`); the rounds themselves are in the file of `-o`.

History of the format: 1, the first.
"""

from typing import Any

from loadgen.judge.comparison import Row
from loadgen.judge.observe import Observed
from loadgen.report.campaigns.comparison import Page
from loadgen.results.documents import json_text
from loadgen.results.rounds import comparison_to_json

SCHEMA = "loadgen.table/1"


def comparison_json(page: Page) -> str:
    """One JSON object with a newline at its end. Latencies are milliseconds, CPU microseconds, shares 0 to 1."""
    document = {
        "schema": SCHEMA,
        "first": page.comparison.first,
        "against": [
            {
                "label": against.label,
                "rounds": against.rounds,
                "basis": against.basis,
                "rows": [_row(row) for row in against.rows],
            }
            for against in page.comparison.against
        ],
        "warnings": list(page.warnings),
        "explanation": list(page.explanation),
        "notes": list(page.notes),
    }
    return json_text(document)


def saved_comparison(page: Page) -> str:
    """The rounds themselves, as `-o` saves them."""
    return comparison_to_json(page.comparison.variants)


def _row(row: Row) -> dict[str, Any]:
    estimate = row.estimate
    return {
        "metric": row.metric.text,
        "unit": row.metric.unit,
        "better": row.metric.better,
        "first": _figure(row.first),
        "other": _figure(row.other),
        "ratio": _rounded(estimate.ratio),
        "bound": row.bound or None,
        "low": _rounded(estimate.low),
        "high": _rounded(estimate.high),
        "p": _rounded(estimate.p),
        "p_corrected": _rounded(row.p),
        "word": row.verdict,
    }


def _figure(observed: Observed | None) -> float | dict[str, float] | None:
    """As in a Result: a number, `{"at_least": x}`, or nothing."""
    if observed is None:
        return None
    value = round(observed.low, 6)
    return value if observed.is_exact else {"at_least": value}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
