"""Plan <-> JSON and bytes for worker processes, without loss; and the redacted description that a Result holds."""

import hashlib
import json
import math
from dataclasses import asdict
from typing import Any, BinaryIO

from loadgen.base.dialing import Dialing
from loadgen.base.redact import Redactor
from loadgen.base.reply import Expect
from loadgen.base.restore import TYPE, build
from loadgen.plan.jobs.http import RequestSpec
from loadgen.plan.jobs.parts import PartsSpec
from loadgen.plan.plan import Plan

_FOLLOWS = "bytes that follow"
_OWN_WORDS = ("name", "mode", "client", "kind", "when_busy", "method", "noun")
"""Keys whose values are words of this program or of HTTP, whatever a secret may be, or names without secrets."""


def plan_to_pieces(plan: Plan) -> list[bytes]:
    """A line of JSON, and after it the plan's bodies as they are, which may be large: none of them is copied.

    `read_plan` makes an equal plan of it. It holds secrets: never show or save it.
    """
    bodies: list[bytes] = []

    def follows(body: bytes) -> dict[str, int]:
        bodies.append(body)
        return {_FOLLOWS: len(body)}

    values = asdict(plan) | {"job": {TYPE: type(plan.job).__name__, **asdict(plan.job)}}
    return [json.dumps(values, default=follows, separators=(",", ":")).encode() + b"\n", *bodies]


def read_plan(source: BinaryIO) -> Plan:
    """The plan whose pieces come here, and nothing after them."""

    def whole(found: dict[str, Any]) -> Any:
        return source.read(found[_FOLLOWS]) if _FOLLOWS in found else found

    plan: Plan = build(Plan, json.loads(source.readline(), object_hook=whole))
    return plan


def describe_plan(plan: Plan) -> dict[str, Any]:
    """The plan as plain JSON values without secrets; bodies as length and SHA-256.

    Keys are those of Plan; in place of `job` its `requests`, `variables` and `s3`, and `counted`, what it counts in.
    """
    redactor, job = Redactor(plan.secrets), plan.job
    described: dict[str, Any] = {
        "requests": [_described_request(request, redactor) for request in job.requests],
        "variables": [],
    }
    described |= {
        key: value
        for key, value in asdict(plan).items()
        if key not in ("name", "origin", "job", "secrets", "log_every", "slowest", "steered")
    }
    if plan.until_steady is None:  # plans of older results have no such key, and are the same
        del described["until_steady"]
    described["thresholds"] = [condition.text for condition in plan.thresholds]
    described["dialing"] = described_dialing(plan.dialing)
    described["stop"]["abort_if"] = [condition.text for condition in plan.stop.abort_if]
    described |= {"s3": None, "counted": {"noun": job.noun, "per_reply": job.per_reply, "total": job.total}}
    shown: dict[str, Any] = _redacted(described | job.describe(), redactor)
    return {"name": redactor.address(plan.name), "target": redactor.address(str(plan.origin))} | shown


def described_dialing(dialing: Dialing) -> dict[str, Any]:
    """What it says, as plain values; proxies are URLs without user and password."""
    given = {key: value for key, value in asdict(dialing).items() if value not in (None, ())}
    return {
        key: str(getattr(dialing, key)) if key.endswith("_proxy") and key != "no_proxy" else value
        for key, value in given.items()
    }


def _described_request(request: RequestSpec, redactor: Redactor) -> dict[str, Any]:
    looked_for = request.expect.body_contains
    stream: dict[str, Any] = {"grpc": True} if request.grpc else {}
    stream |= {} if request.stream is None else {"stream": _described_stream(request.stream, redactor)}
    if request.websocket is not None:
        stream |= {"websocket": asdict(request.websocket)}
    left_out = {"body_kind", "stream", "grpc", "websocket", "multipart", *(() if request.origin else ("origin",))}
    return (
        {key: value for key, value in asdict(request).items() if key not in left_out}
        | {
            "headers": [[name, redactor.header(name, value)] for name, value in request.headers],
            "body": _described_body(request.body),
            "expect": _described_expect(request.expect)
            | {"body_contains": None if looked_for is None else redactor.bytes_(looked_for)},
        }
        | stream
    )


def _described_stream(stream: PartsSpec, redactor: Redactor) -> dict[str, Any]:
    mark = stream.until_match
    return asdict(stream) | {"until_match": None if mark is None else redactor.bytes_(mark)}


def _described_expect(expect: Expect) -> dict[str, Any]:
    """Without what older results do not know, where it is not there."""
    unset = {"checks": (), "within_s": None}
    return {key: value for key, value in asdict(expect).items() if key not in unset or value != unset[key]}


def _described_body(body: bytes) -> dict[str, Any] | None:
    return {"length": len(body), "sha256": hashlib.sha256(body).hexdigest()} if body else None


def _redacted(value: Any, redactor: Redactor) -> Any:
    """A tree with every text redacted but the program's own words; tuples become lists, an endless duration nothing."""
    if isinstance(value, str):
        return redactor.text(value)
    if value == math.inf:
        return None
    if isinstance(value, dict):
        return {key: item if key in _OWN_WORDS else _redacted(item, redactor) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item, redactor) for item in value]
    return value
