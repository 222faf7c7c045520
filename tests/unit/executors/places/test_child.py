"""What a worker process knows of its plan."""

import pytest

from loadgen.executors.places.child import has_code_of_its_own
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import Journey, ScenarioJob
from tests.support.fakes import make_plan

JOURNEYS = (Journey("a"),)


@pytest.mark.parametrize(
    ("job", "has"),
    [
        (None, False),
        (S3Job("put", "bucket"), False),
        (S3Job("batch", "bucket", function="module:shrink"), True),
        (ScenarioJob(JOURNEYS), False),
        (ScenarioJob(JOURNEYS, file="shop.py"), True),
        (ScenarioJob(JOURNEYS, function="shop.py:buy"), True),
    ],
)
def test_a_process_with_the_code_of_others_ends_as_python_ends(job, has):
    """That may have files open, and functions to be called at exit."""
    assert has_code_of_its_own(make_plan() if job is None else make_plan(job=job)) is has
