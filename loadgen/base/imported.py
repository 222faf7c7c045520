"""What is imported only when it is needed."""

import gc
import sys
from importlib import import_module
from typing import Any


def imported(module: str, name: str) -> Any:
    """`name` of `module`, for a command: nothing that is imported is garbage, so the collector does not look at it."""
    if module not in sys.modules:
        gc.disable()
        try:
            import_module(module)
            gc.freeze()
        finally:
            gc.enable()
    return getattr(import_module(module), name)  # which waits where another thread imports it just now
