"""What two plans must share so that their results can be compared, or merged; in words, where they do not.

Workload, pacing, users and duration belong to it. Where the load goes to and how it is made do not: host, port, mode,
client, processes and workers are what people compare.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from loadgen.base.units import counted, format_duration_s
from loadgen.plan.plan import Plan

_DEFAULTS = {part.name: part.default for part in fields(Plan) if part.default is not MISSING}
_DIFFERENCES = {
    "requests": "other requests",
    "variables": "other variables",
    "targets": "another list of requests",
    "scenario": "other scenarios",
    "http": "one spoke HTTP/2, the other HTTP/1.1",
    "redirects": "one followed redirects further than the other",
    "keep_alive": "one kept its connections, the other opened one for each request",
}
_DURATIONS = {
    "duration_s": "long",
    "warmup_s": "of warm-up",
    "cool_down_s": "of cool-down",
    "ramp_up_s": "of ramp-up",
}


def workload_differences(plan: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Why `other` (both as `describe_plan` gives them) does not send the same as `plan`; empty where it does."""
    found = [difference for key, difference in _DIFFERENCES.items() if _of(plan, key) != _of(other, key)]
    if bool(plan.get("arrivals")) != bool(other.get("arrivals")):
        found.append("one ran at a rate, the other did not")
    return found


def plan_differences(plan: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Why results of `other` cannot be compared with those of `plan`; empty where they can."""
    found = workload_differences(plan, other)
    if plan.get("arrivals") and other.get("arrivals") and plan["arrivals"] != other["arrivals"]:
        found.append("other arrivals")
    if _of(plan, "user_stages") != _of(other, "user_stages"):
        found.append("other stages of users")
    if _of(plan, "users") != _of(other, "users"):
        found.append(f"{counted(_of(other, 'users') or 0, 'connection')} instead of {_of(plan, 'users')}")
    if _of(plan, "requests_limit") != _of(other, "requests_limit"):
        found.append(f"{_amount(other)} instead of {_amount(plan)}")
    if _pause(plan) != _pause(other):
        found.append(f"a pause of {_pause(other)} instead of {_pause(plan)} after each reply")
    for key, what in _DURATIONS.items():
        if _of(plan, key) != _of(other, key):
            found.append(f"{_length(other, key)} instead of {_length(plan, key)} {what}")
    return found


def _of(plan: Mapping[str, Any], key: str) -> Any:
    """A value of the plan, or what it is where an older file does not say."""
    return plan.get(key, _DEFAULTS.get(key)) or None


def _amount(plan: Mapping[str, Any]) -> str:
    limit = _of(plan, "requests_limit")
    return counted(limit, "request") if limit else "no limit of requests"


def _pause(plan: Mapping[str, Any]) -> str:
    low_s, high_s = _of(plan, "think_s") or (0.0, 0.0)
    ends = [format_duration_s(low_s), format_duration_s(high_s)]
    return "..".join(dict.fromkeys(ends))


def _length(plan: Mapping[str, Any], key: str) -> str:
    seconds = _of(plan, key)
    if seconds is None:
        return "no limit" if key == "duration_s" else "0s"
    return format_duration_s(seconds)
