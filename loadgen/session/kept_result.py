"""A machine's part of a run as a Result of its own: `loadgen report --merge` makes one of all parts that were kept."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from socket import gethostname

from loadgen.base.clock import NS_PER_S
from loadgen.base.environment import usable_cores
from loadgen.base.errors import LoadgenError
from loadgen.base.files import write_whole
from loadgen.guard.shared_state import SharedState, Slot, Snapshot
from loadgen.measure.names import names_of
from loadgen.measure.recording import Frame
from loadgen.plan.plan import Plan, make_shards
from loadgen.results.calibration import cache_file
from loadgen.results.documents import to_json
from loadgen.results.requests import Ledger
from loadgen.results.result import MachineRow, Machines, Result
from loadgen.session.assemble import Ending, assemble
from loadgen.session.collector import Collector


class KeptResult:
    """A Keeper (executors/places/machines/machine/keeping.py). `run` is the same for the parts of one run."""

    def __init__(self, plan: Plan, shards: range, run: str, environment: Mapping[str, str] | None = None) -> None:
        mine = make_shards(plan)[shards.start : shards.stop]
        limits = [shard.requests_limit for shard in mine if shard.requests_limit is not None]
        self._plan = replace(
            plan,
            users=sum(shard.users for shard in mine),
            requests_limit=None if plan.requests_limit is None else sum(limits),
        )
        self._shards = shards
        self._file = f"part-{run}-{shards.start}.json"
        self._environment = os.environ if environment is None else environment
        names = names_of(plan.job, most=None)
        self._collected = Collector(plan.shard_count, names=names, thresholds=plan.thresholds)
        self._started = datetime.now(UTC)
        self._control: Snapshot | None = None

    def add(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            self._collected.add(frame)

    def end(self, control: SharedState) -> None:
        self._control = last = Snapshot(control)
        for worker in range(last.workers):
            if worker not in self._shards:  # what others failed, for this machine's breaker
                last.put(worker, Slot.FAILED, 0)

    def _result(self, control: SharedState, why: str) -> Result:
        """Not made before it is wanted, which is seldom: a machine of a short run spent a seventh of its CPU on it."""
        ending = Ending("error", "", self._collected.window_elapsed_ns / NS_PER_S, (), whole=False)
        result = assemble(self._plan, control, self._collected, self._started, 0.0, ending)
        workers = result.generator.workers[self._shards.start : self._shards.stop]
        invalid = replace(result.generator, workers=workers, processes=len(workers), verdict="invalid", reasons=[why])
        row = replace(self._row(result, control), verdict="invalid", reasons=[why])
        return replace(result, ended_because=why, generator=invalid, machines=Machines([row]))

    def _row(self, result: Result, control: SharedState) -> MachineRow:
        """This machine, of whose clock and start nobody can tell any more how they were to others'."""
        sent, ok, failed = (control.sum_of(self._shards, slot) for slot in (Slot.SENT, Slot.OK, Slot.FAILED_WITH_OK))
        sent = max(sent, ok + failed)
        p50_ms = result.latency_ms["service"].p50
        return MachineRow(
            name=gethostname(),
            cores=usable_cores(),
            workers=len(self._shards),
            ledger=Ledger(sent, sent, 0, ok, failed, sent - ok - failed),
            service_p50_ms=p50_ms if isinstance(p50_ms, float) else None,
            environment=result.environment,
        )

    def keep(self, why: str) -> str:
        if self._control is None or not (result := self._result(self._control, why)).ledger.sent:
            return ""
        try:
            path = cache_file(self._environment).with_name(self._file)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(Path(path), to_json(result))
        except (LoadgenError, OSError) as error:
            return f"this machine's part of the run is lost with its coordinator: {error}"
        return f"this machine's part of the run is in {path}; `loadgen report --merge` makes one of all parts"
