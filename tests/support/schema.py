"""The JSON schema of a Result, made from its dataclasses, so that the two cannot differ."""

import inspect
import json
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from loadgen.results.requests import ErrorRow
from loadgen.results.result import SCHEMA, Result

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def result_schema() -> str:
    """The text of the schema: JSON, newline at the end. Unknown fields are valid, and so are absent ones."""
    definitions: dict[str, Any] = {}
    root = _object(Result, definitions)
    root["properties"]["schema"] = {"const": SCHEMA}
    document = {"$schema": DIALECT, "title": SCHEMA, **root, "required": ["schema"], "$defs": definitions}
    return json.dumps(document, indent=1) + "\n"


def _object(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    properties = {_written_name(kind, item.name): _type(hints[item.name], definitions) for item in fields(kind)}
    return {"description": inspect.getdoc(kind), "type": "object", "properties": properties}


def _written_name(kind: type, name: str) -> str:
    """The name in a file of the field `name` of `kind`: `class`, which Python does not allow, is one."""
    return "class" if kind is ErrorRow and name == "error_class" else name


def _type(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of one type; that of a dataclass goes into `definitions`. Raises TypeError for what JSON has not."""
    origin, parts = get_origin(hint), get_args(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = _object(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if hint is Any:
        return {}
    if hint in SIMPLE:
        return {"type": SIMPLE[hint]}
    if origin is Literal:
        return {"enum": list(parts)}
    if origin in (Union, UnionType):
        return {"anyOf": [_type(part, definitions) for part in parts]}
    if origin in (list, tuple):
        return {"type": "array", "items": _type(parts[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _type(parts[1], definitions)}
    raise TypeError(f"{hint} has no JSON schema")
