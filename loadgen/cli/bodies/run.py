"""`loadgen run` and `loadgen s3`, once: make the plan, run it, save it, print it, exit with its code."""

from collections.abc import Callable

from loadgen.cli.commands.run import Run
from loadgen.cli.commands.s3 import S3
from loadgen.cli.measuring import measure_and_report
from loadgen.cli.output import Delivery
from loadgen.cli.plans import plan_of
from loadgen.plan.plan import Plan


def run(given: Run | S3, measure: Callable[[Plan, Delivery], int] = measure_and_report) -> int:
    """`measure` runs the plan, and delivers what comes of it."""
    delivery = Delivery(given.output)
    return measure(plan_of(given), delivery)
