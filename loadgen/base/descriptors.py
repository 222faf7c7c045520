"""How many files and connections this process may have open."""

import resource
from collections.abc import Callable

Limits = tuple[int, int]


def raise_descriptor_limit(
    get: Callable[[int], Limits] = resource.getrlimit, put: Callable[[int, Limits], None] = resource.setrlimit
) -> int:
    """Raise the soft limit of open files to the hard one; the limit in force."""
    soft, hard = get(resource.RLIMIT_NOFILE)
    if hard not in (soft, resource.RLIM_INFINITY):
        try:
            put(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            return soft
    return get(resource.RLIMIT_NOFILE)[0]
