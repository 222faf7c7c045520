"""Worker processes of this machine, each driven by one pool thread of the parent, which is its asyncio future."""

import asyncio
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from loadgen.base.endpoint import Endpoint
from loadgen.base.errors import UsageError
from loadgen.base.processes import main_of, stopping_signals_blocked
from loadgen.executors.places.base import Deliver, OnThisMachine, WorkersLostError
from loadgen.executors.places.task import encode_task
from loadgen.guard.shared_state import SharedState, Slot, State
from loadgen.measure.wire import read_frame
from loadgen.plan.codec import plan_to_pieces
from loadgen.plan.plan import Plan, Shard


def spawn_child(control: SharedState, folder: str | None = None) -> subprocess.Popen[bytes]:
    """Start a child that inherits the shared memory, and works in this folder, or in ours."""
    with stopping_signals_blocked():
        return subprocess.Popen(
            main_of("loadgen.executors.places.child"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(control.descriptor,),
            cwd=folder,
        )


class Processes(OnThisMachine):
    """A Place. `control` is closed with it; `spawn` starts a process that reads a task and writes frames."""

    def __init__(
        self,
        plan: Plan,
        endpoint: Endpoint,
        control: SharedState,
        spawn: Callable[[SharedState], subprocess.Popen[bytes]] = spawn_child,
    ) -> None:
        self.control = control
        self._plan = plan
        self._endpoint = endpoint
        self._spawn = spawn
        self._abandoned = False
        self._children: list[subprocess.Popen[bytes]] = []
        self._pool = ThreadPoolExecutor(max_workers=plan.processes, thread_name_prefix="process")

    def start(self, shards: Sequence[Shard], deliver: Deliver) -> list[asyncio.Future[None]]:
        """Each process gets as many of the shards as the others, and its number among all of the plan."""
        loop = asyncio.get_running_loop()
        each = self._plan.shard_count // self._plan.processes
        parts = [shards[first : first + each] for first in range(0, len(shards), each)]
        plan = plan_to_pieces(self._plan)
        return [
            loop.run_in_executor(self._pool, self._run_child, part[0].index // each + 1, part, plan, deliver)
            for part in parts
        ]

    def abandon(self) -> None:
        self._abandoned = True
        for child in self._children:
            child.kill()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.control.close()

    def _run_child(self, number: int, shards: Sequence[Shard], plan: list[bytes], deliver: Deliver) -> None:
        """Start a child for these shards and read its frames to the end.

        Its workers are marked as finished when it is gone, however it went, so that nobody waits for them.
        """
        indexes = range(shards[0].index, shards[-1].index + 1)
        child = self._spawn(self.control)
        self._children.append(child)
        assert child.stdin is not None
        assert child.stdout is not None
        refused = ""
        with child, child.stdin, child.stdout:
            try:
                child.stdin.writelines([encode_task(self._endpoint, indexes, self.control), *plan])
                child.stdin.flush()
            except BrokenPipeError:  # it is gone already; its exit code says why
                with suppress(BrokenPipeError):
                    child.stdin.close()
            while (frame := read_frame(child.stdout)) is not None:
                if frame.usage is not None:
                    frame.usage = replace(frame.usage, process=number)
                if frame.refused is None:
                    deliver(frame)
                else:
                    refused = frame.refused
            code = child.wait()
        for index in indexes:
            self.control.put(index, Slot.STATE, State.FINISHED)
        if refused:
            raise UsageError(refused)
        if code:
            how = f"was killed by signal {-code}" if code < 0 else f"failed with exit code {code}"
            how = "did not end after the cut, and was killed" if self._abandoned else how
            raise WorkersLostError(f"worker process {child.pid} {how}")
