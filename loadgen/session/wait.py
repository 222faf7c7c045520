"""`--wait`: nothing runs until the target answers."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from loadgen.base.clock import NS_PER_S, now_ns
from loadgen.base.errors import UsageError
from loadgen.base.units import format_duration_s
from loadgen.clients.endpoint import endpoint_of
from loadgen.measure.progress import Snapshot
from loadgen.plan.plan import Plan
from loadgen.session.answer import ENDED, Answer
from loadgen.session.observers import Observers
from loadgen.session.reach import LOOK_S, place_of, wrong_scheme
from loadgen.session.signals import signals_to

PAUSE_S = 0.1
"""Between two looks: a connection costs a server next to nothing, and a pipeline waits so much longer at most."""


async def wait_for_target(plan: Plan, observers: Observers) -> tuple[str, str] | None:
    """Wait for the plan's target. None once it is up, else why the run has ended, and by what: a signal, or it is not
    up in time. Raises UsageError where its name has no address even then.
    """
    stopped: asyncio.Future[signal.Signals] = asyncio.get_running_loop().create_future()

    def stop(number: signal.Signals) -> None:
        if not stopped.done():
            stopped.set_result(number)

    waiting = Snapshot(0.0, None, None, 0, 0.0, None, 0, 0, plan.users, "opening", f"waiting for {plan.origin}")
    began_ns = now_ns()

    def elapsed_s() -> float:
        return (now_ns() - began_ns) / NS_PER_S

    def show() -> None:
        observers.progress(replace(waiting, elapsed_s=elapsed_s()))

    with signals_to(stop):
        while not stopped.done():
            missing = await _looked(plan, plan.wait_s - elapsed_s(), stopped, show)
            if stopped.done():
                break
            if not missing:
                return None
            if elapsed_s() >= plan.wait_s:
                missing = await _explained(plan, missing)
                text = f"{missing} (after {format_duration_s(plan.wait_s)} of --wait)"
                if isinstance(missing, UsageError):
                    raise UsageError(text)
                return text, "unreachable"
            show()
            await asyncio.wait([stopped], timeout=min(PAUSE_S, plan.wait_s - elapsed_s()))
    return f"{stopped.result().name} received while waiting for the target", "signal"


async def _looked(
    plan: Plan, left_s: float, stopped: asyncio.Future[signal.Signals], show: Callable[[], None]
) -> UsageError | str:
    """What is not there yet; where it takes long to be seen, that is shown."""
    look = _Look(plan, left_s)
    looking = asyncio.ensure_future(look.missing())
    either: list[asyncio.Future[Any]] = [stopped, looking]
    await asyncio.wait(either, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
    while not stopped.done() and not looking.done():
        show()
        await asyncio.wait(either, timeout=PAUSE_S, return_when=asyncio.FIRST_COMPLETED)
    if stopped.done():
        look.cut()
    return await looking


async def _explained(plan: Plan, missing: UsageError | str) -> UsageError | str:
    """What was missing to the end, or why it was in vain: a server that speaks TLS says nothing to who does not."""
    if isinstance(missing, UsageError) or plan.origin.scheme != "http" or not missing.endswith(ENDED):
        return missing
    endpoint = await endpoint_of(plan)
    return await asyncio.get_running_loop().run_in_executor(None, wrong_scheme, endpoint) or missing


class _Look:
    """One look at the target."""

    def __init__(self, plan: Plan, left_s: float) -> None:
        self._plan = plan
        self._within_s = max(LOOK_S, min(left_s, plan.timeout_s))
        self._answer: Answer | None = None
        self._is_cut = False

    def cut(self) -> None:
        """Let it end soon."""
        self._is_cut = True
        if self._answer is not None:
            self._answer.cut()

    async def missing(self) -> UsageError | str:
        """What is not there yet."""
        try:
            endpoint = await endpoint_of(self._plan)
            self._answer = Answer(self._plan, endpoint)
        except UsageError as error:
            return error
        if self._is_cut:
            return ""
        why = await asyncio.get_running_loop().run_in_executor(None, self._answer.missing, self._within_s)
        return f"{place_of(endpoint)} is not up: {why}" if why else ""
