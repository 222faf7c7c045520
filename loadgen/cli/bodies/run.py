"""`loadgen run` and `loadgen s3`, once: run it, save it, print it, exit with its code."""

from collections.abc import Callable

from loadgen.cli.measuring import measure_and_report
from loadgen.cli.output import Delivery
from loadgen.cli.planned import Planned
from loadgen.plan.plan import Plan


def run(given: Planned, measure: Callable[[Plan, Delivery], int] = measure_and_report) -> int:
    """`measure` runs the plan, and delivers what comes of it."""
    return measure(given.plan, given.delivery)
