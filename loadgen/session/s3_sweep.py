"""What runs that were killed have left in a bucket: found, and deleted."""

import re
from dataclasses import replace

from loadgen.base.dataclass import dataclass
from loadgen.judge.exit_code import unmended
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.plan import Plan
from loadgen.session.observers import Hooks
from loadgen.session.run import run
from loadgen.session.s3 import step_plan
from loadgen.session.s3_direct import Direct, direct
from loadgen.session.s3_words import not_deleted
from loadgen.workloads.s3.listing import Pages
from loadgen.workloads.s3.protocol.documents import read_page
from loadgen.workloads.s3.protocol.leftovers import read_uploads
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.s3.sweep import NO_SUCH_THING, ask_versions, is_of_run
from loadgen.workloads.s3.tasks import Send, Task
from loadgen.workloads.s3.workload import make_operations

_RUN_ID = re.compile(r"[0-9a-f]{8}")


@dataclass(slots=True)
class Left:
    """What a run has left under its prefix: objects or versions of them, their bytes, uploads. `others` are not its."""

    run_id: str
    prefix: str
    objects: int = 0
    bytes: int = 0
    uploads: int = 0
    others: int = 0


async def find_left(plan: Plan, s3: S3Job, run_id: str | None) -> list[Left]:
    """What is left of each run, or of one. Raises UsageError where the store cannot be asked."""
    step = replace(s3, job="sweep")
    operations = make_operations(plan, step)
    send = Send(step.most_retries, len(step.operations))

    def look(at_once: Direct) -> list[Left]:
        ids = [run_id] if run_id is not None else at_once.do(_run_ids(operations, send, s3.prefix))
        found = []
        for one in ids:
            left = Left(one, replace(s3, run_id=one).own_prefix)
            at_once.do(_count(operations, send, left))
            found.append(left)
        return [left for left in found if left.objects or left.uploads]

    return await direct(plan, look)


async def sweep_left(plan: Plan, s3: S3Job, left: Left, hooks: Hooks) -> str:
    """Delete what a run has left; why something is left, "" where nothing is."""
    s3 = replace(s3, run_id=left.run_id)
    step = replace(hooks, observers=hooks.observers.of_step(f"deleting {left.prefix}"))
    result = await run(step_plan(plan, s3, "sweep"), step)
    if result.ended_by == "completed" and not unmended(result) and not result.ledger.unknown:
        return ""
    return result.ended_because or not_deleted(result)


def _run_ids(operations: Operations, send: Send, prefix: str) -> Task:
    """The ids of all runs that have something under a prefix."""
    versions = yield from ask_versions(operations, send, prefix, "/")
    pages = versions or Pages(send, lambda token: operations.list(prefix, token=token, delimiter="/"), read_page)
    found: set[str] = set()
    for listed in (pages, _uploads(operations, send, prefix)):
        while not listed.over:
            page = yield from listed.following()
            if page is not None:
                names = [*page.prefixes, *(item.key for item in page.objects)]
                found |= {name.removeprefix(prefix).partition("/")[0] for name in names if name.startswith(prefix)}
    return sorted(name for name in found if _RUN_ID.fullmatch(name))


def _count(operations: Operations, send: Send, left: Left) -> Task:
    versions = yield from ask_versions(operations, send, left.prefix)
    pages = versions or Pages(send, lambda token: operations.list(left.prefix, token=token), read_page)
    for listed in (pages, _uploads(operations, send, left.prefix)):
        while not listed.over:
            page = yield from listed.following()
            for item in page.objects if page is not None else ():
                if not is_of_run(item.key, left.prefix):
                    left.others += listed is pages
                elif listed is pages:
                    left.objects, left.bytes = left.objects + 1, left.bytes + item.size
                else:
                    left.uploads += 1


def _uploads(operations: Operations, send: Send, prefix: str) -> Pages:
    return Pages(send, lambda after: operations.list_uploads(prefix, after=after), read_uploads, NO_SUCH_THING)
