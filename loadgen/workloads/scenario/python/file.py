"""A scenario's file as a job: loaded once in the parent, so that what is wrong with it is said before anything runs."""

import hashlib
from dataclasses import replace
from pathlib import Path

from loadgen.base.errors import UsageError
from loadgen.base.user_code import load_file
from loadgen.plan.declarations import Declarations, declarations
from loadgen.plan.jobs.scenario import FeedSpec, Journey, ScenarioJob, chosen
from loadgen.workloads.scenario.python.hooks import plain_functions
from loadgen.workloads.scenario.python.missing_await import refuse_missing_awaits
from loadgen.workloads.scenario.python.websockets_only import websockets_only


def load_job(job: ScenarioJob) -> ScenarioJob:
    """The job with the journeys of its file. Raises UsageError, with file and line, for one that cannot be used."""
    assert job.file is not None
    declared = load_declarations(job.file)
    refuse_missing_awaits(job.file)
    plain_functions(declared)
    journeys = tuple(
        Journey(item.name, item.weight, item.think_s, item.fresh, every_s=item.every_s) for item in declared.scenarios
    )
    held = websockets_only(job.file)
    feeds = located(declared, job.file)
    return only_chosen(replace(job, journeys=journeys, feeds=feeds, digest=digest(job.file), websockets_only=held))


def located(declared: Declarations, file: str) -> tuple[FeedSpec, ...]:
    """The feeds of a file in their order, with the full names of theirs, which lie beside it."""
    folder = Path(file).parent
    return tuple(replace(feed.spec(), file=str(folder / feed.file)) for feed in declared.feeds)


def only_chosen(job: ScenarioJob) -> ScenarioJob:
    """See `chosen`. Raises UsageError for a name that no scenario of the file has."""
    try:
        return chosen(job)
    except ValueError as error:
        raise UsageError(f"{job.file}: {error}") from None


def load_declarations(path: str) -> Declarations:
    """What the file declares, loaded anew."""
    return declarations(load_file(path), path)


def digest(path: str) -> str:
    """The SHA-256 of the file's content."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
