"""What a run was of, in a few words: of a Result's plan."""

from collections.abc import Mapping
from typing import Any

from loadgen.base.units import counted, format_bytes
from loadgen.report.draw.style import clean


def title(plan: Mapping[str, Any]) -> str:
    """`checkout: http://127.0.0.1:8080, 3 kinds of requests`, or `GET http://127.0.0.1:8080/` for a single one."""
    if isinstance(s3 := plan.get("s3"), Mapping):
        return _s3_title(plan, s3)
    if isinstance(scenario := plan.get("scenario"), Mapping):
        return _scenario_title(plan, scenario)
    requests = [spec for spec in plan.get("requests") or [] if isinstance(spec, Mapping)]
    target = origin = str(plan.get("target", ""))
    if isinstance(listed := plan.get("targets"), Mapping):
        return clean(f"{target}, {counted(listed.get('requests', 0), 'request')} of {listed.get('file')}")
    if len(requests) == 1:
        target = f"{requests[0].get('method', '')} {target}{requests[0].get('path', '')}".strip()
    elif requests:
        target = f"{target}, {len(requests)} kinds of requests"
    name = str(plan.get("name", ""))
    return clean(target if origin and origin in name else ": ".join(filter(None, (name, target))))


def _scenario_title(plan: Mapping[str, Any], scenario: Mapping[str, Any]) -> str:
    """`shop.py: http://127.0.0.1:8080, 2 journeys`, or `the journey buy` for a single one."""
    if scenario.get("function"):
        return clean(str(plan.get("name", "")))
    names = [str(spec.get("name", "")) for spec in scenario.get("journeys") or [] if isinstance(spec, Mapping)]
    what = f"the journey {names[0]}" if len(names) == 1 else f"{len(names)} journeys"
    target, name = str(plan.get("target", "")), str(plan.get("name", ""))
    return clean(": ".join(filter(None, (name if name != target else "", f"{target}, {what}"))))


def _s3_title(plan: Mapping[str, Any], s3: Mapping[str, Any]) -> str:
    """`S3 put on http://127.0.0.1:9000/photos, objects of 4.00 KiB`."""
    name = f"{plan.get('name')}: " if plan.get("name") not in (None, "", plan.get("target")) else ""
    what = f", {s3['range_bytes']:,} bytes of each object" if s3.get("range_bytes") else ""
    what += ", by presigned URLs" if s3.get("presigned") else ""
    what += f", at {len(s3['hosts'])} endpoints" if s3.get("hosts") else ""
    return clean(f"{name}S3 {s3.get('job')} on {plan.get('target')}/{s3.get('bucket')}, {_s3_objects(s3)}{what}")


def _s3_objects(s3: Mapping[str, Any]) -> str:
    if s3.get("source") is not None:
        to = s3.get("to")
        into = f" into {to.get('bucket')}/{s3.get('prefix')}" if isinstance(to, Mapping) else ""
        return f"what is under {s3['source']!r}{into}" if s3["source"] else f"all that is there{into}"
    if s3.get("existing") is not None:
        return f"what is there under {s3['existing']!r}" if s3["existing"] else "all that is there"
    sizes = [
        format_bytes(low) if low == high else f"{format_bytes(low)} to {format_bytes(high)}"
        for low, high, _ in s3.get("sizes") or []
    ]
    return f"objects of {' or '.join(sizes)}"
