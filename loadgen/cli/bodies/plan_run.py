"""`loadgen run`, its plan."""

import os
from dataclasses import replace

from loadgen.base.errors import UsageError
from loadgen.base.imported import imported
from loadgen.cli.commands.run import Run
from loadgen.cli.elsewhere import opened
from loadgen.cli.exporting import asked_outs, with_log
from loadgen.cli.labels import parse_labels
from loadgen.cli.live_form import check_form
from loadgen.cli.output import Delivery, is_regular
from loadgen.cli.plans import Planned, plan_for
from loadgen.cli.streams import tell
from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.plan.tracing import with_traces


def plan_run(given: Run) -> Planned:
    """Raises UsageError."""
    delivery = Delivery(given.output)
    check_form(given.live)
    labels, outs = parse_labels(given.labels, os.environ), asked_outs(given.outs, given.web)
    if given.once and (given.rounds > 1 or given.against.asked or given.output.files or given.output.form != "text"):
        raise UsageError("--once shows what happens and measures nothing: there is no result to save or to compare")
    where = given.elsewhere.where
    if where is not None and given.once:
        raise UsageError("--machine: --once shows what happens on this machine; leave out one of them")
    if where is not None and given.results is not None:
        raise UsageError(
            "--results: cannot be combined with --machine and --cluster: what calls return stays over there"
        )
    site = None if where is None else opened(where)
    plan = plan_for(given.target, given.settings, given.flags, site)
    if given.results is not None:
        if not isinstance(plan.job, ScenarioJob) or plan.job.function is None:
            raise UsageError("--results: TARGET is no function; of such a one it is what the calls return")
        if given.rounds > 1 or given.against.asked:
            raise UsageError("--results: cannot be combined with --rounds or --baseline: it is of one run")
        is_regular("--results", given.results)
    if given.trace:
        try:
            plan = with_traces(plan)
        except ValueError as error:
            raise UsageError(f"--trace: {error}") from None
    if given.once:
        whole = isinstance(plan.job, HttpJob) or (isinstance(plan.job, ScenarioJob) and plan.job.is_of_requests)
        signing = plan.job.signing if isinstance(plan.job, HttpJob) else None
        return Planned(_once(plan), delivery, 1, given.against, once=True, whole=whole, signing=signing)
    plan = replace(plan, slowest=plan.slowest or given.slowest)
    plan = with_log(plan, outs, several=given.rounds > 1 or given.against.asked)
    return Planned(
        plan,
        delivery,
        given.rounds,
        given.against,
        results=given.results,
        outs=outs,
        site=site,
        live=given.live,
        labels=labels,
        linger=given.web.linger,
    )


def _once(plan: Plan) -> Plan:
    """The plan that does everything of it once. Raises UsageError where that cannot be shown."""
    match plan.job:
        case HttpJob() as job:
            once: Plan = imported("loadgen.plan.each_once", "each_once")(plan, job)
            if job.targets is not None and (shown := len(once.job.requests)) < job.targets.requests:
                tell(f"loadgen: the first {shown} of {job.targets.requests:,} requests\n")
            return once
        case ScenarioJob(function=None):
            return plan
    raise UsageError("--once: TARGET is a URL, a profile or a file of scenarios, of which each request is shown")
