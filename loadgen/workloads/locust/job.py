"""A locustfile as a job: loaded once in the parent, so that what is wrong with it is said before anything runs."""

from dataclasses import replace

from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.workloads.locust.file import load_locustfile
from loadgen.workloads.scenario.python.file import digest, only_chosen


def locust_job(job: ScenarioJob) -> ScenarioJob:
    """The job with a journey for each user class of its file. Raises UsageError, with file and line."""
    assert job.file is not None
    journeys = load_locustfile(job.file, job.arguments).journeys
    return only_chosen(replace(job, journeys=journeys, dialect="locust", by_user=True, digest=digest(job.file)))
