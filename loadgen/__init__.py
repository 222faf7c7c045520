"""A load generator: virtual users on a thread pool driven by asyncio futures.

    plan = loadgen.load_profile("my-profile.yaml", duration="10s")
    result = loadgen.run(plan)

What is behind these names is imported when one of them is asked for: worker processes ask for none.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loadgen.api import Observer, Plan, ProfileError, Result, UsageError, load_profile, load_result, run

__all__ = [
    "Observer", "Plan", "ProfileError", "Result", "UsageError", "__version__", "load_profile", "load_result", "run",
]  # fmt: skip
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("loadgen.api"), name)
