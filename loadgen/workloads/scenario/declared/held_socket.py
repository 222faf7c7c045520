"""A WebSocket that a step holds: messages in turn, each with its answers."""

import asyncio
from collections.abc import Callable, Sequence

from loadgen.base.clock import NS_PER_S, Clock, s_to_ns
from loadgen.plan.jobs.websocket import WebSocketSpec
from loadgen.workloads.scenario.websocket.socket import WebSocket


async def hold(socket: WebSocket, spec: WebSocketSpec, messages: Sequence[str], timeout_s: float, clock: Clock) -> None:
    """Open it, send, and close it in the end. Raises JourneyEndedError."""
    until_ns = None if spec.stay_s is None else clock() + s_to_ns(spec.stay_s)
    counts = _counter(spec.answer)
    async with socket:
        turn = 0
        while messages and (turn < len(messages) if until_ns is None else clock() < until_ns):
            next_ns = clock() + s_to_ns(spec.every_s)
            await socket.send(messages[turn % len(messages)])
            for _ in range(spec.answers):
                await socket.receive(timeout_s, counts)
            turn += 1
            await asyncio.sleep(0)  # what is never waited for would hold up all others
            await _stay(socket, next_ns if until_ns is None else min(next_ns, until_ns), clock)
        if until_ns is not None:
            await _stay(socket, until_ns, clock)


async def _stay(socket: WebSocket, until_ns: int, clock: Clock) -> None:
    """Until then, whatever comes; fails where the server closes before."""
    while (left_ns := until_ns - clock()) > 0:
        await socket.idle(left_ns / NS_PER_S)


def _counter(answer: str) -> Callable[[bytes], bool] | None:
    looked_for = answer.encode()
    return (lambda data: looked_for in data) if answer else None
