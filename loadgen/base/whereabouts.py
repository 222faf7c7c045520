"""Where a thread is right now, in code that is the user's own."""

import sys
import sysconfig
from pathlib import Path
from types import FrameType

_LOADGEN = f"{Path(__file__).parents[1]}/"
_CALLED = (f"{_LOADGEN}workloads/", f"{_LOADGEN}measure/", f"{_LOADGEN}pacing/")  # by scenarios
_SHIPPED = f"{_LOADGEN}profiles/"
_LIBRARIES = tuple({f"{sysconfig.get_path(name)}/" for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def whereabouts(thread: int | None) -> str:
    """The innermost line that is neither ours nor a library's, as `shop.py:12 in buy`; "" where our own code runs."""
    frame = sys._current_frames().get(thread or 0)
    while frame is not None:
        if is_the_users(frame.f_code.co_filename):
            return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} in {frame.f_code.co_name}"
        frame = None if _drives(frame) else frame.f_back
    return ""


def _drives(frame: FrameType) -> bool:
    """Whether it is ours, and what is outside of it is none of a scenario's."""
    file = frame.f_code.co_filename
    return file.startswith(_LOADGEN) and not file.startswith(_CALLED)


def is_the_users(file: str) -> bool:
    """Whether code of this file is neither ours nor a library's."""
    if file.startswith(_LOADGEN):
        return file.startswith(_SHIPPED)
    return not file.startswith(("<", *_LIBRARIES))
