"""Where two results were made: on the same machine, with the same software?"""

from collections.abc import Mapping
from typing import Any

_MACHINE = {"cpu": "processor", "cores": "usable cores", "machine": "architecture"}
_SOFTWARE = {"system": "system", "python": "Python", "gil": "GIL", "loadgen": "loadgen"}


def machine_differences(environment: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """How the other machine is not the same; empty where it is, or where nothing is known of one of them."""
    return _differences(_MACHINE, environment, other)


def software_differences(environment: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """What else differs of a result's environment, and may explain a figure."""
    found = _differences(_SOFTWARE, environment, other)
    versions, others = environment.get("versions") or {}, other.get("versions") or {}
    return found + _differences({name: name for name in versions}, versions, others)


def _differences(names: Mapping[str, str], one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [
        f"{said} {other[key]} instead of {one[key]}"
        for key, said in names.items()
        if key in one and key in other and one[key] != other[key]
    ]
