"""A machine whose coordinator is at the other end of standard input and output.

As `python -m loadgen.executors.places.machines.pipe` it is what a Dask worker starts.
"""

import asyncio
import os
import queue
import sys
import threading

from loadgen.base.loop import run_on_loop
from loadgen.base.processes import begin_as_worker
from loadgen.executors.places.machines.machine import Machine
from loadgen.executors.places.machines.messages import GREETING, Message, encode_message, read_message


def serve_on_pipe() -> None:
    """Greet, and be a machine until standard input ends. What is printed by anybody goes to standard error."""
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
    run_on_loop(_serve(source, out))
    out.put(None)
    writer.join(1.0)  # nobody may be there to read the rest
    sys.stderr.flush()


async def _serve(source: int, out: "queue.SimpleQueue[bytes | None]") -> None:
    loop = asyncio.get_running_loop()
    inbox: asyncio.Queue[Message | None] = asyncio.Queue()

    def read() -> None:
        with os.fdopen(source, "rb") as stream:
            message: Message | None = Message("")
            while message is not None:
                message = read_message(stream)
                loop.call_soon_threadsafe(inbox.put_nowait, message)

    threading.Thread(target=read, daemon=True).start()
    await Machine(lambda message: out.put(encode_message(message))).serve(inbox)


def _write(sink: int, out: "queue.SimpleQueue[bytes | None]") -> None:
    try:
        with os.fdopen(sink, "wb") as stream:
            while (data := out.get()) is not None:
                stream.write(data)
                stream.flush()
    except BrokenPipeError:  # the coordinator is gone; the end of our input says so, too
        pass


if __name__ == "__main__":
    serve_on_pipe()
