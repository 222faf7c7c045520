"""A machine at the other end of Dask: an actor on a Dask worker, which starts the machine and passes on what is said.

The machine is a process of its own, as with a command: what Dask does, or stops doing, does not hold up its workers.
"""

import os
import queue
import subprocess
import threading
from contextlib import suppress

from distributed import Worker, get_worker

from loadgen.base.processes import python_module
from loadgen.executors.places.machines.links.base import MACHINE
from loadgen.executors.places.machines.links.messages import MessageReader, encode_message
from loadgen.executors.places.machines.links.pipe_ends import PIECE_BYTES


class Relay:
    """Lives on one worker, is lost with it, and is never begun again. What its machine says are events of `topic`.

    When Dask lets go of it, as it does where its client is gone, the machine's input ends.
    """

    def __init__(self, topic: str) -> None:
        process = subprocess.Popen(
            python_module("loadgen", *MACHINE[1:]), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._out: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        # The threads do not hold this object.
        threading.Thread(target=_write, args=(process, self._out), daemon=True).start()
        threading.Thread(target=_read, args=(process, get_worker(), topic), daemon=True).start()

    def __del__(self) -> None:
        self._out.put(None)

    async def take(self, data: bytes) -> None:
        """Encoded messages for the machine, one after the other; nothing more where it is empty."""
        self._out.put(data or None)


def _write(process: subprocess.Popen[bytes], out: "queue.SimpleQueue[bytes | None]") -> None:
    stream = process.stdin
    assert stream is not None
    with suppress(BrokenPipeError):
        while (data := out.get()) is not None:
            stream.write(data)
            stream.flush()
    with suppress(BrokenPipeError):
        stream.close()


def _read(process: subprocess.Popen[bytes], worker: Worker, topic: str) -> None:
    stream = process.stdout
    assert stream is not None
    messages = MessageReader(greeting=True)
    with stream, suppress(ValueError):  # where somebody else writes there, too
        while not messages.is_noise and (data := os.read(stream.fileno(), PIECE_BYTES)):
            for message in messages.feed(data):
                worker.log_event(topic, encode_message(message))
    worker.log_event(topic, b"")
    process.wait()
