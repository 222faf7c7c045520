"""`--wait`: nothing runs until the target takes connections, and keeps them."""

import asyncio
import signal
from dataclasses import replace

from loadgen.base.clock import NS_PER_S, now_ns
from loadgen.base.errors import UsageError
from loadgen.base.units import format_duration_s
from loadgen.clients.endpoint import endpoint_of
from loadgen.measure.progress import Snapshot
from loadgen.plan.plan import Plan
from loadgen.session.observers import Observers
from loadgen.session.reach import not_up, place_of
from loadgen.session.signals import signals_to

PAUSE_S = 0.1
"""Between two looks: a connection costs a server next to nothing, and a pipeline waits so much longer at most."""


async def wait_for_target(plan: Plan, observers: Observers) -> tuple[str, str] | None:
    """Wait for the plan's origin. None once it is up, else why the run has ended, and by what: a signal, or it is not
    up in time. Raises UsageError where its name has no address even then.
    """
    stopped: asyncio.Future[signal.Signals] = asyncio.get_running_loop().create_future()

    def stop(number: signal.Signals) -> None:
        if not stopped.done():
            stopped.set_result(number)

    waiting = Snapshot(0.0, None, None, 0, 0.0, None, 0, 0, plan.users, "opening", f"waiting for {plan.origin}")
    began_ns = now_ns()
    with signals_to(stop):
        while missing := await _missing(plan):
            elapsed_s = (now_ns() - began_ns) / NS_PER_S
            if elapsed_s >= plan.wait_s:
                text = f"{missing} (after {format_duration_s(plan.wait_s)} of --wait)"
                if isinstance(missing, UsageError):
                    raise UsageError(text)
                return text, "unreachable"
            observers.progress(replace(waiting, elapsed_s=elapsed_s))
            await asyncio.wait([stopped], timeout=min(PAUSE_S, plan.wait_s - elapsed_s))
            if stopped.done():
                return f"{stopped.result().name} received while waiting for the target", "signal"
    return None


async def _missing(plan: Plan) -> UsageError | str:
    """What is not there yet."""
    try:
        endpoint = await endpoint_of(plan)
    except UsageError as error:
        return error
    why = await asyncio.get_running_loop().run_in_executor(None, not_up, endpoint)
    return f"{place_of(endpoint)} is not up: {why}" if why else ""
