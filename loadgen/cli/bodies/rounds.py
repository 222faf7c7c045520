"""`loadgen run` and `loadgen s3` in rounds or with a baseline: run again and again, report as one, judge at the end."""

import os
from typing import Any

from loadgen.base.environment import describe_environment
from loadgen.campaigns.rounds import SETTLE_S
from loadgen.cli.exporting import exporting
from loadgen.cli.labels import labelled
from loadgen.cli.plans import Planned
from loadgen.cli.rounds import MeasureRounds, measure_rounds, show_early_end
from loadgen.cli.saved import read_baseline
from loadgen.cli.streams import tell
from loadgen.judge.exit_code import ENDED, ExitCode
from loadgen.judge.gate import check_likeness, judge_gate
from loadgen.plan.codec import describe_plan
from loadgen.plan.named import names_before
from loadgen.report.run.gate import gate_outcome
from loadgen.report.run.run_report import RunReport


def rounds(given: Planned, measure: MeasureRounds = measure_rounds, settle_s: float = SETTLE_S) -> int:
    """Raises UsageError, before anything runs, for a baseline that cannot be compared with."""
    plan, delivery = given.plan, given.delivery
    baseline = read_baseline(given.against, names_before(plan.job))
    if baseline is not None:
        check_likeness(describe_plan(plan), describe_environment(), baseline)
    quiet = delivery.output.quiet
    tell(given.begins)
    with exporting(given.outs, quiet=quiet, linger=given.linger, labels=given.labels) as exporters:
        more: dict[str, Any] = {"live": given.live} | ({"observers": exporters} if exporters else {})
        if given.site is not None:  # each run reaches the machines by itself
            given.site.close()
            more["where"] = given.site.where
        outcome = measure([plan], [""], given.rounds, quiet=quiet, settle_s=settle_s, **more)
        show_early_end(outcome)
        results = tuple(labelled(result, given.labels) for result in outcome.results[0])
        if not results:
            return ENDED.get(outcome.ended_by, ExitCode.INTERNAL)
        gate = judge_gate(results, baseline=baseline, ended=(outcome.ended_by, outcome.ended_because))
        delivery.deliver("rounds", RunReport(results, gate), environment=os.environ)
        if not delivery.shows_text and gate.code:
            tell(f"loadgen: {gate_outcome(gate)}\n")
    return gate.code
