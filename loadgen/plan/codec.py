"""Plan <-> JSON for worker processes, without loss; and the redacted description that a Result holds."""

import hashlib
import json
import math
from base64 import b64decode, b64encode
from dataclasses import asdict, fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from loadgen.base.redact import Redactor
from loadgen.plan.plan import Plan, RequestSpec


def plan_to_json(plan: Plan) -> str:
    """One line of JSON from which `plan_from_json` makes an equal plan. It holds secrets: never show or save it."""
    return json.dumps(asdict(plan), default=lambda data: b64encode(data).decode(), separators=(",", ":"))


def plan_from_json(text: str) -> Plan:
    """The plan that `plan_to_json` wrote."""
    plan: Plan = _restored(Plan, json.loads(text))
    return plan


def describe_plan(plan: Plan) -> dict[str, Any]:
    """The plan as plain JSON values without secrets; bodies as length and SHA-256. Keys are those of Plan."""
    redactor = Redactor(plan.secrets)
    described: dict[str, Any] = {"name": plan.name, "target": str(plan.origin)}
    described |= {key: value for key, value in asdict(plan).items() if key not in ("origin", "secrets")}
    described["requests"] = [_described_request(request, redactor) for request in plan.requests]
    return {key: _redacted(value, redactor) for key, value in described.items()}


def _described_request(request: RequestSpec, redactor: Redactor) -> dict[str, Any]:
    expect = request.expect
    return {
        "name": request.name,
        "method": request.method,
        "path": request.path,
        "weight": request.weight,
        "headers": [[name, redactor.header(name, value)] for name, value in request.headers],
        "body": _described_body(request.body),
        "body_file": request.body_file,
        "expect": {
            "statuses": [list(pair) for pair in expect.statuses],
            "body_contains": None if expect.body_contains is None else redactor.bytes_(expect.body_contains),
            "length": expect.length,
        },
    }


def _described_body(body: bytes) -> dict[str, Any] | None:
    return {"length": len(body), "sha256": hashlib.sha256(body).hexdigest()} if body else None


def _redacted(value: Any, redactor: Redactor) -> Any:
    """Every text of a tree redacted; tuples become lists and an endless duration nothing, as in JSON."""
    if isinstance(value, str):
        return redactor.text(value)
    if value == math.inf:
        return None
    if isinstance(value, dict):
        return {key: _redacted(item, redactor) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item, redactor) for item in value]
    return value


def _restored(kind: Any, value: Any) -> Any:
    """`value` from JSON as the type `kind`: dataclasses, tuples of one or of several types, bytes, X | None."""
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{item.name: _restored(hints[item.name], value[item.name]) for item in fields(kind)})
    if kind is bytes:
        return b64decode(value)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType) and type(None) in inner:
        return None if value is None else _restored(inner[0], value)
    if origin is tuple and inner[-1] is Ellipsis:
        return tuple(_restored(inner[0], item) for item in value)
    if origin is tuple:
        return tuple(_restored(part, item) for part, item in zip(inner, value, strict=True))
    return value
