"""What can be known of declared journeys before they run: their feeds' files and columns, their paths into JSON."""

from collections.abc import Iterator
from pathlib import PurePath

from loadgen.base.errors import UsageError
from loadgen.base.suggest import did_you_mean
from loadgen.plan.jobs.scenario import ScenarioJob, Step
from loadgen.plan.plan import Plan
from loadgen.plan.problems import Problem, Where
from loadgen.plan.profiles.journey_order import parts_of, placed, places_of
from loadgen.workloads.scenario.data.feed_files import inspect_feed
from loadgen.workloads.scenario.data.feeds import check_feed
from loadgen.workloads.scenario.replies.json_path import compile_json_path


def ready_problems(plan: Plan, job: ScenarioJob) -> Iterator[Problem]:
    """All that would keep the journeys of a profile from being done, each with its place."""
    users = plan.most_users
    journeys = plan.requests_limit if job.journeys_per_user is None else job.journeys_per_user * users
    columns: dict[str, tuple[str, ...]] = {}
    for feed in job.feeds:
        if feed.pick == "once" and plan.warmup_s:
            yield Problem(("feeds", feed.name), "once has no warm-up: that would take rows which are to be measured")
        try:
            facts = inspect_feed(feed)
            columns[feed.name] = facts.columns
            check_feed(feed, facts.rows, users, journeys)
        except UsageError as error:
            yield Problem(("feeds", feed.name), str(error).removeprefix(f"feed {feed.name}: "))
    files = {feed.name: PurePath(feed.file).name for feed in job.feeds}
    for where, steps in parts_of(job):
        for place, step in placed(steps, where):
            yield from _columns(step, place, columns, files)
            yield from _paths(step, place)


def _columns(step: Step, where: Where, columns: dict[str, tuple[str, ...]], files: dict[str, str]) -> Iterator[Problem]:
    for place in dict.fromkeys(places_of(step.request)) if step.request is not None else ():
        known = columns.get(place.name)
        if place.column is not None and known is not None and place.column not in known:
            hint = did_you_mean(place.column, known)
            yield Problem(where, f"{place}: {files[place.name]} has no column {place.column!r}{hint}")


def _paths(step: Step, where: Where) -> Iterator[Problem]:
    for extract in step.extracts:
        if extract.source == "json":
            try:
                compile_json_path(extract.where)
            except ValueError as error:
                yield Problem((*where, "extract", extract.variable, "json"), str(error))
