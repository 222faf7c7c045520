"""What a file does before and after: `per_run` and `per_user`, functions with one `yield` between both, or without."""

import inspect
import sys
from collections.abc import AsyncGenerator, Callable
from typing import Any

from loadgen.plan.declarations import Declarations
from loadgen.workloads.scenario.python.greenlets import PlainFunction, need_greenlets, plain_view

Part = Callable[[], Any]
"""Gives something to await."""


def is_plain(function: Callable[..., Any]) -> bool:
    """Whether it waits by itself: no `async def`."""
    return not (inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function))


def plain_functions(declared: Declarations) -> tuple[list[Callable[..., Any]], bool]:
    """Those of the file that wait by themselves, and whether there are others, too. Raises UsageError where such
    functions cannot be called here.
    """
    items = [*declared.scenarios, *filter(None, (declared.per_user, declared.per_run))]
    plain = [item.function for item in items if is_plain(item.function)]
    if plain:
        need_greenlets()
    return plain, len(plain) < len(items)


def parts(function: Callable[[Any], Any], user: Any) -> tuple[Part, Part]:
    """What is to be awaited before, which gives what is yielded, and after."""
    if inspect.isasyncgenfunction(function):
        steps = function(user)
        return lambda: _first_of(steps), lambda: anext(steps, None)
    if is_plain(function):
        user = plain_view(user)
    if inspect.isgeneratorfunction(function):
        plain = function(user)
        step = PlainFunction(lambda _: next(plain, None))
        return lambda: step(user), lambda: step(user)
    whole = PlainFunction(function) if is_plain(function) else function
    return lambda: whole(user), _nothing


def _first_of(steps: AsyncGenerator[Any, None]) -> Any:
    """The loop is not to hear of it: at its end it would go on with one that was left in the middle."""
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        return anext(steps, None)
    finally:
        sys.set_asyncgen_hooks(*hooks)


async def _nothing() -> None:
    """There is no part after."""
