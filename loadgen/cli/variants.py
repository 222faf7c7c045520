"""The matrix of `compare`: targets, and lists of modes, clients and so on -> variants of one plan."""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from loadgen.base.environment import gil_enabled, usable_cores
from loadgen.base.errors import UsageError
from loadgen.base.redact import Redactor
from loadgen.cli.plans import profile_for, with_body
from loadgen.plan.build import topology_of
from loadgen.plan.plan import Plan
from loadgen.plan.topology import TopologyError
from loadgen.session.here import plan_here

if TYPE_CHECKING:  # what runs a plan
    from loadgen.executors.places.base import Site

DIMENSIONS = ("mode", "client", "processes", "workers", "connections")
DEFAULT_MODES = "pool,threads,async"
NOT_FOR = {"threads": ("workers",), "async": ("processes", "workers")}
"""What a mode decides by itself."""


def make_variants(
    targets: Sequence[str], settings: Sequence[str] | None, flags: Mapping[str, Any], site: "Site | None" = None
) -> tuple[dict[str, Plan], list[str]]:
    """Every combination of the lists in `flags` that can be, by what sets it apart, and a line for each that cannot.

    What a mode decides by itself is not multiplied: `--modes async,pool --workers 1,4` are three variants. With several
    targets each combination is done with all of them. With one, and without a list, it is the modes that are compared.
    Raises UsageError where fewer than two variants are left.
    """
    lists = {key: _entries(key, flags[key]) for key in DIMENSIONS if key in flags}
    if len(targets) == 1 and all(len(entries) == 1 for entries in lists.values()) and "mode" not in lists:
        lists["mode"] = DEFAULT_MODES.split(",")
    base = {key: value for key, value in with_body(flags).items() if key not in DIMENSIONS}
    varying = [key for key, entries in lists.items() if len(entries) > 1]
    room = (usable_cores(), gil_enabled(), 1)
    if site is not None:
        room = (site.cores, gil_enabled(), site.least_processes)
    variants: dict[str, Plan] = {}
    left_out: list[str] = []
    names = target_labels(targets)
    for chosen, (target, name) in product(_combinations(lists), zip(targets, names, strict=True)):
        profile = profile_for(target, settings, {**base, **chosen})
        label = " ".join(filter(None, (_label(chosen, varying), name)))
        try:
            topology_of(profile, room)
        except TopologyError as error:
            left_out.append(f"{label}: {error}" if label else str(error))
        else:
            variants[_unique(label, variants)] = plan_here(profile, site)
    if not variants:
        raise UsageError("\n".join(left_out))
    if len(variants) < 2:
        raise UsageError("\n".join(["nothing to compare: give at least two, as --modes pool,threads", *left_out]))
    return variants, left_out


def target_labels(targets: Sequence[str]) -> list[str]:
    """What sets several targets apart: their paths where they are of one server, else the whole, without its scheme and
    without user and password. One alone needs no label."""
    if len(targets) == 1:
        return [""]
    short = [re.sub(r"^https?://([^/?#]*@)?", "", target) for target in targets]
    servers = {text.partition("/")[0] for text in short}
    is_url = all("://" in target for target in targets)
    paths = ["/" + text.partition("/")[2] for text in short]
    labels = paths if is_url and len(servers) == 1 and len({*paths}) > 1 else [text.rstrip("/") for text in short]
    return [Redactor().text(label) for label in labels]


def _combinations(lists: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """In the order of the lists, the first of which interleaved slowest; one that comes of dropping a key only once.

    An entry that was given twice stands for itself: comparing a thing with itself shows the noise.
    """
    several = len(lists.get("mode", ())) > 1
    found: list[dict[str, str]] = []
    seen = set()
    for entries in product(*(list(enumerate(lists[key])) for key in lists)):
        chosen = dict(zip(lists, entries, strict=True))
        if several:
            for key in NOT_FOR.get(chosen["mode"][1], ()):
                chosen.pop(key, None)
        if tuple(chosen.items()) not in seen:
            seen.add(tuple(chosen.items()))
            found.append({name: value for name, (_, value) in chosen.items()})
    return found


def _entries(key: str, text: str) -> list[str]:
    entries = [entry.strip() for entry in text.split(",")]
    if not all(entries):
        raise UsageError(f"--{key}: expected a list such as {'1,4' if key != 'mode' else DEFAULT_MODES}, got {text!r}")
    return entries


def _label(chosen: Mapping[str, str], varying: Sequence[str]) -> str:
    parts = []
    for key in DIMENSIONS:
        if key in chosen and key in varying:
            value = chosen[key]
            noun = key if value != "1" else {"processes": "process"}.get(key, key.removesuffix("s"))
            parts.append(value if key in ("mode", "client") else f"{value} {noun}")
    return " ".join(parts)


def _unique(label: str, taken: Collection[str]) -> str:
    times = sum(other == label or other.startswith(f"{label} (") for other in taken)
    return label if not times else f"{label} ({times + 1})"
