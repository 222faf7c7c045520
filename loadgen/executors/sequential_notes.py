"""What users that send one request after another write down of each."""

import itertools
from collections.abc import Callable

from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Client, Outcome, Request
from loadgen.executors.base import Assignment
from loadgen.executors.judging import class_of, judge
from loadgen.executors.waits import LoopWaits, ThreadWaits
from loadgen.guard.breaker import Breaker
from loadgen.guard.shared_state import Slot
from loadgen.measure.recorder import Recorder
from loadgen.measure.sample_buffer import SampleBuffer
from loadgen.pacing.base import Pacer
from loadgen.workloads.base import Workload


@dataclass(frozen=True, slots=True)
class SequentialSetup:
    """What the users of one shard are given. `clients` makes one client; `waits` says how users wait.

    Scripts of the `workload` that depend on each other lock.
    """

    task: Assignment
    clients: Callable[[], Client]
    pacer: Pacer
    workload: Workload
    recorder: Recorder
    breaker: Breaker
    waits: ThreadWaits | LoopWaits


class SequentialNotes:
    """A buffer for each user, as each may have a thread; all of them count what they send."""

    def __init__(self, setup: SequentialSetup) -> None:
        self._task = task = setup.task
        self._recorder = setup.recorder
        self._breaker = setup.breaker
        self._shared = task.control.values
        self._sent_slot = task.control.index(task.shard.index, Slot.SENT)
        self._next_sent = itertools.count(1).__next__  # one step of the interpreter: no lock
        self._clock = task.clock
        self._paced = task.plan.paced
        self._phases = task.plan.phases
        self._buffers = [SampleBuffer() for _ in range(task.shard.users)]

    def _count(self, user: int, requests: int) -> None:
        """So many more of a user are sent; others may read it in the slot while they are out."""
        for _ in range(requests):
            self._shared[self._sent_slot] = self._next_sent()
        self._buffers[user].sent += requests

    def _noted(self, user: int, request: Request, outcome: Outcome, due_ns: int) -> Outcome:
        buffer = self._buffers[user]
        buffer.sent_bytes[request.name_id] += outcome.bytes_sent
        buffer.received[request.name_id] += outcome.bytes_received
        outcome.error = self._note(buffer, request, outcome, due_ns)
        return outcome

    def _note(self, buffer: SampleBuffer, request: Request, outcome: Outcome, due_ns: int) -> ErrorClass | None:
        """Write down what came; the class of a failure, or None."""
        error = self._noted_error(buffer, request, outcome, due_ns)
        if self._recorder.log or self._recorder.slowest:
            self._watch(buffer, request, outcome, due_ns, error)
        return error

    def _watch(
        self, buffer: SampleBuffer, request: Request, outcome: Outcome, due_ns: int, error: ErrorClass | None
    ) -> None:
        """Write the request down, or keep it as one of the slowest, where that is asked for."""
        log, slowest = self._recorder.log, self._recorder.slowest
        instants_ns = due_ns if due_ns and self._paced else outcome.sent_ns, outcome.sent_ns, outcome.done_ns
        reply, user = outcome.reply, self._task.shard.first_user + self._buffers.index(buffer)
        status, head = (0, b"") if reply is None else (reply.status, reply.head)
        if log is not None and log.wants():
            log.add(request.name_id, user, instants_ns, status, outcome.bytes_received, error)
        if slowest is not None and slowest.wants(request.name_id, instants_ns[2] - instants_ns[0]):
            slowest.add(request, user, instants_ns, status, outcome.bytes_received, error, head, reused=outcome.reused)

    def _noted_error(self, buffer: SampleBuffer, request: Request, outcome: Outcome, due_ns: int) -> ErrorClass | None:
        name_id = request.name_id
        service_ns = outcome.done_ns - outcome.sent_ns
        lag_ns = max(0, outcome.sent_ns - due_ns) if due_ns and self._paced else 0
        reply, group = outcome.reply, request.group
        if group is not None and not group.recorded and outcome.error is not ErrorClass.CUT:
            return outcome.error
        if reply is None:
            error = class_of(outcome.error or ErrorClass.GENERATOR, request, outcome.detail)
            buffer.lose(name_id, error, service_ns, lag_ns, outcome.detail, outcome.head)
            if error.fault == "target":
                self._breaker.failed(outcome.done_ns)
            return error
        if reply is buffer.last_reply:
            replies = buffer.last
        else:
            replies = judge(request, reply, buffer, self._breaker, outcome.done_ns, service_ns)
            buffer.last_reply, buffer.last = (reply, replies) if replies.error is None else (None, buffer.last)
        if self._paced:
            replies.lags.append(lag_ns)
        if self._phases:
            replies.first_bytes.append((outcome.first_ns or outcome.done_ns) - outcome.sent_ns)
        replies.samples.append(service_ns)
        if request.payload and replies.error is None:
            buffer.payload[name_id] += request.payload
        return replies.error
