"""What `loadgen run tasks.py:resize` means, where flags do not say it: how often, by how many, and until when."""

import inspect
from collections.abc import Mapping
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.workloads.callables.job import load_callable

_OFTEN = ("total_requests", "duration", "stages", "journeys_per_user")
GRACE = "1h"
"""What was begun is awaited: a call has no timeout, and a second signal ends it all."""


def flags_for(target: str, flags: Mapping[str, Any]) -> dict[str, Any]:
    """The flags with what holds for calls. Raises UsageError for a function that cannot be called."""
    given = dict(flags)
    function = load_callable(target)
    if not any(key in given for key in _OFTEN):
        raise UsageError(f"-n: how often is {target} to be called? Such as `loadgen run {target} -n 1000`")
    if "target" in given:
        raise UsageError("--target: a function has none; what it calls is for itself to say")
    if "wait" in given:
        raise UsageError("--wait: a function has no target to wait for")
    if "workers" in given:
        if "connections" in given:
            raise UsageError("--workers: the same as -c, where a function is called: give one of them")
        given["connections"] = given.pop("workers")
    given.setdefault("mode", "async" if inspect.iscoroutinefunction(function) else "threads")
    given.setdefault("grace", GRACE)
    if not given.get("fail_fast"):
        given.setdefault("max_errors", "1")
    return given
