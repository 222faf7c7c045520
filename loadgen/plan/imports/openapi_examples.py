"""The values that an OpenAPI document has for examples, or what can be made of its schemas."""

from collections.abc import Mapping, Sequence
from typing import Any

_DEEPEST = 8
_OF_FORMATS = {
    "date": "2026-01-31", "date-time": "2026-01-31T12:00:00Z", "email": "user@example.com", "ipv4": "192.0.2.1",
    "uri": "https://example.com/", "hostname": "example.com", "uuid": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "byte": "dGV4dA==", "password": "secret",
}  # fmt: skip


class Examples:
    """Those of one document, whose references it follows."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def of(self, holder: Mapping[str, Any]) -> Any:
        """Of a parameter or a kind of content: its own example, or one for its schema."""
        if "example" in holder:
            return holder["example"]
        examples = holder.get("examples")
        if isinstance(examples, dict) and examples:
            first = self.resolved(next(iter(examples.values())))
            if isinstance(first, dict) and "value" in first:
                return first["value"]
        return self.of_schema(holder.get("schema", holder))

    def of_schema(self, schema: Any, depth: int = 0) -> Any:
        schema = self.resolved(schema)
        if not isinstance(schema, dict) or depth > _DEEPEST:
            return None if depth > _DEEPEST else "text"
        for key in ("example", "default", "const"):
            if key in schema:
                return schema[key]
        for key in ("examples", "enum"):
            if isinstance(schema.get(key), list) and schema[key]:
                return schema[key][0]
        if parts := listed(schema.get("allOf")):
            merged: dict[str, Any] = {}
            for part in parts:
                sample = self.of_schema(part, depth + 1)
                if not isinstance(sample, dict):
                    return sample
                merged |= sample
            return merged | self._object(schema, depth)
        for key in ("oneOf", "anyOf"):
            if parts := listed(schema.get(key)):
                return self.of_schema(parts[0], depth + 1)
        return self._of_type(schema, depth)

    def _of_type(self, schema: Mapping[str, Any], depth: int) -> Any:
        kind = schema.get("type")
        kind = next((one for one in kind if one != "null"), "null") if isinstance(kind, list) and kind else kind
        match kind or ("object" if "properties" in schema else "array" if "items" in schema else "string"):
            case "object":
                return self._object(schema, depth)
            case "array":
                return [self.of_schema(schema.get("items"), depth + 1)]
            case "integer" | "number":
                low = schema.get("minimum")
                return low if isinstance(low, int | float) and not isinstance(low, bool) else 1
            case "boolean":
                return True
            case "null":
                return None
        text = _OF_FORMATS.get(str(schema.get("format")), "text")
        least = schema.get("minLength")
        return text.ljust(least, "x") if isinstance(least, int) and least < 1000 else text

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """What is required, and of what is not all that is not read only."""
        needed = listed(schema.get("required"))
        found = {}
        for name, inner in mapping(schema.get("properties")).items():
            resolved = mapping(self.resolved(inner))
            if not resolved.get("readOnly") and (depth < _DEEPEST // 2 or name in needed):
                found[str(name)] = self.of_schema(inner, depth + 1)
        return found

    def resolved(self, value: Any) -> Any:
        """What a $ref leads to, in this document."""
        for _ in range(_DEEPEST):
            if not isinstance(value, dict) or not isinstance(reference := value.get("$ref"), str):
                return value
            found: Any = self._document
            for step in reference.removeprefix("#/").split("/"):
                found = mapping(found).get(step.replace("~1", "/").replace("~0", "~"))
            value = found
        return None


def mapping(value: Any) -> Mapping[str, Any]:
    """`value`, or an empty one in place of what is none."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> Sequence[Any]:
    """The same of a list."""
    return value if isinstance(value, list) else ()
