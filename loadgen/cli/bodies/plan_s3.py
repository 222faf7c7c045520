"""`loadgen s3`, its plan."""

import os
from dataclasses import replace

from loadgen.cli.commands.s3 import S3
from loadgen.cli.exporting import asked_outs, with_log
from loadgen.cli.labels import parse_labels
from loadgen.cli.live_form import check_form
from loadgen.cli.output import Delivery
from loadgen.cli.plans import Planned
from loadgen.plan.profiles.address import url_of
from loadgen.plan.profiles.document import profile_for_s3
from loadgen.session.here import plan_here


def plan_s3(given: S3) -> Planned:
    """Raises UsageError."""
    delivery = Delivery(given.output)
    check_form(given.live)
    labels, outs = parse_labels(given.labels, os.environ), asked_outs(given.outs)
    section = {"job": given.job, **given.section}
    endpoint = section.pop("endpoint", None)
    endpoint = endpoint and (url_of(endpoint) or endpoint)
    where = given.elsewhere.where
    site = None if where is None else where.open()
    plan = plan_here(profile_for_s3(section, {**given.flags, "target": endpoint}), site)
    plan = replace(plan, slowest=given.slowest)
    plan = with_log(plan, outs, several=given.rounds > 1 or given.against.asked)
    return Planned(plan, delivery, given.rounds, given.against, outs=outs, site=site, live=given.live, labels=labels)
