"""What a user sends at the same time, as it is written."""

from typing import Any


def batched(item: "str | tuple[Any, ...]") -> tuple[str, str, tuple[object, ...], dict[str, Any]]:
    """Method, path, values and options of one of them. Raises TypeError."""
    if isinstance(item, str):
        return "GET", item, (), {}
    method, path, *values = _checked(item)
    options = values.pop() if values and isinstance(values[-1], dict) else {}
    return method, path, tuple(values), options


def _checked(item: object) -> tuple[Any, ...]:
    """Method, path and what follows. Raises TypeError for anything else."""
    if isinstance(item, tuple) and len(item) > 1 and isinstance(item[1], str) and "/" not in str(item[0]):
        return item
    raise TypeError(
        f'batch: expected a path, or a tuple such as ("POST", "/x/{{}}", 3, {{"json": ...}}), got {item!r}; '
        "several are given one after another"
    )
