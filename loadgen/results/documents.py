"""Results as files of JSON, and back; `json_text` and `read_document` are those of every file of ours."""

import json
from dataclasses import asdict
from typing import Any, NoReturn

from loadgen.base.errors import UsageError
from loadgen.base.restore import build
from loadgen.results.result import SCHEMA, Result


def to_json(result: Result) -> str:
    """The file's text."""
    return json_text(to_document(result))


def json_text(document: dict[str, Any]) -> str:
    """The text of any file of ours: one JSON object, UTF-8, newline at the end."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def to_document(result: Result) -> dict[str, Any]:
    """The Result as plain JSON values."""
    return _errors_renamed(asdict(result), "error_class", "class")


def from_json(text: str, source: str = "result") -> Result:
    """Read a Result of this or an older format. Raises UsageError for anything else, naming `source`."""
    return from_document(read_document(text, source), source)


def read_document(text: str, source: str) -> Any:
    """The values in the text of a JSON file. Raises UsageError, naming `source`, for anything else."""
    try:
        return json.loads(text, parse_constant=_not_json)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{source}: not a JSON file ({error})") from None


def _not_json(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def from_document(document: Any, source: str = "result") -> Result:
    """`from_json` of what is no text any more."""
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise UsageError(f"{source}: expected a {SCHEMA} file as written by `loadgen run -o FILE`, got {schema!r}")
    try:
        result: Result = build(Result, _errors_renamed(document, "class", "error_class"))
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{source}: damaged result file ({error})") from None
    return result


def _errors_renamed(document: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The same document with another name for the class of an error, everywhere."""
    renamed = dict(document)
    if "errors" in document:
        renamed["errors"] = [
            {new if key == old else key: value for key, value in row.items()} for row in document["errors"]
        ]
    for table in ("requests", "transactions", "parts", "setup"):
        if table in document:
            renamed[table] = {name: _errors_renamed(part, old, new) for name, part in document[table].items()}
    return renamed
