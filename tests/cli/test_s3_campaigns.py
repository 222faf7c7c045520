"""`loadgen s3 compare` and `find-max`: what would be run, and what is wrong with the words."""

from typing import Any

import pytest

from loadgen.cli.bodies.plan_s3 import plan_s3
from loadgen.cli.plans import Comparison, Search
from tests.chaos.store import ENVIRONMENT
from tests.support.command import loadgen

ONE, TWO = "http://127.0.0.1:9000", "127.0.0.1:9001"


def planned(*argv: str) -> Any:
    """What the words make."""
    made: list[Any] = []

    def call(given: Any) -> int:
        made.append(plan_s3(given))
        return 0

    done = loadgen("s3", *argv, env=ENVIRONMENT, call=call)
    assert done.code == 0, done.err
    return made[0]


def test_stores_are_compared_with_the_same_job() -> None:
    made = planned("compare", ONE, TWO, "get", "--bucket", "trial", "--size", "1KiB", "-n", "10")
    assert isinstance(made, Comparison)
    assert (made.rounds, [*made.variants]) == (5, ["127.0.0.1:9000", "127.0.0.1:9001"])
    assert [plan.origin.port for plan in made.variants.values()] == [9000, 9001]
    jobs = [plan.job for plan in made.variants.values()]
    assert {(job.job, job.bucket, job.sizes) for job in jobs} == {("get", "trial", ((1024, 1024, 1.0),))}


def test_a_store_may_be_compared_with_itself() -> None:
    made = planned("compare", ONE, ONE, "put", "--bucket", "trial", "--rounds", "3")
    assert (made.rounds, [*made.variants]) == (3, ["127.0.0.1:9000", "127.0.0.1:9000 (2)"])


def test_the_highest_rate_of_a_job_is_looked_for() -> None:
    made = planned("find-max", "get", "--endpoint", ONE, "--bucket", "trial", "--slo", "get:p99 < 50ms", "-d", "2s")
    assert isinstance(made, Search)
    assert (made.slo, made.plan.job.job, made.plan.duration_s) == (["get:p99 < 50ms"], "get", 2.0)
    assert made.plan.arrivals is not None


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (["compare", ONE, "get"], "compare: expected the URLs of two stores or more, and a job"),
        (["compare", ONE, TWO], "compare: expected the URLs of two stores or more, and a job"),
        (["compare", ONE, TWO, "get", "--endpoint", ONE], "--endpoint: compare has the URLs of its stores"),
        (["compare", ONE, TWO, "get", "--junit", "f"], "--junit: compare has no such form"),
        (["compare", ONE, TWO, "get", "--label", "a=b"], "--label: compare takes no such option"),
        (["compare", ONE, TWO, "get", "--slo", "p99 < 1s"], "--slo: only for find-max, and the job is compare"),
        (["find-max"], "find-max: expected a job, as"),
        (["find-max", "get", "put"], "find-max: expected a job, as"),
        (["find-max", "get", "--format", "markdown"], "--format markdown: find-max has no such form"),
        (["find-max", "batch", "--slo", "p99 < 1s"], "--rate: cannot be combined with batch"),
        (["get", "put"], "expected one job, got get put"),
    ],
)
def test_what_is_wrong_is_said(argv: list[str], problem: str) -> None:
    done = loadgen("s3", *argv, "--bucket", "trial", env=ENVIRONMENT)
    assert (done.code, done.out) == (2, "")
    assert problem in done.err
