"""What a file does before and after: `per_run` and `per_user`, functions with one `yield` between both, or without."""

import inspect
from collections.abc import Callable
from typing import Any

from loadgen.workloads.scenario.greenlets import as_coroutine_function

Part = Callable[[], Any]
"""Gives something to await."""


def is_plain(function: Callable[..., Any]) -> bool:
    """Whether it waits by itself: no `async def`."""
    return not (inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function))


def parts(function: Callable[[Any], Any], user: Any) -> tuple[Part, Part]:
    """What is to be awaited before, which gives what is yielded, and after."""
    if inspect.isasyncgenfunction(function):
        steps = function(user)
        return lambda: anext(steps, None), lambda: anext(steps, None)
    if inspect.isgeneratorfunction(function):
        plain = function(user)
        step = as_coroutine_function(lambda _: next(plain, None))
        return lambda: step(user), lambda: step(user)
    whole = as_coroutine_function(function) if is_plain(function) else function
    return lambda: whole(user), _nothing


async def _nothing() -> None:
    """There is no part after."""
