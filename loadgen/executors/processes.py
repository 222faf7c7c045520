"""Worker processes, each driven by one pool thread of the parent, which is its asyncio future."""

import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

from loadgen.base.exchange import Endpoint
from loadgen.executors.child import encode_task
from loadgen.guard.shared_state import SharedState, Slot, State
from loadgen.measure.recording import Frame
from loadgen.measure.wire import read_frame
from loadgen.plan.plan import Plan


def _spawn(control: SharedState) -> subprocess.Popen[bytes]:
    """Start a child that inherits the shared memory. SIGINT is blocked until it ignores it: Ctrl-C goes to all."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "loadgen.executors.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(control.descriptor,),
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run_child(
    plan: Plan, endpoint: Endpoint, shards: range, control: SharedState, deliver: Callable[[Frame], None]
) -> str | None:
    """Start a child for these shards and read its frames to the end. None, or how the child was lost.

    A lost child's workers are marked as finished on the control, so that nobody waits for them; the others go on.
    """
    child = _spawn(control)
    assert child.stdin is not None
    assert child.stdout is not None
    with child, child.stdin, child.stdout:
        try:
            child.stdin.write(encode_task(plan, endpoint, shards, control))
            child.stdin.flush()
        except BrokenPipeError:  # it is gone already; its exit code says why
            with suppress(BrokenPipeError):
                child.stdin.close()
        while (frame := read_frame(child.stdout)) is not None:
            deliver(frame)
        code = child.wait()
    for worker in shards:
        control.put(worker, Slot.STATE, State.FINISHED)
    if code == 0:
        return None
    how = f"was killed by signal {-code}" if code < 0 else f"failed with exit code {code}"
    return f"worker process {child.pid} {how}"
