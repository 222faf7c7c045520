"""Several rounds of one plan (`loadgen.series/1`), and several variants of it (`loadgen.comparison/1`).

History of the formats: 1, the first of both. Readers ignore fields they do not know. Whatever reads several rounds
takes a single Result as well: it is a series of one.

    {"schema": "loadgen.series/1", "results": [RESULT ...]}
    {"schema": "loadgen.comparison/1", "variants": [{"label": "pool", "results": [RESULT ...]} ...]}
"""

from collections.abc import Sequence
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.results.documents import from_document, json_text, read_document, to_document
from loadgen.results.result import SCHEMA as RESULT_SCHEMA
from loadgen.results.result import Result

ROUNDS_SCHEMA = "loadgen.series/1"
COMPARISON_SCHEMA = "loadgen.comparison/1"


@dataclass(frozen=True, slots=True)
class Rounds:
    """Rounds of one plan, in order; `label` names the variant where there are several, else it is empty."""

    results: tuple[Result, ...]
    label: str = ""


def rounds_to_json(results: Sequence[Result]) -> str:
    """The text of a file of several rounds."""
    return json_text({"schema": ROUNDS_SCHEMA, "results": [to_document(result) for result in results]})


def comparison_to_json(variants: Sequence[Rounds]) -> str:
    """The text of a file of several variants."""
    rows = [{"label": item.label, "results": [to_document(result) for result in item.results]} for item in variants]
    return json_text({"schema": COMPARISON_SCHEMA, "variants": rows})


def read_variants(text: str, source: str = "result") -> list[Rounds]:
    """What any file of ours holds; one entry unless it is a comparison, at least one result in each.

    Raises UsageError, naming `source`, for anything else.
    """
    document = read_document(text, source)
    schema = document.get("schema") if isinstance(document, dict) else None
    match schema:
        case "loadgen.result/1":
            return [Rounds((from_document(document, source),))]
        case "loadgen.series/1":
            return [_series(document, source)]
        case "loadgen.comparison/1":
            rows = document.get("variants")
            if not isinstance(rows, list) or not rows:
                raise UsageError(f"{source}: damaged result file (no variants)")
            return [_series(row, source) for row in rows]
    raise UsageError(
        f"{source}: expected a {RESULT_SCHEMA} or {ROUNDS_SCHEMA} file as written by `loadgen run -o FILE`, "
        f"got {schema!r}"
    )


def _series(document: Any, source: str) -> Rounds:
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, list) or not results:
        raise UsageError(f"{source}: damaged result file (no results)")
    label = document.get("label", "")
    return Rounds(tuple(from_document(item, source) for item in results), label if isinstance(label, str) else "")
