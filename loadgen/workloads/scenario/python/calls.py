"""Operations of the user's own that are timed: whatever a function does, by a real task or in a thread."""

import asyncio
import inspect
from collections.abc import Callable, Generator
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.workloads.base import Wait


@dataclass(frozen=True, slots=True)
class Called:
    """What came of a call: its `value`, or the `error` that it raised; `detail` is that on one line."""

    value: Any = None
    error: BaseException | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing was raised."""
        return self.error is None

    @property
    def detail(self) -> str:
        """The type and the first line of the error."""
        if self.error is None:
            return ""
        text = str(self.error).strip().splitlines()
        return f"{type(self.error).__name__}: {text[0]}" if text else type(self.error).__name__


def called(function: Callable[..., Any], args: tuple[Any, ...], *, in_thread: bool) -> Generator[Any, Any, Called]:
    """The steps of a call. A coroutine runs as a task of the running loop; what it raises is a value here."""
    if in_thread:
        future = asyncio.get_running_loop().run_in_executor(None, function, *args)
        return (yield from _awaited(future))
    try:
        value = function(*args)
    except Exception as error:
        return Called(error=error)
    if not inspect.isawaitable(value):
        return Called(value)
    return (yield from _awaited(asyncio.ensure_future(value)))


def _awaited(future: "asyncio.Future[Any]") -> Generator[Any, Any, Called]:
    yield Wait(future)
    try:
        return Called(future.result())
    except Exception as error:
        return Called(error=error)
