"""A run that measured nothing but redirects, which were not followed: each good, and hardly what was meant."""

import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from loadgen.base.redact import REDACTED
from loadgen.base.reply import Expect
from loadgen.results.requests import RequestResult
from loadgen.results.result import Result

_NONE = "redirects are not followed"
_USUAL = [list(pair) for pair in Expect().statuses]


def redirect_notes(result: Result) -> list[str]:
    """One sentence, with what to type, for each request of the plan whose good replies all were redirects.

    A profile that says which status is expected means it, and journeys go on from a redirect as they like.
    """
    how = "those that lead elsewhere are not followed" if result.plan.get("redirects") else _NONE
    plans = {request.get("name"): request for request in result.plan.get("requests", ())}
    return [
        _note(name, seen, str(result.plan.get("target", "")), plans[name], how, several=len(result.requests) > 1)
        for name, seen in result.requests.items()
        if name in plans and _redirects_only(seen) and plans[name].get("expect", {}).get("statuses", _USUAL) == _USUAL
    ]


def _redirects_only(seen: RequestResult) -> bool:
    return bool(seen.ledger.ok and seen.status_codes) and all(status.startswith("3") for status in seen.status_codes)


def _note(name: str, seen: RequestResult, target: str, plan: Mapping[str, Any], how: str, *, several: bool) -> str:
    statuses = ", ".join(sorted(seen.status_codes))
    of = f" to {name}" if several else ""
    if not seen.redirects_to:
        return f"every reply{of} was a redirect ({statuses}) without a Location; {how}"
    there = urljoin(f"{target}{plan.get('path', '')}", seen.redirects_to)
    remedy = "ask for what you mean to measure"
    if REDACTED not in there and urlsplit(there).scheme in ("http", "https"):
        remedy = f"to measure what is there, use {shlex.quote(there.partition('#')[0])}"
    return (
        f"every reply{of} was a redirect ({statuses}), the first to {seen.redirects_to!r}; {how}: "
        f"{remedy}, or set `expect: {{status: {statuses.split(', ')[0]}}}` in a profile if they are what you want"
    )
