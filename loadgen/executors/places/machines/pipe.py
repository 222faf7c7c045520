"""A machine whose coordinator is at the other end of standard input and output."""

import asyncio
import os
import queue
import threading

from loadgen.base.loop import run_on_loop
from loadgen.base.processes import begin_as_worker
from loadgen.executors.places.machines.keeping import MakeKeeper, keep_nothing
from loadgen.executors.places.machines.machine import Machine
from loadgen.executors.places.machines.messages import GREETING, Message, encode_message, read_message


def serve_on_pipe(make_keeper: MakeKeeper = keep_nothing) -> str:
    """Greet, and be a machine until standard input ends. What is printed by anybody goes to standard error.

    What is to be told at its end, or nothing."""
    begin_as_worker()
    source, sink = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    out: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    writer = threading.Thread(target=_write, args=(sink, out), daemon=True)
    writer.start()
    out.put(GREETING)
    told = run_on_loop(_serve(source, out, make_keeper))
    out.put(None)
    writer.join(1.0)  # nobody may be there to read the rest
    return told


async def _serve(source: int, out: "queue.SimpleQueue[bytes | None]", make_keeper: MakeKeeper) -> str:
    loop = asyncio.get_running_loop()
    inbox: asyncio.Queue[Message | None] = asyncio.Queue()

    def read() -> None:
        with os.fdopen(source, "rb") as stream:
            message: Message | None = Message("")
            while message is not None:
                message = read_message(stream)
                loop.call_soon_threadsafe(inbox.put_nowait, message)

    threading.Thread(target=read, daemon=True).start()
    machine = Machine(lambda message: out.put(encode_message(message)), make_keeper=make_keeper)
    return await machine.serve(inbox)


def _write(sink: int, out: "queue.SimpleQueue[bytes | None]") -> None:
    try:
        with os.fdopen(sink, "wb") as stream:
            while (data := out.get()) is not None:
                stream.write(data)
                stream.flush()
    except BrokenPipeError:  # the coordinator is gone; the end of our input says so, too
        pass
