"""`loadgen gate`: may this build pass? Judges saved results, and never runs anything."""

import os

from loadgen.base.errors import UsageError
from loadgen.cli.commands.gate import Gate
from loadgen.cli.output import Delivery
from loadgen.cli.saved import load_rounds, read_baseline
from loadgen.judge.figures import names_in
from loadgen.judge.gate import judge_gate


def gate(given: Gate) -> int:
    """Print what the gate says; its code."""
    delivery = Delivery(given.output)
    if len(set(given.files)) < len(given.files):
        raise UsageError("a result is given twice")
    rounds = [result for file in given.files for result in load_rounds(file).results]
    baseline = read_baseline(given.against, names_in(rounds))
    has_thresholds = given.threshold or any(result.plan.get("thresholds") for result in rounds)
    if not has_thresholds and baseline is None:
        raise UsageError("nothing to judge by: add --threshold 'p99 < 250ms', or --baseline NAME")
    judged = judge_gate(rounds, thresholds=given.threshold or (), baseline=baseline, strict=given.strict)
    delivery.deliver("gate", judged, environment=os.environ)
    return judged.code
