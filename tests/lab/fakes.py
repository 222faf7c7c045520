"""Machines that send nothing: they speak the messages of a run, and tell figures that were made up before it."""

import asyncio
import json
import threading
import time
from array import array
from dataclasses import replace
from random import Random
from typing import Any

from loadgen.executors.places.machines.description import Description, description_out
from loadgen.executors.places.machines.links.messages import GREETING, Message, encode_message, pack_values
from loadgen.executors.places.machines.machine.merging import Merger
from loadgen.guard.shared_state import CUT, SLOT_VALUES, Slot, State
from loadgen.measure.names import names_of
from loadgen.measure.recording import Frame, Recording, Usage
from loadgen.measure.wire import pack_frames
from loadgen.plan.plan import Plan

TELL_S = 0.1
NS = 1_000_000_000


def made_up(plan: Plan, machines: int, workers: int, rps: float, seconds: int) -> list[list[bytes]]:
    """For each machine the frames of its workers, packed for each second: of a server that is well, by three clocks.

    All machines saw the same.
    """
    dice = Random(1)
    merger = Merger(names_of(plan.job, most=None))
    whole = []
    for second in range(seconds):
        for worker in range(workers):
            usage = Usage(NS // 10 * seconds, 50_000, 100, 5) if second == seconds - 1 else None
            recording = _recording(dice, round(rps / workers))
            merger.add(Frame(worker, second, (second + 1) * NS, recording, "drain" if usage else "measured", usage), 0)
        whole.append(merger.take())
    return [[pack_frames([_of(frame, machine * workers) for frame in frames]) for frames in whole]
            for machine in range(machines)]  # fmt: skip


def _recording(dice: Random, count: int) -> Recording:
    recording = Recording()
    tally = recording.tally(0)
    for _ in range(count):
        service_us, lag_us = round(dice.lognormvariate(7.5, 0.6)), round(dice.lognormvariate(4, 0.8))
        for clock, value_us in (("response", service_us + lag_us), ("service", service_us), ("send_lag", lag_us)):
            tally.clock(clock).add(value_us)
    tally.ok = tally.statuses[200] = count
    recording.loop_lag.add(100)
    return recording


def _of(frame: Frame, first: int) -> Frame:
    usage = frame.usage and replace(frame.usage, process=frame.worker + first + 1)
    return replace(frame, worker=frame.worker + first, usage=usage)


class Fakes:
    """Serves one machine a connection on loopback, on a thread of its own; `gaps_s` are those between two leases."""

    def __init__(self, description: Description, frames: list[list[bytes]], rps: float) -> None:
        self.gaps_s: list[float] = []
        self.began_s = 0.0
        self._description = description
        self._frames = frames
        self._rps = rps
        self._bound = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._bound.wait()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, backlog=1000)
        self.port = server.sockets[0].getsockname()[1]
        self._bound.set()
        await server.serve_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        try:
            await _Fake(self, writer, self._description, self._frames, self._rps).serve(reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


class _Fake:
    def __init__(self, all_: Fakes, writer: asyncio.StreamWriter, description: Description, frames: list[list[bytes]],
                 rps: float) -> None:  # fmt: skip
        self._all = all_
        self._writer = writer
        self._description = description
        self._frames = frames
        self._rps = rps
        self._number = 0
        self._gate_ns = 0
        self._stop = (0, 0, 0)
        self._leased_s = 0.0
        self._running: asyncio.Task[None] | None = None

    async def serve(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                prefix = await reader.readexactly(8)
                head = json.loads(await reader.readexactly(int.from_bytes(prefix[:4], "big")))
                await reader.readexactly(int.from_bytes(prefix[4:], "big"))
                if head["kind"] == "over":
                    return
                self._take(head)
        finally:
            if self._running is not None:
                self._running.cancel()

    def _take(self, head: dict[str, Any]) -> None:
        now = time.monotonic_ns()
        match head["kind"]:
            case "describe":
                self._tell(Message("described", description_out(self._description)))
            case "clock":
                self._tell(Message("clock", {"sent": head["sent"], "there": now}))
            case "plan":
                self._tell(Message("filed"))
            case "begin":
                first, end = head["shards"]
                self._tell(Message("begun"))
                self._running = asyncio.ensure_future(self._run(first, end - first))
            case "lease":
                if self._leased_s:
                    self._all.gaps_s.append(time.monotonic() - self._leased_s)
                self._leased_s = time.monotonic()
                self._tell(Message("leased", {"sent": head["sent"], "there": now}))
            case "gate":
                self._gate_ns = head["at"] if head["open"] else 0
                self._tell(Message("gated", {"at": head["at"], "open": head["open"], "early": head["at"] - now}))
            case "stop":
                self._stop = (head["stop"], head["cause"], self._stop[2] or now)
                self._tell(Message("stopped", {"at": self._stop[2]}))

    async def _run(self, first: int, workers: int) -> None:
        frames = self._frames[first // workers]
        state, told = State.READY, 0
        while state != State.FINISHED:
            now = time.monotonic_ns()
            elapsed_s = max(0.0, (now - self._gate_ns) / NS) if self._gate_ns else 0.0
            if self._gate_ns and elapsed_s > 0:
                state = State.RUNNING
                self._all.began_s = self._all.began_s or time.monotonic()
            while told < min(len(frames), int(elapsed_s)):
                self._say("frames", body=frames[told])
                told += 1
            if told == len(frames) or (self._stop[0] == CUT and state != State.RUNNING):
                state = State.FINISHED
            sent = round(self._rps / workers * min(elapsed_s, len(frames)))
            slots = [0] * SLOT_VALUES
            for slot, value in (
                (Slot.STATE, state),
                (Slot.CONNECTED, 1),
                (Slot.STARTED, 1),
                (Slot.SENT, sent),
                (Slot.OK, sent),
            ):
                slots[slot] = value
            stop, cause, stopped_at = self._stop
            body = pack_values(memoryview(array("Q", slots * workers)))
            self._say("slots", body=body, stop=stop, cause=cause, stopped_at=stopped_at, at=now)
            await asyncio.sleep(TELL_S)
        self._say("done", lost=[], refused="")

    def _say(self, kind: str, *, body: bytes = b"", **head: object) -> None:
        self._number += 1
        self._tell(Message(kind, {"number": self._number, **head}, body))

    def _tell(self, message: Message) -> None:
        self._writer.write(encode_message(message))
