"""An S3 run from before to after: the bucket, the objects that the job needs, the measured run, the clean-up."""

import asyncio
import os
from dataclasses import replace
from itertools import chain
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from time import time

from loadgen.base.errors import UsageError
from loadgen.base.units import counted, format_bytes
from loadgen.judge.exit_code import unmended
from loadgen.plan.jobs.s3 import S3Job, Step
from loadgen.plan.jobs.s3_fields import ALONGSIDE
from loadgen.plan.plan import Plan, StopRules
from loadgen.results.calibration import Calibration
from loadgen.results.result import Result
from loadgen.session.observers import Hooks, Observers
from loadgen.session.run import run
from loadgen.session.s3_direct import direct
from loadgen.session.s3_words import again_note, batch_note, not_deleted, nothing_under, reason, took
from loadgen.session.unstarted import unstarted
from loadgen.workloads.s3.found import number
from loadgen.workloads.s3.journal import check_journal, put_in_order, read_entries, write_journal
from loadgen.workloads.s3.probe import is_worth_it, probe
from loadgen.workloads.s3.tasks import Send
from loadgen.workloads.s3.workload import make_operations
from loadgen.workloads.sigv4.credentials import find_credentials

MOST_SWEEPERS = 8
"""Each deletes a page of 1000 keys with a request: they wait for the store, hardly for round trips."""
LATE_S = 1.0
"""What a request that was cut off may still put is put by then: the store had all of it, and has to write it down."""


class _Interrupted(Exception):  # noqa: N818
    """A signal came before the measured run: what it says."""


async def run_s3(plan: Plan, s3: S3Job, hooks: Hooks, calibration: Calibration | None = None) -> Result:
    """Run a plan with an S3 job. Raises UsageError where it cannot be prepared, or there are no credentials.

    What the run has put is deleted at its end, however that comes, unless it is to be kept; the Result's notes say so.
    """
    profiles = (s3.profile, *([] if s3.to is None else [s3.to.profile]))
    found = (find_credentials(os.environ, profile).current.secrets for profile in profiles)
    secrets = tuple(dict.fromkeys((*chain.from_iterable(found), *plan.secrets)))
    return await _S3Run(replace(plan, secrets=secrets), s3, hooks, calibration).run()


class _S3Run:
    def __init__(self, plan: Plan, s3: S3Job, hooks: Hooks, calibration: Calibration | None) -> None:
        self._plan = plan
        self._s3 = s3
        self._hooks = hooks
        self._calibration = calibration
        self._notes: list[str] = []
        self._left_behind: list[str] = []
        self._kept: list[str] = []
        self._begun = False
        self._folder = ""
        self._goes_on = s3.resumed
        self._where = f"{s3.bucket}/{s3.own_prefix}"

    async def run(self) -> Result:
        """All of it, and what was listed is forgotten."""
        if self._s3.existing is None:
            return await self._run("")
        with TemporaryDirectory(prefix="loadgen-", ignore_cleanup_errors=True) as self._folder:
            return await self._run(str(Path(self._folder) / "listing"))

    async def _run(self, listing: str) -> Result:
        try:
            await self._look(listing)
            await self._prepare()
            result = await run(self._plan, self._hooks_of(self._hooks.observers), self._calibration)
        except _Interrupted as interrupted:
            result = unstarted(self._plan, str(interrupted))
        except Exception as error:
            if self._begun:
                await self._clean_up(unstarted(self._plan, "stopped twice"), complete=False, late=False)
            said = [*self._left_behind, *self._kept]
            if isinstance(error, UsageError):
                raise UsageError("\n".join([str(error), *said])) from None
            for note in said:
                error.add_note(note)
            raise
        complete = result.ended_by == "completed" and not unmended(result) and not self._has_rest(result)
        if self._s3.job == "batch" and not complete and result.ledger.sent:
            self._notes.append(batch_note(result, self._s3.objects))
        elif complete and self._s3.job == "batch" and not result.requests["get"].ledger.sent:
            self._say_nothing_is_left()
        if note := again_note(result):
            self._notes.append(note)
        self._finish_journal(complete=complete)
        await self._clean_up(result, complete=complete, late=result.ledger.unknown > 0)
        return replace(result, notes=[*result.notes, *self._notes], left_behind=self._left_behind)

    async def _look(self, listing: str) -> None:
        """List what is there, where that is what the job is about. Raises UsageError where there is nothing."""
        s3 = self._s3
        looks = s3.existing is not None and s3.job != "list"
        if self._hooks.site is not None and (looks or s3.journal is not None):
            flag, kept = ("--existing", "list") if looks else ("--resume", "journal")
            raise UsageError(
                f"{flag}: cannot be combined with --machine and --cluster: the {kept} stays on this machine"
            )
        if not looks:
            return
        surveyed = replace(s3, listing=listing)
        result = await self._step(f"listing {s3.existing}", step_plan(self._plan, surveyed, "survey"))
        found = number(listing, markers=s3.job == "delete")
        if not found:
            raise UsageError(f"--existing: there is nothing under {s3.existing!r} in {s3.bucket}")
        what = "versions" if s3.versions else "objects"
        self._notes.append(f"Listed {found:,} {what} under {s3.bucket}/{s3.existing} in {took(result)}")
        self._s3 = replace(surveyed, objects=found)
        self._plan = replace(self._plan, job=self._s3)

    def _say_nothing_is_left(self) -> None:
        """Raise UsageError where the source has never had anything: most likely it is not the one that was meant."""
        s3 = self._s3
        if s3.source is not None and not (s3.journal is not None and read_entries(s3.journal)):
            if s3.journal is not None:
                Path(s3.journal).unlink(missing_ok=True)  # it is of this source alone, and holds nothing
            raise UsageError(nothing_under(s3))
        rest = " that is not done" if s3.resumed else ""
        source = s3.own_prefix if s3.source is None else s3.source
        self._notes.append(f"Batch: there is nothing{rest} under {source!r} in {s3.bucket}")

    def _has_rest(self, result: Result) -> bool:
        """Whether there may be objects that were not begun, also because there were to be no more requests."""
        if self._goes_on and self._s3.journal is not None and self._s3.objects is not None:
            return len(read_entries(self._s3.journal)) < self._s3.objects
        limit, planned = self._plan.requests_limit, self._s3.planned_requests
        is_short = limit is not None and (planned is None or limit < planned)
        return bool(result.ledger.not_sent) or (is_short and result.ledger.sent >= (limit or 0))

    async def _prepare(self) -> None:
        s3 = self._s3
        if s3.journal is not None:
            check_journal(s3.journal)
        if not s3.is_of_others:
            looked = await self._step("making sure of the bucket", step_plan(self._plan, s3, "bucket"))
            if looked.status_codes.get("403"):
                self._notes.append(f"These keys may not list: {s3.bucket} is taken to be there")
        self._begun = True
        await self._probe()
        if s3.prepared:
            result = await self._step("preparing", step_plan(self._plan, s3, "fill"))
            moved = format_bytes(sum(part.payload_bytes for part in result.requests.values()))
            self._notes.append(
                f"Prepared {counted(result.ledger.ok, 'object')}, {moved}, in {took(result)}{again_note(result, ', ')}"
            )
        if s3.journal is not None and s3.resumed:
            put_in_order(s3.journal, s3, self._plan.seed)  # a line that was cut off takes no other with it
        elif s3.journal is not None:  # only now is there something to go on with
            write_journal(s3.journal, s3, self._plan.seed)
        self._goes_on = s3.journal is not None

    async def _probe(self) -> None:
        """Raise UsageError where the store does not do what header fields ask of it, and says nothing."""
        s3, fields = replace(self._s3, job="probe", hosts=()), self._s3.own_fields(time())
        appends = self._s3.job == "append"
        if s3.existing is not None or not (appends or is_worth_it(fields)):
            return
        bucket, plan = s3.bucket if s3.to is None else s3.to.bucket, self._plan
        if s3.to is not None and s3.to.origin is not None:
            plan = replace(plan, origin=s3.to.origin)
        operations = make_operations(plan, s3, s3.to)
        send = Send(s3.most_retries, len(s3.operations))
        where = f"{bucket!r} at {plan.origin}"
        look = probe(operations, send, s3, fields, appends=appends)
        try:
            problems = await direct(plan, lambda at_once: at_once.do(look))
        except UsageError as error:
            names = ", ".join(dict.fromkeys(name for name, _ in fields if name.lower() not in ALONGSIDE))
            raise UsageError(f"{where} refuses an object with {names}: {error}") from None
        if problems:
            raise UsageError(f"{where} does not do as it is asked: {'; '.join(problems)}")

    async def _step(self, what: str, plan: Plan) -> Result:
        """Run a step to its end. Raises UsageError where anything of it failed."""
        stopped = unstarted(self._plan, f"stopped twice while {what}")
        result = await run(plan, self._hooks_of(self._hooks.observers.of_step(what), stopped))
        if result.ended_by == "signal":
            raise _Interrupted(f"{result.ended_because} while {what}")
        if unmended(result) or result.ledger.unknown or result.ended_by == "error":
            raise UsageError(f"{what} {self._s3.bucket!r} at {self._plan.origin}: {reason(result)}")
        return result

    def _hooks_of(self, observers: Observers, known: Result | None = None) -> Hooks:
        """The caller's hooks for one run of these; the second signal leaves no time to clean up.

        `known` is the Result then, where what runs is not what is measured; that runs here.
        """

        def emergency(result: Result) -> None:
            result = known or result
            if self._goes_on:
                self._keep()
            elif self._sweeps:
                self._leave("stopped twice")
            if self._folder:
                rmtree(self._folder, ignore_errors=True)
            notes = [*result.notes, *self._notes]
            self._hooks.emergency(replace(result, notes=notes, left_behind=self._left_behind))

        site = self._hooks.site if known is None else None
        return replace(self._hooks, observers=observers, emergency=emergency, site=site)

    @property
    def _sweeps(self) -> bool:
        """Whether there may be objects that are to be deleted; what a batch makes of others' objects is its purpose."""
        return not self._s3.keep and not self._s3.is_of_others

    async def _clean_up(self, known: Result, *, complete: bool, late: bool) -> None:
        if self._s3.is_of_others:
            return
        if self._s3.keep:
            self._notes.append(f"Kept everything under {self._where}")
            return
        if self._goes_on and not complete:
            self._keep()
            return
        if late:
            await asyncio.sleep(LATE_S)
        try:
            observers = self._hooks.observers.of_step("cleaning up")
            result = await run(step_plan(self._plan, self._s3, "sweep"), self._hooks_of(observers, known))
        except Exception as error:
            if not isinstance(error, UsageError):
                self._hooks.crashed(error)
            self._leave(str(error))
            return
        if result.ended_by != "completed" or unmended(result) or result.ledger.unknown:
            self._leave(result.ended_because or not_deleted(result))
        else:
            self._notes.append(f"Cleaned up in {took(result)}: nothing is left under {self._where}")

    def _leave(self, why: str) -> None:
        note = f"NOT CLEANED UP ({why}): objects may be left under {self._where}"
        self._notes.append(note)
        self._left_behind.append(note)

    def _keep(self) -> None:
        self._kept = [f"Kept everything under {self._where} for --resume"]
        self._notes += self._kept

    def _finish_journal(self, *, complete: bool) -> None:
        if self._s3.journal is None or not self._goes_on:
            return
        try:
            done = put_in_order(self._s3.journal, self._s3, self._plan.seed)
        except UsageError as error:
            self._notes.append(f"Journal {self._s3.journal}: {error}; what is in it is right")
            return
        total = f" of {self._s3.objects:,}" if self._s3.objects is not None else ""
        rest = "" if complete else "; the same command goes on from there"
        self._notes.append(f"Journal {self._s3.journal}: {done:,}{total} objects done{rest}")


def step_plan(plan: Plan, s3: S3Job, step: Step) -> Plan:
    """The plan of a step: as the run's, without what belongs to its load, and in this process unless it fills.

    One user makes sure of the bucket. The run's users put the objects that its job needs, and stop at the first that
    cannot be put. A few delete what has the run's own prefix, and give up uploads that were begun there.
    """
    users = min(plan.users, {"fill": s3.prepared, "sweep": MOST_SWEEPERS}.get(step, 1))
    processes, workers = _topology(plan, users) if step == "fill" else (1, 1)
    return replace(
        plan,
        job=replace(s3, job=step, hosts=(), objects=s3.prepared if step == "fill" else None),
        users=users,
        requests_limit=None,
        duration_s=None,
        think_s=(0.0, 0.0),
        ramp_up_s=0.0,
        user_stages=(),
        mode="pool",
        client="raw",
        stop=StopRules() if step == "sweep" else StopRules(1),
        arrivals=None,
        warmup_s=0.0,
        cool_down_s=0.0,
        thresholds=(),
        strict=False,
        phases=False,
        processes=processes,
        workers=workers,
    )


def _topology(plan: Plan, users: int) -> tuple[int, int]:
    """As many processes as the run has, and no more than there are users."""
    processes = min(plan.processes, users)
    return processes, 1 if plan.mode == "threads" else min(plan.workers, max(1, users // processes))
