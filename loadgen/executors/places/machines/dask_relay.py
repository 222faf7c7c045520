"""A machine at the other end of Dask: an actor on a Dask worker, which starts the machine and passes on what is said.

The machine is a process of its own, as with a command: what Dask does, or stops doing, does not hold up its workers.
"""

import queue
import subprocess
import threading
from contextlib import suppress

from distributed import get_worker

from loadgen.base.processes import python_module
from loadgen.executors.places.machines.link import MACHINE
from loadgen.executors.places.machines.messages import await_greeting, encode_message, read_message


class Relay:
    """Lives on one worker, is lost with it, and is never begun again. What its machine says are events of `topic`."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._worker = get_worker()
        self._process = subprocess.Popen(
            python_module("loadgen", *MACHINE[1:]), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._out: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._write, daemon=True).start()
        threading.Thread(target=self._read, daemon=True).start()

    async def take(self, data: bytes) -> None:
        """Encoded messages for the machine, one after the other; nothing more where it is empty."""
        self._out.put(data or None)

    def _write(self) -> None:
        stream = self._process.stdin
        assert stream is not None
        with suppress(BrokenPipeError):
            while (data := self._out.get()) is not None:
                stream.write(data)
                stream.flush()
        with suppress(BrokenPipeError):
            stream.close()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with stream:
            if await_greeting(stream):
                while (message := read_message(stream)) is not None:
                    self._worker.log_event(self._topic, encode_message(message))
        self._process.wait()
        self._worker.log_event(self._topic, b"")
