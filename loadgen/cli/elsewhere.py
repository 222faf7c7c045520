"""The machines of a run, which may take long to be there."""

from collections.abc import Callable
from threading import Timer
from typing import Any

from loadgen.base.units import counted
from loadgen.cli.streams import tell

A_WHILE_S = 3.0
"""To log in, or to be told of machines that are there, takes less."""


def opened(where: Any, say: Callable[[str], None] = tell, a_while_s: float = A_WHILE_S) -> Any:
    """The Fleet of a Where (executors/places/machines/fleet.py); what is waited for is said. Raises UsageError."""
    waiting = Timer(a_while_s, say, [f"loadgen: waiting for {_awaited(where)}; Ctrl-C ends that\n"])
    waiting.start()
    try:
        return where.open()
    finally:
        waiting.cancel()
        waiting.join()


def _awaited(where: Any) -> str:
    if where.cluster is None:
        return counted(len(where.commands), "machine")
    return f"{counted(where.machines, 'machine') if where.machines else 'the machines'} of {where.cluster}"
