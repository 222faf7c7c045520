"""A machine whose coordinator is at the other end of standard input and output."""

import asyncio
import os

from loadgen.base.loop import run_on_loop
from loadgen.base.processes import begin_as_worker
from loadgen.executors.places.machines.links.messages import GREETING, Message, encode_message
from loadgen.executors.places.machines.links.pipe_ends import PipeReader, PipeWriter
from loadgen.executors.places.machines.machine.keeping import MakeKeeper, keep_nothing
from loadgen.executors.places.machines.machine.machine import Machine


def serve_on_pipe(make_keeper: MakeKeeper = keep_nothing) -> str:
    """Greet, and be a machine until standard input ends. What is printed by anybody goes to standard error.

    What is to be told at its end, or nothing."""
    begin_as_worker()
    source, sink = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    writer = PipeWriter(os.fdopen(sink, "wb", buffering=0))
    writer.send(GREETING)
    told = run_on_loop(_serve(PipeReader(os.fdopen(source, "rb", buffering=0)), writer, make_keeper))
    writer.close()
    writer.wait(1.0)
    return told


async def _serve(reader: PipeReader, writer: PipeWriter, make_keeper: MakeKeeper) -> str:
    inbox: asyncio.Queue[Message | None] = asyncio.Queue()
    reader.listen(inbox.put_nowait)
    try:
        machine = Machine(lambda message: writer.send(encode_message(message)), make_keeper=make_keeper)
        return await machine.serve(inbox)
    finally:
        reader.close()
