"""What ends the process at once, `os._exit` and `os.abort`, as an exception while a person's code runs."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class ProgramEnd(BaseException):
    """Code called what would have ended the program without a word, its report with it."""


_here = threading.local()
"""`pid` is that of the process in which this thread runs a person's code: a fork of it may end as it likes."""


@contextmanager
def exits_raised() -> Iterator[None]:
    """Have `os._exit` and `os.abort` raise ProgramEnd in this thread, however they are imported."""
    for name, end in (("_exit", os._exit), ("abort", os.abort)):
        if not hasattr(end, "ends"):
            setattr(os, name, _raising(name, end))
    before = getattr(_here, "pid", None)
    _here.pid = os.getpid()
    try:
        yield
    finally:
        _here.pid = before


def _raising(name: str, end: Callable[..., Any]) -> Callable[..., Any]:
    def exits(*arguments: Any) -> Any:
        if getattr(_here, "pid", None) == os.getpid():
            raise ProgramEnd(f"os.{name}({', '.join(map(repr, arguments))})")
        return end(*arguments)

    exits.ends = end  # type: ignore[attr-defined]
    return exits
