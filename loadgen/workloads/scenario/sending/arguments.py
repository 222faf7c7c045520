"""The options that a user's code gives with a request, checked."""

from collections.abc import Mapping
from typing import Any

from loadgen.base.clock import NS_PER_S, s_to_ns
from loadgen.base.reply import Expect
from loadgen.base.units import listed
from loadgen.plan.expectations import READERS
from loadgen.workloads.scenario.replies.expecting import checked

BODY_OPTIONS = frozenset(("json", "form", "data", "files"))
JSON_ONLY = frozenset(("json",))
HEADERS_ONLY = frozenset(("headers",))
PLAIN_OPTIONS = JSON_ONLY | HEADERS_ONLY
"""Those that make no request of another kind."""

_INSTEAD = {
    "body": ": a body is json=, form=, files= or data=",
    "allow_redirects": ": redirects=0 follows none",
    "query": ": params= are added to the path",
    "cookies": ": user.cookies are sent by themselves",
    "auth": ": user.headers are sent with every request",
    "verify": ": --insecure and --cacert are of the run",
    "catch_response": ": expect= says what is good, and user.check(name, condition) counts what else is to hold",
}
"""What other programs call it."""
OPTIONS = BODY_OPTIONS | {"name", "params", "headers", "expect", "timeout", "needed", "redirects", "values", "stream"}


def refuse_unknown(options: Mapping[str, Any]) -> None:
    """Raises TypeError for an option that a request does not have."""
    unknown = options.keys() - OPTIONS
    if unknown:
        name = sorted(unknown)[0]
        known = f"it has {', '.join(sorted(OPTIONS))}"
        raise TypeError(f"a request has no option {name!r}{_INSTEAD.get(name, '')}; {known}")


def hashable(expect: Any) -> Any:
    """What stands for `expect=` of a request in a key."""
    if expect is None or type(expect) is int:
        return expect
    if isinstance(expect, dict):
        pairs = expect.items()
        return tuple([(name, value if type(value) in (int, str) else hashable(value)) for name, value in pairs])
    return tuple(expect) if isinstance(expect, list | set) else expect


def read_timeout_ns(timeout: object) -> int | None:
    """`timeout=` of a request. Raises ValueError."""
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < float("inf"):
        raise ValueError(f"timeout: expected seconds above 0, got {timeout!r}")
    return max(1, s_to_ns(timeout))


def make_expect(expect: Any) -> Expect:
    """`expect=` of a request: a status, several of them, or a mapping of `status`, `contains`, `length`, `json`,
    `header`, `regex`, `sha256` and `time`, in seconds."""
    if isinstance(expect, Expect):
        return expect
    if not isinstance(expect, Mapping):
        return Expect(_statuses(expect))
    known = ("status", "contains", "length", *READERS, "time")
    unknown = expect.keys() - {*known}
    if unknown:
        raise TypeError(f"expect has no {sorted(unknown)[0]!r}; it has {listed(known, 'and')}")
    contains = expect.get("contains")
    looked_for = contains.encode() if isinstance(contains, str) else contains
    statuses = _statuses(expect["status"]) if "status" in expect else Expect().statuses
    checks = tuple(check for key, read in READERS.items() if key in expect for check in read(expect[key]))
    within_ns = read_timeout_ns(expect.get("time"))
    within_s = None if within_ns is None else within_ns / NS_PER_S
    return checked(Expect(statuses, looked_for, expect.get("length"), True, checks, within_s))


def _statuses(given: Any) -> tuple[tuple[int, int], ...]:
    """200, "2xx", (200, 404) or any list of them."""
    items = given if isinstance(given, list | tuple | set | range) else [given]
    ranges = []
    for item in items:
        text = str(item).lower()
        if text.endswith("xx") and text[:-2].isdigit():
            ranges.append((int(text[0]) * 100, int(text[0]) * 100 + 99))
        elif text.isdigit() and 100 <= int(text) <= 999:
            ranges.append((int(text), int(text)))
        else:
            raise TypeError(f"expect: a status is a number such as 201, or '2xx', not {item!r}")
    return tuple(ranges)
